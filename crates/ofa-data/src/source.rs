//! Bytes to read from: a file, a buffer, later a blob in the browser.

use std::any::Any;
use std::io;
use std::sync::Arc;

use crate::error::Error;

mod inflate;
mod part;
mod raw_deflate;

pub use inflate::InflateSource;
pub(crate) use inflate::{check_crc, inflate_whole};
pub use part::PartSource;

/// Random access to the bytes of one file, whatever holds it.
///
/// Reading is synchronous, so the same code runs natively and in a browser worker.
pub trait ByteSource: Send + Sync {
    /// Length in bytes.
    fn len(&self) -> u64;

    /// Whether there are no bytes.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Fills `buf` with the bytes from `offset` on.
    ///
    /// # Errors
    /// [`io::ErrorKind::UnexpectedEof`] when `offset + buf.len()` is more than [`len`](Self::len);
    /// whatever the system says otherwise.
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()>;

    /// Name for messages, such as the path as the user gave it.
    fn name(&self) -> &str;

    /// Lets go of what is kept only to be quick; it is built up again when it is needed.
    fn release(&self) {}

    /// The source that these bytes are a range of, and where the range begins in it; `None` where
    /// they are no other's.
    fn part_of(&self) -> Option<(&Arc<dyn ByteSource>, u64)> {
        None
    }

    /// The source itself, for who knows its type and can do more with it than read.
    fn as_any(&self) -> Option<&dyn Any> {
        None
    }

    /// Whether the bytes are still those that were opened, as far as that can be told cheaply.
    ///
    /// # Errors
    /// Whatever the system says.
    fn is_unchanged(&self) -> io::Result<bool> {
        Ok(true)
    }
}

/// A [`ByteSource`] over a buffer in memory.
///
/// ```
/// use ofa_data::{ByteSource, MemorySource};
///
/// let source = MemorySource::new("tiny.json", b"[{}]".to_vec());
/// let mut bytes = [0; 2];
/// source.read_at(1, &mut bytes)?;
/// assert_eq!(&bytes, b"{}");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct MemorySource {
    name: String,
    bytes: Vec<u8>,
}

impl MemorySource {
    /// Takes the bytes, and a name for messages.
    pub fn new(name: impl Into<String>, bytes: Vec<u8>) -> Self {
        Self {
            name: name.into(),
            bytes,
        }
    }
}

impl ByteSource for MemorySource {
    fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let range = usize::try_from(offset)
            .ok()
            .and_then(|start| Some(start..start.checked_add(buf.len())?));
        match range.and_then(|range| self.bytes.get(range)) {
            Some(bytes) => {
                buf.copy_from_slice(bytes);
                Ok(())
            }
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    fn name(&self) -> &str {
        &self.name
    }
}

/// How much is read at a time. Large enough for full disk speed, small enough to stay in cache
/// while it is split and hashed.
const CHUNK: usize = 1 << 20;

/// Calls `visit(offset, bytes)` for the source from `start` to its end, in chunks, until it
/// returns `false`.
pub fn for_each_chunk(
    source: &dyn ByteSource,
    start: u64,
    visit: impl FnMut(u64, &[u8]) -> Result<bool, Error>,
) -> Result<(), Error> {
    for_each_chunk_in(source, start..source.len(), visit)
}

/// As [`for_each_chunk`], for one range of the source.
pub(crate) fn for_each_chunk_in(
    source: &dyn ByteSource,
    range: std::ops::Range<u64>,
    mut visit: impl FnMut(u64, &[u8]) -> Result<bool, Error>,
) -> Result<(), Error> {
    let mut offset = range.start;
    let size = (range.end.saturating_sub(offset)).min(CHUNK as u64) as usize;
    let mut buffer = vec![0; size];
    while offset < range.end {
        let step = (range.end - offset).min(size as u64) as usize;
        read(source, offset, &mut buffer[..step])?;
        if !visit(offset, &buffer[..step])? {
            break;
        }
        offset += step as u64;
    }
    Ok(())
}

/// The first `length` bytes, or all of them where there are fewer.
pub(crate) fn read_prefix(source: &dyn ByteSource, length: usize) -> Result<Vec<u8>, Error> {
    let mut bytes = vec![0; source.len().min(length as u64) as usize];
    read(source, 0, &mut bytes)?;
    Ok(bytes)
}

/// Checks that a source is still what it was when it was opened.
///
/// # Errors
/// [`Error::Changed`] where it is not, [`Error::Read`] where it cannot be looked at any more.
pub(crate) fn check_unchanged(source: &dyn ByteSource) -> Result<(), Error> {
    let name = || source.name().to_owned();
    match source.is_unchanged() {
        Ok(true) => Ok(()),
        Ok(false) => Err(Error::Changed { name: name() }),
        Err(error) => Err(Error::Read {
            name: name(),
            offset: 0,
            source: error,
        }),
    }
}

/// [`ByteSource::read_at`] with the name and the place in the error.
pub(crate) fn read(source: &dyn ByteSource, offset: u64, buf: &mut [u8]) -> Result<(), Error> {
    source.read_at(offset, buf).map_err(|error| Error::Read {
        name: source.name().to_owned(),
        offset,
        source: error,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_reads_within_its_length_only() {
        let source = MemorySource::new("m", vec![1, 2, 3]);
        let mut two = [0; 2];
        source.read_at(1, &mut two).unwrap();
        assert_eq!(two, [2, 3]);
        for offset in [2, 3, u64::MAX] {
            let error = source.read_at(offset, &mut two).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        }
        source.read_at(3, &mut []).unwrap();
    }

    #[test]
    fn chunks_cover_the_source_once() {
        let bytes: Vec<u8> = (0..2 * CHUNK + 5).map(|i| (i % 251) as u8).collect();
        let source = MemorySource::new("m", bytes.clone());
        let mut seen = vec![];
        for_each_chunk(&source, 3, |offset, chunk| {
            assert_eq!(offset, 3 + seen.len() as u64);
            seen.extend_from_slice(chunk);
            Ok(true)
        })
        .unwrap();
        assert_eq!(seen, bytes[3..]);
    }
}
