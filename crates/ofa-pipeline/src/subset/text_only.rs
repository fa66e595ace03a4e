//! The positions of text-only records.

use std::collections::HashSet;

use ofa_core::score::Scores;
use ofa_data::{Dataset, SkipReason};

use crate::error::Result;
use crate::store::SkippedLine;

/// Those of a list of skipped records.
pub(super) fn listed(lines: &[SkippedLine]) -> Vec<u64> {
    lines
        .iter()
        .filter(|line| line.reason == SkipReason::TextOnly)
        .map(|line| line.index)
        .collect()
}

/// Those among the records without a score, read from the dataset where there is no list.
pub(super) fn found(dataset: &Dataset, scores: &Scores) -> Result<Vec<u64>> {
    let scored: HashSet<u64> = scores.index.iter().copied().collect();
    let mut positions = Vec::new();
    for position in (0..dataset.len()).filter(|position| !scored.contains(position)) {
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
