//! The encoder and the selector that ship with the program.

use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::output;

/// A file's name and its bytes.
type File = (&'static str, &'static [u8]);

macro_rules! asset {
    ($folder:literal, $name:literal) => {
        (
            $name,
            include_bytes!(concat!("../../../../../assets/", $folder, "/", $name)),
        )
    };
}

/// The demo encoder, which knows the pictures and words of the demo worlds and nothing else.
pub(super) const ENCODER: [File; 7] = [
    asset!("demo-encoder", "README.md"),
    asset!("demo-encoder", "training.json"),
    asset!("demo-encoder", "config.json"),
    asset!("demo-encoder", "preprocessor_config.json"),
    asset!("demo-encoder", "tokenizer.json"),
    asset!("demo-encoder", "model.safetensors"),
    asset!("demo-encoder", "self_check.safetensors"),
];

/// The selector that was trained on the first demo world with that encoder.
pub(super) const SELECTOR: File = asset!("demo-selector", "selector.safetensors");

/// Writes files into a folder, unless they are there. Where one is another's, nothing is written.
pub(super) fn write(files: &[File], folder: &Path) -> Result<()> {
    let mut missing = Vec::new();
    for (name, bytes) in files {
        let path = folder.join(name);
        match std::fs::read(&path) {
            Ok(there) if there == *bytes => {}
            Ok(_) => bail!(
                "{}: is there already and is not the demo's of this version of the program; give \
                 another folder with -o",
                path.display()
            ),
            Err(error) if error.kind() == ErrorKind::NotFound => missing.push((path, bytes)),
            Err(error) => {
                return Err(error).with_context(|| format!("{}: cannot be read", path.display()));
            }
        }
    }
    for (path, bytes) in missing {
        output::write(&path, bytes)?;
    }
    Ok(())
}
