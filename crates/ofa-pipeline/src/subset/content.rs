//! Records known by what they say, for subsets without positions.

use std::collections::HashMap;

use ofa_data::Dataset;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::error::Result;

/// What a record says, whatever its white space, escapes and order of keys: 16 bytes of the
/// SHA-256 of its values with sorted keys. Equal records of one dataset are told apart by how many
/// came before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordContent {
    digest: [u8; 16],
    nth: u64,
}

/// The content of every record, in dataset order.
///
/// # Errors
/// Where the dataset cannot be read.
///
/// Cost: one pass over the dataset.
pub fn record_contents(dataset: &Dataset) -> Result<Vec<RecordContent>> {
    let mut seen: HashMap<[u8; 16], u64> = HashMap::new();
    (0..dataset.len())
        .map(|position| {
            let bytes = dataset.record_bytes(position)?;
            let digest = match serde_json::from_slice::<Value>(&bytes) {
                Ok(value) => digest_of(&value),
                // What is no JSON is known by its bytes.
                Err(_) => first_half(&Sha256::digest(&bytes)),
            };
            let count = seen.entry(digest).or_default();
            let content = RecordContent {
                digest,
                nth: *count,
            };
            *count += 1;
            Ok(content)
        })
        .collect()
}

fn digest_of(value: &Value) -> [u8; 16] {
    let mut sorted = value.clone();
    sorted.sort_all_objects();
    first_half(&Sha256::digest(sorted.to_string()))
}

fn first_half(digest: &[u8]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&digest[..16]);
    half
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ofa_data::MemorySource;

    use super::*;

    fn contents(text: &str) -> Vec<RecordContent> {
        let source = MemorySource::new("records", text.as_bytes().to_vec());
        let dataset = Dataset::open(Arc::new(source), None).expect("a dataset");
        record_contents(&dataset).expect("readable")
    }

    #[test]
    fn layout_does_not_count_and_values_do() {
        let first = contents(
            "[{\"id\": 1, \"text\": \"\\u00e9\", \"a\": {\"x\": 1, \"y\": [2]}}, {\"id\": 2}]",
        );
        let second =
            contents("{\"a\":{\"y\":[2],\"x\":1},\"text\":\"é\",\"id\":1}\n{\"id\":\"2\"}\n");
        assert_eq!(first[0], second[0]);
        assert_ne!(first[1], second[1]);
    }

    #[test]
    fn equal_records_are_told_apart_by_their_number() {
        let found = contents("[{\"id\": 1}, {\"id\": 1}, {\"id\": 2}]");
        assert_ne!(found[0], found[1]);
        assert_eq!(found, contents("{\"id\":1}\n{\"id\":1}\n{\"id\":2}\n"));
    }
}
