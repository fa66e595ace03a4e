//! A subset in another format than the dataset's, on request.

mod compact;
mod table;

use std::io::Write;

use ofa_data::{Dataset, Format};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
pub use compact::compact;

/// What a subset can be converted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubsetFormat {
    /// A JSON array, a record a line.
    Json,
    /// JSON Lines.
    Jsonl,
    /// The ids, one a line; an empty line for a record without one.
    Ids,
    /// The positions in the dataset, one a line.
    Indices,
    /// A table: `index`, `id`, `images`, `human_turns` (both as JSON) and `record` (as JSON).
    Csv,
    /// The same table, with lists for `images` and `human_turns`.
    Parquet,
}

impl SubsetFormat {
    /// The stable name, the same that serde writes.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Ids => "ids",
            Self::Indices => "indices",
            Self::Csv => "csv",
            Self::Parquet => "parquet",
        }
    }

    /// Whether records of this format are written as they stand, with nothing converted.
    #[must_use]
    pub fn is_of(self, format: Format) -> bool {
        self.as_str() == format.as_str()
    }
}

/// Writes the records at `positions` converted.
///
/// JSON values are kept as they are written, digit by digit; only white space between them goes,
/// so that a record is one line. Images that the dataset carries are not written.
///
/// # Errors
/// [`Error::Data`] where a record cannot be read; [`Error::Convert`] where one cannot be
/// converted or the output not be written.
pub fn write_converted(
    dataset: &Dataset,
    positions: &[u64],
    format: SubsetFormat,
    out: &mut (dyn Write + Send),
) -> Result<()> {
    let writing = |error: std::io::Error| Error::Convert {
        format: format.as_str(),
        problem: error.to_string(),
    };
    match format {
        SubsetFormat::Csv => return table::write_csv(dataset, positions, out),
        SubsetFormat::Parquet => return table::write_parquet(dataset, positions, out),
        SubsetFormat::Json => out.write_all(b"[").map_err(writing)?,
        _ => {}
    }
    for (nth, &position) in positions.iter().enumerate() {
        match format {
            SubsetFormat::Json => {
                let separator: &[u8] = if nth == 0 { b"\n" } else { b",\n" };
                out.write_all(separator).map_err(writing)?;
                out.write_all(&compact(&dataset.record_bytes(position)?))
                    .map_err(writing)?;
            }
            SubsetFormat::Jsonl => {
                let mut line = compact(&dataset.record_bytes(position)?);
                line.push(b'\n');
                out.write_all(&line).map_err(writing)?;
            }
            SubsetFormat::Ids => {
                let id = dataset.record(position)?.ok().and_then(|record| record.id);
                writeln!(out, "{}", one_line(id.unwrap_or_default())).map_err(writing)?;
            }
            _ => writeln!(out, "{position}").map_err(writing)?,
        }
    }
    if format == SubsetFormat::Json {
        out.write_all(b"\n]\n").map_err(writing)?;
    }
    Ok(())
}

/// An id as a line of its own: as a JSON string where it has line breaks.
fn one_line(id: String) -> String {
    match id.contains(['\n', '\r']) {
        true => serde_json::to_string(&id).expect("a string"),
        false => id,
    }
}
