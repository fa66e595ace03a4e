//! `skipped.jsonl`: a line for every record that has no features.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use super::SKIPPED;
use crate::blobs::BlobStore;
use crate::error::{Error, Result};

/// How many records each reason has, by the reason's stable name.
///
/// Names and not `ofa_data::SkipReason`, so that a list with a reason of another version or
/// program is counted rather than refused.
pub type ReasonCounts = BTreeMap<String, u64>;

/// One line of `skipped.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkippedLine {
    /// The record's position in the dataset, from 0.
    pub index: u64,
    /// Why it has no features.
    pub reason: String,
    /// In words, what was found; may be empty.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub detail: String,
}

fn null_is_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
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
    let name = format!("{}/{SKIPPED}", store.location());
    let list = bytes.map(|bytes| {
        let mut list: Vec<SkippedLine> = lines(&name, &bytes).collect::<Result<_>>()?;
        list.sort_by_key(|line| line.index);
        Ok(list)
    });
    list.transpose()
}

/// Adds the lines of one list to the counts by reason.
pub(crate) fn count_skipped(name: &str, bytes: &[u8], counts: &mut ReasonCounts) -> Result<()> {
    for line in lines(name, bytes) {
        *counts.entry(line?.reason).or_default() += 1;
    }
    Ok(())
}

fn lines<'a>(name: &'a str, bytes: &'a [u8]) -> impl Iterator<Item = Result<SkippedLine>> + 'a {
    (1..)
        .zip(bytes.split(|byte| *byte == b'\n'))
        .filter(|(_, line)| !line.trim_ascii().is_empty())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_another_program_is_read() {
        let list = b"{\"index\":3,\"reason\":\"text_only\"}\r\n\n\
            {\"index\":5,\"reason\":\"too_blurred\",\"detail\":null,\"more\":1}\n";
        let read: Vec<SkippedLine> = lines("skipped.jsonl", list)
            .collect::<Result<_>>()
            .expect("readable");
        assert_eq!(read[1].index, 5);
        assert_eq!(read[1].detail, "");
        let mut counts = ReasonCounts::new();
        count_skipped("skipped.jsonl", list, &mut counts).expect("readable");
        assert_eq!(counts["too_blurred"], 1);
        let broken = lines("skipped.jsonl", b"{}\n{\"index\":1").collect::<Result<Vec<_>>>();
        let message = broken.expect_err("broken").to_string();
        assert!(message.contains("skipped.jsonl: line 1"), "{message}");
    }
}
