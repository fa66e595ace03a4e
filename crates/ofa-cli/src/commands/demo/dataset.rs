//! The generated dataset, written as a user's would lie there.

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use ofa_pipeline::native::AtomicFile;
use ofa_world::{ImageDirt, World, json_array};

use crate::failure::Stopped;
use crate::{interrupt, output};

/// What was written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Written {
    pub(super) records: u64,
    pub(super) images: u64,
}

/// Writes the dataset, its images and what is known of them. The same world gives the same files.
///
/// A folder that holds another dataset is refused, unless it is to be replaced.
pub(super) fn write(world: World, folder: &Path, force: bool) -> Result<Written> {
    let total = world.records();
    let writing = |path: &Path| format!("{}: cannot be written", path.display());
    let (data, truth) = (folder.join("data.json"), folder.join("truth.jsonl"));
    if !force && holds_another(&data, &world)? {
        bail!(
            "{}: is there already and is another dataset; give another folder with -o, or --force \
             to replace it",
            data.display()
        );
    }
    let mut records = AtomicFile::create(&data).with_context(|| writing(&data))?;
    let mut labels = AtomicFile::create(&truth).with_context(|| writing(&truth))?;
    let mut images = 0_u64;
    for record in world {
        if interrupt::requested() {
            let left = "the dataset is not whole; the same command makes it anew";
            return Err(Stopped(left.to_owned()).into());
        }
        let before = before(record.position);
        write!(records, "{before}{}", record.json).with_context(|| writing(&data))?;
        writeln!(labels, "{}", record.truth.to_json_line()).with_context(|| writing(&truth))?;
        let Some(image) = record.image else { continue };
        let path = folder.join("images").join(&image.path);
        if let Some(bytes) = image.bytes {
            // Left as it is where it is the same, so that its time stays and no cache is lost.
            if std::fs::read(&path).ok().as_deref() != Some(&bytes) {
                output::write(&path, &bytes)?;
            }
            images += 1;
        } else if record.truth.image_dirt == Some(ImageDirt::Missing) {
            // Another world's file of this name would be found in its place.
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(error).with_context(|| writing(&path));
                }
                _ => {}
            }
        }
    }
    records
        .write_all(json_array::CLOSE.as_bytes())
        .with_context(|| writing(&data))?;
    let records = records.sync().with_context(|| writing(&data))?;
    let labels = labels.sync().with_context(|| writing(&truth))?;
    labels.appear().with_context(|| writing(&truth))?;
    records.appear().with_context(|| writing(&data))?;
    Ok(Written {
        records: total,
        images,
    })
}

/// What stands before a record in the array.
fn before(position: u64) -> &'static str {
    match position {
        0 => json_array::OPEN,
        _ => json_array::SEPARATOR,
    }
}

/// Whether a file is there and is not this world's annotations.
fn holds_another(data: &Path, world: &World) -> Result<bool> {
    let reading = || format!("{}: cannot be read", data.display());
    let mut file = match File::open(data) {
        Ok(file) => BufReader::new(file),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error).with_context(reading),
    };
    let mut there = Vec::new();
    for position in 0..=world.records() {
        let expected = match world.annotation(position) {
            Some(record) => format!("{}{}", before(position), record.json),
            None => json_array::CLOSE.to_owned(),
        };
        there.resize(expected.len(), 0);
        match file.read_exact(&mut there) {
            Ok(()) if there == expected.as_bytes() => {}
            Ok(()) => return Ok(true),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(true),
            Err(error) => return Err(error).with_context(reading),
        }
    }
    let after = file.read(&mut [0]).with_context(reading)?;
    Ok(after > 0)
}
