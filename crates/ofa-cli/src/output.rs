//! Files that a command writes.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use ofa_pipeline::native::{AtomicFile, SyncedFile};
use sha2::{Digest, Sha256};

/// Refuses an output that exists, unless `--force` is given.
pub(crate) fn refuse_existing(paths: &[&Path], force: bool) -> Result<()> {
    for path in paths {
        if path.is_dir() {
            bail!(
                "{}: is a folder; expected the name of a file to write",
                path.display()
            );
        }
        if !force && path.exists() {
            bail!(
                "{}: exists already; choose another name, or --force to replace it",
                path.display()
            );
        }
    }
    Ok(())
}

/// Refuses an output that is one of the inputs, `--force` or not: inputs are never changed.
pub(crate) fn refuse_inputs(output: &Path, inputs: &[&Path]) -> Result<()> {
    let Ok(place) = output.canonicalize() else {
        return Ok(());
    };
    for input in inputs {
        let same = input.canonicalize().is_ok_and(|input| input == place);
        if same {
            bail!(
                "{}: is an input of this command, and inputs are never changed; choose another name",
                output.display()
            );
        }
    }
    Ok(())
}

/// Refuses an output that would lie in a folder that is an input: it would be read as a part of
/// it the next time.
pub(crate) fn refuse_inside(output: &Path, folder: &Path) -> Result<()> {
    if lies_in(output, folder) {
        bail!(
            "{}: lies in the dataset's folder {}, and would be read as a part of it the next time; \
             choose a place outside",
            output.display(),
            folder.display()
        );
    }
    Ok(())
}

/// Whether an output would be a folder that is there, or lie in it.
pub(crate) fn lies_in(output: &Path, folder: &Path) -> bool {
    // The output may not be there yet: the nearest folder above it that is tells.
    let place = output
        .ancestors()
        .find_map(|above| match above.as_os_str().is_empty() {
            true => Path::new(".").canonicalize().ok(),
            false => above.canonicalize().ok(),
        });
    folder
        .canonicalize()
        .is_ok_and(|folder| place.is_some_and(|place| place.starts_with(folder)))
}

/// Refuses a folder that is to be written into where it is an input or an input lies in it.
pub(crate) fn refuse_around(folder: &Path, inputs: &[&Path]) -> Result<()> {
    let Ok(place) = folder.canonicalize() else {
        return Ok(());
    };
    for input in inputs {
        let inside = input
            .canonicalize()
            .is_ok_and(|input| input.starts_with(&place));
        if inside {
            bail!(
                "{}: the input {} is in this folder, and inputs are never changed; choose another folder",
                folder.display(),
                input.display()
            );
        }
    }
    Ok(())
}

/// Begins a file that appears when it is whole.
pub(crate) fn begin(path: &Path) -> Result<AtomicFile> {
    AtomicFile::create(path).with_context(|| cannot_write(path))
}

/// Writes a file whole, or not at all.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let synced = write_synced(path, bytes)?;
    synced.appear().with_context(|| cannot_write(path))
}

/// Writes a file and its companion so that neither is there without the other: all that takes
/// room is done before the first of them gets its name.
pub(crate) fn finish_with(
    file: AtomicFile,
    path: &Path,
    companion: &Path,
    companion_bytes: &[u8],
) -> Result<()> {
    let file = file.sync().with_context(|| cannot_write(path))?;
    let other = write_synced(companion, companion_bytes)?;
    file.appear().with_context(|| cannot_write(path))?;
    other.appear().with_context(|| cannot_write(companion))
}

fn write_synced(path: &Path, bytes: &[u8]) -> Result<SyncedFile> {
    let write = || -> io::Result<SyncedFile> {
        let mut file = AtomicFile::create(path)?;
        file.write_all(bytes)?;
        file.sync()
    };
    write().with_context(|| cannot_write(path))
}

/// What is said of a file that cannot be written.
pub(crate) fn cannot_write(path: &Path) -> String {
    format!(
        "{}: cannot be written; is there room, and may you write there?",
        path.display()
    )
}

/// The manifest's place beside an output.
pub(crate) fn manifest_path(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(ofa_pipeline::scores::manifest_name(&name))
}

/// Counts and hashes what passes through.
pub(crate) struct Hashing<W> {
    inner: W,
    hash: Sha256,
    bytes: u64,
}

impl<W: Write> Hashing<W> {
    pub(crate) fn new(inner: W) -> Self {
        Self {
            inner,
            hash: Sha256::new(),
            bytes: 0,
        }
    }

    /// The writer, the number of bytes and their SHA-256 in hexadecimal.
    pub(crate) fn finish(self) -> (W, u64, String) {
        (self.inner, self.bytes, hex(&self.hash.finalize()))
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// The SHA-256 of some bytes, in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
