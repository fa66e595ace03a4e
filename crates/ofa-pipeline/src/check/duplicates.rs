//! Records and ids that repeat.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use super::digest::{Digest, digest};
use super::report::{DuplicateIds, DuplicateRecord, DuplicateRecords};
use super::skipped::MOST_EXAMPLES;

/// Digests of what was seen. A record costs 24 bytes, an id 16, before the table's own.
#[derive(Default)]
pub(super) struct Duplicates {
    records: HashMap<Digest, u64>,
    repeated_records: DuplicateRecords,
    ids: HashSet<Digest>,
    repeated_ids: HashSet<Digest>,
    records_with_repeated_id: u64,
    without_id: u64,
}

impl Duplicates {
    pub(super) fn record(&mut self, index: u64, bytes: &[u8]) {
        match self.records.entry(digest(&[bytes])) {
            Entry::Vacant(place) => {
                place.insert(index);
            }
            Entry::Occupied(first) => {
                self.repeated_records.records += 1;
                if self.repeated_records.examples.len() < MOST_EXAMPLES {
                    self.repeated_records.examples.push(DuplicateRecord {
                        index,
                        first_index: *first.get(),
                    });
                }
            }
        }
    }

    pub(super) fn id(&mut self, id: Option<&str>) {
        let Some(id) = id else {
            self.without_id += 1;
            return;
        };
        let id = digest(&[id.as_bytes()]);
        if !self.ids.insert(id) {
            self.records_with_repeated_id += 1;
            self.repeated_ids.insert(id);
        }
    }

    /// Ids that repeat, the number of records without one, records that repeat.
    pub(super) fn finish(self) -> (DuplicateIds, u64, DuplicateRecords) {
        let ids = DuplicateIds {
            ids: self.repeated_ids.len() as u64,
            records: self.records_with_repeated_id,
        };
        (ids, self.without_id, self.repeated_records)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_repeats_is_counted_with_the_first_of_its_kind() {
        let mut duplicates = Duplicates::default();
        for (index, bytes) in (0..).zip(["a", "b", "a", "a", "b", "a", "c"]) {
            duplicates.record(index, bytes.as_bytes());
        }
        for id in [Some("x"), None, Some("x"), Some("y"), Some("x"), Some("")] {
            duplicates.id(id);
        }
        let (ids, without_id, records) = duplicates.finish();
        assert_eq!((ids.ids, ids.records, without_id), (1, 2, 1));
        assert_eq!(records.records, 4);
        let places: Vec<_> = records
            .examples
            .iter()
            .map(|example| (example.index, example.first_index))
            .collect();
        assert_eq!(places, [(2, 0), (3, 0), (4, 1)]);
    }
}
