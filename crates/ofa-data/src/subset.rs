//! Writes chosen records exactly as they stood.

mod text;
mod zip;

use std::io::Write;
use std::ops::Range;

use crate::Result;
use crate::dataset::{Dataset, RecordFile, Records};
use crate::error::Error;
use crate::webdataset::Samples;
pub use zip::write_subset_in_zip;

/// Writes the records at `positions` as one file, each byte for byte as in the source, in the
/// source's format and layout. Returns how many bytes were written.
///
/// - **JSON array**: what stands before the first record (byte-order mark, bracket, white space)
///   and after the last one is kept; before every other record stands what stood before it in
///   the source (a comma and white space).
/// - **JSON Lines**: what stands before the first line is kept; every line keeps its own end and
///   the blank lines after it. The last line of a file may have no end, and still has none.
/// - **Parquet**: the chosen rows; schema, types, metadata and order are kept, while compression and
///   the cut into row groups may differ.
/// - **WebDataset**: the members of the chosen samples, bit for bit, and those that belong to no
///   sample.
/// - **Several files** become one: its beginning is the first file's and its end the last one's.
///   Between records of two files stands what stands between the later file's own records.
///
/// All positions of one file give the very bytes of the source. No position gives an empty array,
/// or an empty file for JSON Lines.
///
/// The source is read in pieces of at most 1 MiB. `out` is neither buffered nor flushed here; a
/// run of neighbouring records is written in one piece.
///
/// # Errors
/// - [`Error::PositionsNotIncreasing`], [`Error::NoSuchRecord`] and [`Error::SubsetIsFiles`],
///   before anything is written;
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
    check(dataset, positions)?;
    let files: Vec<(&RecordFile, Vec<u64>)> = (0..dataset.file_count())
        .map(|nth| {
            let (_, range) = dataset.file(nth);
            (&dataset.files()[nth], within(positions, &range))
        })
        .collect();
    write_files(dataset, &files, out)
}

/// As [`write_subset`], for the records of one of the dataset's files alone.
///
/// # Errors
/// As [`write_subset`].
///
/// # Panics
/// Where the dataset has not so many files.
pub fn write_file_subset(
    dataset: &Dataset,
    nth: usize,
    positions: &[u64],
    out: &mut dyn Write,
) -> Result<u64> {
    check(dataset, positions)?;
    let (_, range) = dataset.file(nth);
    let file = (&dataset.files()[nth], within(positions, &range));
    write_files(dataset, &[file], out)
}

fn check(dataset: &Dataset, positions: &[u64]) -> Result<()> {
    for pair in positions.windows(2) {
        if pair[0] >= pair[1] {
            return Err(Error::PositionsNotIncreasing {
                previous: pair[0],
                position: pair[1],
            });
        }
    }
    if let Some(&last) = positions.last() {
        dataset.place(last)?;
    }
    Ok(())
}

/// Those of the positions that are in the range, counted from its start.
fn within(positions: &[u64], range: &Range<u64>) -> Vec<u64> {
    let from = positions.partition_point(|&position| position < range.start);
    let to = positions.partition_point(|&position| position < range.end);
    positions[from..to]
        .iter()
        .map(|position| position - range.start)
        .collect()
}

fn write_files(
    dataset: &Dataset,
    files: &[(&RecordFile, Vec<u64>)],
    out: &mut dyn Write,
) -> Result<u64> {
    let check_unchanged = || {
        let mut files = files.iter();
        files.try_for_each(|(file, _)| file.records.check_unchanged())
    };
    check_unchanged()?;
    let written = match files.first().map(|(file, _)| &file.records) {
        None | Some(Records::Text(_)) => {
            let texts: Vec<_> = of_kind(files, |records| match records {
                Records::Text(records) => Some(records),
                _ => None,
            });
            text::write(&texts, out)?
        }
        #[cfg(feature = "parquet")]
        Some(Records::Parquet(_)) => {
            let tables: Vec<_> = of_kind(files, |records| match records {
                Records::Parquet(rows) => Some(&**rows),
                _ => None,
            });
            crate::parquet_rows::write_parquet_subset(&tables, out)?
        }
        Some(Records::Webdataset(_)) => {
            let shards: Vec<_> = of_kind(files, |records| match records {
                Records::Webdataset(samples) => Some(samples),
                _ => None,
            });
            refuse_meeting_samples(&shards)?;
            let mut written = 0;
            for (nth, (samples, positions)) in shards.iter().enumerate() {
                // Only the last shard's end is the end of all.
                let is_last = nth + 1 == shards.len();
                written += samples.write_samples(positions, is_last, out)?;
            }
            written
        }
        Some(Records::Captions(_)) => {
            return Err(Error::SubsetIsFiles {
                name: dataset.name().to_owned(),
            });
        }
    };
    check_unchanged()?;
    Ok(written)
}

/// The files with their positions; they are all of one kind, as a dataset's are.
fn of_kind<'a, T: ?Sized>(
    files: &'a [(&'a RecordFile, Vec<u64>)],
    kind: impl Fn(&'a Records) -> Option<&'a T>,
) -> Vec<(&'a T, &'a [u64])> {
    files
        .iter()
        .filter_map(|(file, positions)| Some((kind(&file.records)?, positions.as_slice())))
        .collect()
}

/// Refuses two samples of one key from two shards that would come to stand together, and so be
/// read as one.
fn refuse_meeting_samples(shards: &[(&Samples, &[u64])]) -> Result<()> {
    let mut last: Option<(String, &str)> = None;
    for (samples, positions) in shards {
        let (Some(&first_chosen), Some(&last_chosen)) = (positions.first(), positions.last())
        else {
            continue;
        };
        let key = samples.key(first_chosen)?;
        if let Some((before, name)) = last.filter(|(before, _)| *before == key) {
            return Err(Error::SamplesMeet {
                key: before,
                one: name.to_owned(),
                other: samples.name().to_owned(),
            });
        }
        last = Some((samples.key(last_chosen)?, samples.name()));
    }
    Ok(())
}
