//! Writes a world to a folder: `annotations.json`, `images/` and the true labels in `truth.jsonl`.
//!
//! `cargo run -p ofa-world --example write_world -- REALM SEED RECORDS FOLDER`

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

use ofa_world::{Realm, World, json_array};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("write_world: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [realm, seed, records, folder] = &arguments[..] else {
        return Err("expected four arguments, REALM SEED RECORDS FOLDER".into());
    };
    let world = World::new(Realm::from_name(realm)?, seed.parse()?, records.parse()?)?;
    let folder = Path::new(folder);
    fs::create_dir_all(folder)?;
    let mut annotations = BufWriter::new(File::create(folder.join("annotations.json"))?);
    let mut truth = BufWriter::new(File::create(folder.join("truth.jsonl"))?);

    annotations.write_all(json_array::OPEN.as_bytes())?;
    for record in world {
        if record.position > 0 {
            annotations.write_all(json_array::SEPARATOR.as_bytes())?;
        }
        annotations.write_all(record.json.as_bytes())?;
        writeln!(truth, "{}", record.truth.to_json_line())?;
        let Some(image) = record.image else { continue };
        let Some(bytes) = image.bytes else { continue };
        let path = folder.join("images").join(&image.path);
        fs::create_dir_all(path.parent().expect("an image is in its source's folder"))?;
        fs::write(path, bytes)?;
    }
    annotations.write_all(json_array::CLOSE.as_bytes())?;
    annotations.flush()?;
    truth.flush()?;
    Ok(())
}
