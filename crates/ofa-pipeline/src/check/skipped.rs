//! The records that encoding would skip, by reason, with the first of each.

use std::collections::BTreeMap;

use ofa_data::{Skip, SkipReason};

use super::report::{SkippedExample, SkippedRecords};

/// Examples of each kind that a report has.
pub(super) const MOST_EXAMPLES: usize = 3;

/// Most characters of an id in a report.
const MOST_ID: usize = 200;

/// Most characters of a detail in a report: references and ids may be of any length.
const MOST_DETAIL: usize = 1000;

#[derive(Default)]
pub(super) struct SkippedTally {
    by_reason: BTreeMap<SkipReason, SkippedRecords>,
}

impl SkippedTally {
    /// Whether the next record of this reason will be an example, whose detail counts.
    pub(super) fn wants_example(&self, reason: SkipReason) -> bool {
        self.by_reason
            .get(&reason)
            .is_none_or(|skipped| skipped.examples.len() < MOST_EXAMPLES)
    }

    pub(super) fn add(&mut self, index: u64, id: Option<&str>, skip: &Skip) {
        let skipped = self.by_reason.entry(skip.reason).or_default();
        skipped.count += 1;
        if skipped.examples.len() < MOST_EXAMPLES {
            skipped.examples.push(SkippedExample {
                index,
                id: id.map(shown_id),
                detail: cut(&skip.detail, MOST_DETAIL),
            });
        }
    }

    pub(super) fn records(&self) -> u64 {
        self.by_reason.values().map(|skipped| skipped.count).sum()
    }

    pub(super) fn finish(self) -> BTreeMap<String, SkippedRecords> {
        self.by_reason
            .into_iter()
            .map(|(reason, skipped)| (reason.to_string(), skipped))
            .collect()
    }
}

/// An id as a report has it.
pub(super) fn shown_id(id: &str) -> String {
    cut(id, MOST_ID)
}

/// The first characters of a text, and a mark where there are more.
fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
