//! Image references of the records that were read last.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::skip::Skip;

/// How many records' references are kept: those that threads decode side by side.
const RECORDS: usize = 4;

/// How long the records may be together whose references are kept, but for the newest: 64 MiB.
const BYTES: u64 = 64 << 20;

/// A record's references as they stand there, or why they cannot be read.
type References = Arc<OnceLock<Result<Vec<String>, Skip>>>;

/// The references of a few records, so that a record with many images is not parsed again for
/// each of them.
#[derive(Default)]
pub(super) struct RecentReferences(Mutex<VecDeque<Recent>>);

struct Recent {
    record: u64,
    /// Length of the record in bytes.
    length: u64,
    references: References,
}

impl RecentReferences {
    /// Gives `use_one` the references of a record, which `read` reads where they are not kept.
    /// Threads that ask for the same record meanwhile wait; those that ask for others do not.
    pub(super) fn with<T>(
        &self,
        record: u64,
        length: u64,
        read: impl FnOnce() -> Result<Vec<String>, Skip>,
        use_one: impl FnOnce(&[String]) -> Result<T, Skip>,
    ) -> Result<T, Skip> {
        let references = self.entry(record, length);
        match references.get_or_init(read) {
            Ok(references) => use_one(references),
            Err(skip) => Err(skip.clone()),
        }
    }

    fn entry(&self, record: u64, length: u64) -> References {
        let mut recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(nth) = recent.iter().position(|kept| kept.record == record) {
            let kept = recent.remove(nth).expect("just found");
            let references = Arc::clone(&kept.references);
            recent.push_back(kept);
            return references;
        }
        let references = References::default();
        recent.push_back(Recent {
            record,
            length,
            references: Arc::clone(&references),
        });
        let mut total: u64 = recent.iter().map(|kept| kept.length).sum();
        while recent.len() > 1 && (recent.len() > RECORDS || total > BYTES) {
            total -= recent.pop_front().map_or(0, |oldest| oldest.length);
        }
        references
    }

    /// Forgets all of them.
    pub(super) fn clear(&self) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which of these records had to be read, when they were asked for in this order.
    fn read(asked: &[u64], length: u64) -> Vec<u64> {
        let recent = RecentReferences::default();
        let mut read = vec![];
        for &record in asked {
            let found = recent.with(
                record,
                length,
                || {
                    read.push(record);
                    Ok(vec![record.to_string()])
                },
                |references| Ok(references[0].clone()),
            );
            assert_eq!(found.unwrap(), record.to_string());
        }
        read
    }

    #[test]
    fn the_last_few_records_are_kept() {
        assert_eq!(read(&[1, 1, 2, 1, 3, 2, 4, 1], 1), [1, 2, 3, 4]);
        assert_eq!(read(&[1, 2, 3, 4, 1, 5, 1, 2], 1), [1, 2, 3, 4, 5, 2]);
    }

    #[test]
    fn of_long_records_the_newest_alone() {
        assert_eq!(read(&[1, 1, 2, 2, 1], BYTES), [1, 2, 1]);
        assert_eq!(read(&[1, 2, 1, 3, 1, 2], BYTES / 2), [1, 2, 3, 2]);
    }
}
