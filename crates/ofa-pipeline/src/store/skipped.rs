//! `skipped.jsonl`: a line for every record that has no features.

use std::collections::BTreeMap;

use ofa_data::SkipReason;
use serde::{Deserialize, Serialize};

use super::SKIPPED;
use crate::blobs::BlobStore;
use crate::error::{Error, Result};

/// One line of `skipped.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkippedLine {
    /// The record's position in the dataset, from 0.
    pub index: u64,
    /// Why it has no features.
    pub reason: SkipReason,
    /// In words, what was found.
    #[serde(default)]
    pub detail: String,
}

/// The skipped records of a store, in dataset order; `None` where the store has no list.
///
/// # Errors
/// [`Error::Storage`] where the list cannot be read, [`Error::Malformed`] with the line
/// where it is not what this program writes.
pub fn read_skipped(store: &dyn BlobStore) -> Result<Option<Vec<SkippedLine>>> {
    let bytes = store
        .read(SKIPPED)
        .map_err(|error| Error::storage(store, SKIPPED, error))?;
    bytes
        .map(|bytes| lines(SKIPPED, &bytes).collect())
        .transpose()
}

/// Adds the lines of one list to the counts by reason.
pub(crate) fn count_skipped(
    name: &str,
    bytes: &[u8],
    counts: &mut BTreeMap<SkipReason, u64>,
) -> Result<()> {
    for line in lines(name, bytes) {
        *counts.entry(line?.reason).or_default() += 1;
    }
    Ok(())
}

fn lines<'a>(name: &'a str, bytes: &'a [u8]) -> impl Iterator<Item = Result<SkippedLine>> + 'a {
    (1..)
        .zip(bytes.split(|byte| *byte == b'\n'))
        .filter(|(_, line)| !line.is_empty())
        .map(move |(number, line)| {
            serde_json::from_slice(line).map_err(|error| Error::Malformed {
                name: name.to_owned(),
                place: format!("line {number}"),
                expected: "{\"index\": …, \"reason\": …}".to_owned(),
                found: error.to_string(),
                advice: "encode the dataset again",
            })
        })
}
