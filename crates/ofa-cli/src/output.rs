//! Files that a command writes.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use ofa_pipeline::native::AtomicFile;
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

/// Writes a file whole, or not at all.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let write = || -> io::Result<()> {
        let mut file = AtomicFile::create(path)?;
        file.write_all(bytes)?;
        file.finish()
    };
    write().with_context(|| format!("{}: cannot be written", path.display()))
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

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
