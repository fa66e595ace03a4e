//! The positions of text-only records.

use ofa_core::score::Scores;
use ofa_data::{Dataset, SkipReason};

use crate::error::Result;
use crate::store::SkippedLine;

/// Those of a list of skipped records.
pub(super) fn listed(lines: &[SkippedLine]) -> Vec<u64> {
    lines
        .iter()
        .filter(|line| line.reason == SkipReason::TextOnly.as_str())
        .map(|line| line.index)
        .collect()
}

/// Those among the records with neither a score nor a line in the list, read from the dataset:
/// all where there is no list, the other parts' where the list is of one part.
pub(super) fn found(dataset: &Dataset, scores: &Scores, lines: &[SkippedLine]) -> Result<Vec<u64>> {
    let listed = |position: &u64| {
        lines
            .binary_search_by_key(position, |line| line.index)
            .is_ok()
    };
    let scored = |position: &u64| scores.index.binary_search(position).is_ok();
    let mut positions = Vec::new();
    for position in (0..dataset.len()).filter(|position| !scored(position) && !listed(position)) {
        if let Ok(record) = dataset.record(position)?
            && record
                .skip()
                .is_some_and(|skip| skip.reason == SkipReason::TextOnly)
        {
            positions.push(position);
        }
    }
    Ok(positions)
}
