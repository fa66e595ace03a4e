//! Writes chosen records exactly as they stood.

use std::io::Write;
use std::ops::Range;

use crate::Result;
use crate::dataset::Dataset;
use crate::error::Error;
use crate::format::Format;
use crate::source::for_each_chunk_in;

/// Writes the records at `positions`, each byte for byte as in the source, in the source's
/// format and layout. Returns how many bytes were written.
///
/// - **JSON array**: what stands before the first record (byte-order mark, bracket, white space)
///   and after the last one is kept; before every other record stands what stood before it in
///   the source (a comma and white space).
/// - **JSON Lines**: what stands before the first line is kept; every line keeps its own end and
///   the blank lines after it. The last line of a file may have no end, and still has none.
///
/// All positions give the very bytes of the source. No position gives an empty array, or an
/// empty file for JSON Lines.
///
/// The source is read in pieces of at most 1 MiB. `out` is neither buffered nor flushed here; a
/// run of neighbouring records is written in one piece.
///
/// # Errors
/// - [`Error::PositionsNotIncreasing`] and [`Error::NoSuchRecord`], before anything is written;
/// - [`Error::Changed`]: the source is not what it was when the dataset was opened; what was
///   written must then be thrown away;
/// - [`Error::Read`] and [`Error::Write`].
///
/// # Example
/// ```
/// use std::sync::Arc;
/// use ofa_data::{Dataset, MemorySource, write_subset};
///
/// let json = b"[\n  {\"id\": 1},\n  {\"id\": 2},\n  {\"id\": 3}\n]\n".to_vec();
/// let dataset = Dataset::open(Arc::new(MemorySource::new("tiny.json", json)), None)?;
/// let mut subset = vec![];
/// write_subset(&dataset, &[0, 2], &mut subset)?;
/// assert_eq!(subset, b"[\n  {\"id\": 1},\n  {\"id\": 3}\n]\n");
/// # Ok::<(), ofa_data::Error>(())
/// ```
pub fn write_subset(dataset: &Dataset, positions: &[u64], out: &mut dyn Write) -> Result<u64> {
    for pair in positions.windows(2) {
        if pair[0] >= pair[1] {
            return Err(Error::PositionsNotIncreasing {
                previous: pair[0],
                position: pair[1],
            });
        }
    }
    if let Some(&last) = positions.last() {
        dataset.range(last)?;
    }
    dataset.check_unchanged()?;
    let mut written = 0;
    // Neighbouring pieces are joined, so that a full copy reads the source in large steps.
    let mut pending = 0..0;
    for piece in pieces(dataset, positions) {
        if piece.start == pending.end {
            pending.end = piece.end;
        } else {
            written += copy(dataset, pending, out)?;
            pending = piece;
        }
    }
    written += copy(dataset, pending, out)?;
    dataset.check_unchanged()?;
    Ok(written)
}

/// The ranges of the source that make up the subset, in order.
fn pieces<'a>(
    dataset: &'a Dataset,
    positions: &'a [u64],
) -> Box<dyn Iterator<Item = Range<u64>> + 'a> {
    let length = dataset.source().len();
    let range = |position: u64| {
        dataset
            .range(position)
            .expect("the last position was found to exist")
    };
    if dataset.is_empty() {
        return Box::new(std::iter::once(0..length));
    }
    let last = dataset.len() - 1;
    let head = 0..range(0).start;
    match dataset.format() {
        Format::Json => {
            let records = positions.iter().enumerate().map(move |(nth, &position)| {
                let record = range(position);
                match nth {
                    0 => record,
                    _ => range(position - 1).end..record.end,
                }
            });
            let tail = range(last).end..length;
            Box::new(
                std::iter::once(head)
                    .chain(records)
                    .chain(std::iter::once(tail)),
            )
        }
        Format::Jsonl if positions.is_empty() => Box::new(std::iter::empty()),
        Format::Jsonl => {
            let lines = positions.iter().map(move |&position| {
                let end = if position == last {
                    length
                } else {
                    range(position + 1).start
                };
                range(position).start..end
            });
            Box::new(std::iter::once(head).chain(lines))
        }
    }
}

fn copy(dataset: &Dataset, range: Range<u64>, out: &mut dyn Write) -> Result<u64> {
    let length = range.end - range.start;
    for_each_chunk_in(dataset.source(), range, |_, bytes| {
        out.write_all(bytes).map_err(Error::Write)?;
        Ok(true)
    })?;
    Ok(length)
}
