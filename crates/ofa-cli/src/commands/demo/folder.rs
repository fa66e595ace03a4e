//! The folders that the demo writes into.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use ofa_pipeline::native::AtomicFile;

/// Makes a folder, and finds out whether files can be written into it.
///
/// Whatever comes first would fail otherwise, some of it at reading what is not there yet, and say
/// nothing of the folder.
pub(super) fn make(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)
        .and_then(|()| AtomicFile::create(&folder.join("can-be-written")).map(drop))
        .with_context(|| {
            format!(
                "{}: this folder cannot be made or written into; choose another one with -o/--output",
                folder.display()
            )
        })
}
