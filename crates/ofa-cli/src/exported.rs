//! An encoder folder that `ofa export-encoder` wrote: whether it is still as it was written.

use std::fs::File;
use std::io;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use ofa_clip::EncoderIndex;

use crate::output::Hashing;

/// The folder's index, if it has one, once every file that it lists is known to be that file.
///
/// An export is known by the fingerprint of its source, which only the index tells, so nothing is
/// made of it before.
pub(crate) fn open(folder: &Path) -> Result<Option<EncoderIndex>> {
    let path = folder.join(EncoderIndex::FILE);
    if !path.exists() {
        return Ok(None);
    }
    let bytes =
        std::fs::read(&path).with_context(|| format!("{}: cannot be read", path.display()))?;
    let index = EncoderIndex::from_json(&bytes)?;
    for file in &index.files {
        let path = folder.join(&file.name);
        let (bytes, sha256) = content(&path)?;
        ensure!(
            (bytes, &sha256) == (file.bytes, &file.sha256),
            "{}: expected {} bytes of SHA-256 {}, as {} says, found {bytes} bytes of SHA-256 \
             {sha256}; the file was damaged or changed: get it again, or export the encoder again",
            path.display(),
            file.bytes,
            file.sha256,
            EncoderIndex::FILE
        );
    }
    Ok(Some(index))
}

/// Refuses a file that would be read and that the index does not list.
pub(crate) fn require_listed<'a>(
    index: &EncoderIndex,
    folder: &Path,
    read: impl IntoIterator<Item = &'a str>,
) -> Result<()> {
    for name in read {
        ensure!(
            index.file(name).is_some(),
            "{}: expected only files that {} lists, found this one, which would be read with them; \
             take it away, or export the encoder again",
            folder.join(name).display(),
            EncoderIndex::FILE
        );
    }
    Ok(())
}

/// Length and SHA-256 of a file.
fn content(path: &Path) -> Result<(u64, String)> {
    let read = || -> io::Result<(u64, String)> {
        let mut hashing = Hashing::new(io::sink());
        io::copy(
            &mut io::BufReader::with_capacity(1 << 20, File::open(path)?),
            &mut hashing,
        )?;
        let (_, bytes, sha256) = hashing.finish();
        Ok((bytes, sha256))
    };
    read().with_context(|| {
        format!(
            "{}: cannot be read, and {} lists it; get it again, or export the encoder again",
            path.display(),
            EncoderIndex::FILE
        )
    })
}
