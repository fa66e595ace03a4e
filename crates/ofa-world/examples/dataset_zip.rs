//! Writes a generated dataset as one zip: `data.json` and its images, stored as they are. The same arguments give the
//! same bytes.
//!
//! `cargo run --package ofa-world --example dataset_zip -- things 600 42 things.zip`

use std::error::Error;
use std::io::{Cursor, Write};

use ofa_world::{Realm, World, json_array};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [realm, records, seed, output] = &arguments[..] else {
        return Err("expected four arguments: REALM RECORDS SEED OUTPUT.zip".into());
    };
    let world = World::new(Realm::from_name(realm)?, seed.parse()?, records.parse()?)?;
    let bytes = zipped(world)?;
    // One that is the same is left alone: what is built from it is then up to date.
    if std::fs::read(output).ok().as_deref() != Some(&bytes) {
        std::fs::write(output, bytes)?;
    }
    Ok(())
}

fn zipped(world: World) -> Result<Vec<u8>, Box<dyn Error>> {
    // Images are compressed already, and what is stored can be read in place. No clock is asked.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default());
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let mut records = String::from(json_array::OPEN);
    let mut images = Vec::new();
    for record in world {
        if record.position > 0 {
            records.push_str(json_array::SEPARATOR);
        }
        records.push_str(&record.json);
        let image = record
            .image
            .and_then(|image| Some((image.path, image.bytes?)));
        images.extend(image);
    }
    records.push_str(json_array::CLOSE);
    archive.start_file("data.json", options)?;
    archive.write_all(records.as_bytes())?;
    for (path, bytes) in images {
        // At the path that the record names, from the root of the zip.
        archive.start_file(path, options)?;
        archive.write_all(&bytes)?;
    }
    Ok(archive.finish()?.into_inner())
}
