//! Where each record stands in its file.

mod blocks;
mod json_array;
mod lines;

use std::ops::Range;

use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::format::{self, Format};
use crate::source::{ByteSource, for_each_chunk};

/// The byte range of every record, 12 bytes a record.
#[derive(Debug, Default)]
pub(crate) struct RecordIndex {
    starts: Vec<u64>,
    lengths: Vec<u32>,
}

impl RecordIndex {
    /// How many records there are.
    pub(crate) fn len(&self) -> u64 {
        self.starts.len() as u64
    }

    /// The range of a record that exists.
    pub(crate) fn range(&self, record: u64) -> Range<u64> {
        let at = usize::try_from(record).expect("the index is in memory, so its positions fit");
        self.starts[at]..self.starts[at] + u64::from(self.lengths[at])
    }

    fn push(&mut self, name: &str, range: Range<u64>) -> Result<(), Error> {
        let length = range.end - range.start;
        let short = u32::try_from(length).map_err(|_| Error::RecordTooLong {
            name: name.to_owned(),
            record: self.len(),
            offset: range.start,
            length,
            limit: u64::from(u32::MAX),
        })?;
        self.starts.push(range.start);
        self.lengths.push(short);
        Ok(())
    }

    fn shrink(&mut self) {
        self.starts.shrink_to_fit();
        self.lengths.shrink_to_fit();
    }
}

/// What one pass over the file finds.
pub(crate) struct Scan {
    pub(crate) index: RecordIndex,
    /// SHA-256 of the whole file.
    pub(crate) sha256: [u8; 32],
}

/// Finds every record and hashes the file, in one pass over it.
///
/// # Errors
/// [`Error::Read`], [`Error::RecordTooLong`], and for a JSON array what is wrong with its
/// structure.
pub(crate) fn scan(source: &dyn ByteSource, format: Format) -> Result<Scan, Error> {
    let skip = format::bom_length(source)?;
    let mut index = RecordIndex::default();
    let mut hash = Sha256::new();
    let mut splitter = match format {
        Format::Json => Splitter::Array(json_array::ArraySplitter::new(source.name())),
        Format::Jsonl => Splitter::Lines(lines::LineSplitter::new(source.name(), skip)),
        other => unreachable!("{other} has no text to split"),
    };
    for_each_chunk(source, 0, |offset, chunk| {
        let split = || {
            // The mark is in the first chunk, since a chunk is larger than it.
            let passed = skip.saturating_sub(offset) as usize;
            let (offset, chunk) = (offset + passed as u64, &chunk[passed..]);
            match &mut splitter {
                Splitter::Array(splitter) => splitter.push(offset, chunk, &mut index),
                Splitter::Lines(splitter) => splitter.push(offset, chunk, &mut index),
            }
        };
        // Either takes half of the time.
        let ((), done) = side_by_side(|| hash.update(chunk), split);
        done.map(|()| true)
    })?;
    match splitter {
        Splitter::Array(splitter) => splitter.finish(source.len(), &index)?,
        Splitter::Lines(splitter) => splitter.finish(source.len(), &mut index)?,
    }
    index.shrink();
    Ok(Scan {
        index,
        sha256: hash.finalize().into(),
    })
}

/// Does both, on two threads where there are threads.
fn side_by_side<A: Send, B: Send>(
    one: impl FnOnce() -> A + Send,
    other: impl FnOnce() -> B + Send,
) -> (A, B) {
    #[cfg(feature = "rayon")]
    return rayon::join(one, other);
    #[cfg(not(feature = "rayon"))]
    (one(), other())
}

enum Splitter<'a> {
    Array(json_array::ArraySplitter<'a>),
    Lines(lines::LineSplitter<'a>),
}
