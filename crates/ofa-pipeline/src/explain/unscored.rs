//! The records that have no score.

use ofa_core::score::Scores;
use ofa_data::Dataset;
use serde::Serialize;

use super::{NOT_SCORED, SkippedRecord};
use crate::error::Result;
use crate::scores::ScoresOrigin;
use crate::store::{ReasonCounts, SkippedLine};

/// Records without a score, and why they have none.
#[derive(Debug)]
pub struct Unscored<'a> {
    /// The records.
    pub dataset: &'a Dataset,
    /// The scores that the others have.
    pub scores: &'a Scores,
    /// Where they come from.
    pub origin: &'a ScoresOrigin,
    /// The feature store's list of skipped records, where it is at hand.
    pub skipped: Option<&'a [SkippedLine]>,
}

/// A record without a score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnscoredRecord {
    /// Its position in the dataset.
    pub position: u64,
    /// Why it has none.
    #[serde(flatten)]
    pub why: SkippedRecord,
}

impl Unscored<'_> {
    /// How many there are.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.dataset.len().saturating_sub(self.scores.rows() as u64)
    }

    /// How many there are of each reason: by the list of skipped records, else as the scores' origin
    /// counts them. Those that neither knows are `not_scored`.
    ///
    /// Cost: a walk over the list.
    #[must_use]
    pub fn by_reason(&self) -> ReasonCounts {
        let mut counts = match (self.skipped, &self.origin.skipped) {
            (Some(lines), _) => self.count(lines),
            (None, Some(counts)) => counts.clone(),
            (None, None) => ReasonCounts::new(),
        };
        counts.retain(|_, count| *count > 0);
        let rest = self.total().saturating_sub(counts.values().sum());
        if rest > 0 {
            *counts.entry(NOT_SCORED.to_owned()).or_default() += rest;
        }
        counts
    }

    fn count(&self, lines: &[SkippedLine]) -> ReasonCounts {
        let mut counts = ReasonCounts::new();
        for line in lines {
            if line.index < self.dataset.len()
                && self.scores.index.binary_search(&line.index).is_err()
            {
                match counts.get_mut(&line.reason) {
                    Some(count) => *count += 1,
                    None => drop(counts.insert(line.reason.clone(), 1)),
                }
            }
        }
        counts
    }

    /// `count` of them from the one at place `from` on, by their positions. Of a record that is in no
    /// list it says what can be told from the record itself.
    ///
    /// # Errors
    /// Where the dataset cannot be read.
    ///
    /// Cost: a walk over the scores, and the reading of records that are in no list.
    pub fn records(&self, from: u64, count: usize) -> Result<Vec<UnscoredRecord>> {
        let mut found = Vec::new();
        for position in self.positions(from).take(count) {
            let listed = self.skipped.is_some_and(|lines| {
                let nth = lines.binary_search_by_key(&position, |line| line.index);
                nth.is_ok()
            });
            let skip = match listed {
                true => None,
                false => match self.dataset.record(position)? {
                    Ok(record) => record.skip(),
                    Err(skip) => Some(skip),
                },
            };
            let why = SkippedRecord::of(self.skipped, position, skip);
            found.push(UnscoredRecord { position, why });
        }
        Ok(found)
    }

    /// Their positions from the one at place `from` on.
    fn positions(&self, mut from: u64) -> impl Iterator<Item = u64> + '_ {
        let records = self.dataset.len();
        let scored = self
            .scores
            .index
            .iter()
            .map(move |&index| index.min(records));
        let ends = scored.chain([records]);
        let mut start = 0;
        ends.flat_map(move |end| {
            let gap = start..end.max(start);
            start = end.max(start) + 1;
            let passed = from.min(gap.end - gap.start);
            from -= passed;
            gap.start + passed..gap.end
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ofa_data::MemorySource;
    use std::sync::Arc;

    fn scores(index: &[u64]) -> Scores {
        let rows = index.len();
        Scores {
            index: index.to_vec(),
            cluster: vec![0; rows],
            confidence: vec![0.5; rows],
            entropy: vec![0.5; rows],
            gate: vec![0.5; rows],
            early_confidence: None,
            alignment_margin: None,
        }
    }

    fn line(index: u64, reason: &str, detail: &str) -> SkippedLine {
        SkippedLine {
            index,
            reason: reason.to_owned(),
            detail: detail.to_owned(),
        }
    }

    #[test]
    fn the_list_is_believed_and_then_the_record() {
        let text = br#"{"conversations": [{"from": "human", "value": "Hi"}]}"#;
        let with_image =
            br#"{"image": "a.jpg", "conversations": [{"from": "human", "value": "Hi"}]}"#;
        let lines = [&text[..], with_image, b"{", with_image, text, with_image];
        let source = MemorySource::new("d.jsonl", lines.join(&b'\n'));
        let dataset = Dataset::open(Arc::new(source), None).expect("a dataset");
        let scores = scores(&[1]);
        let skipped = [line(0, "text_only", ""), line(3, "image_missing", "a.jpg")];
        let origin = ScoresOrigin::default();
        let mut unscored = Unscored {
            dataset: &dataset,
            scores: &scores,
            origin: &origin,
            skipped: Some(&skipped),
        };
        assert_eq!(unscored.total(), 5);
        let all = unscored.records(0, 100).expect("readable");
        let said: Vec<_> = all
            .iter()
            .map(|record| (record.position, record.why.reason.as_str()))
            .collect();
        let expected = [
            (0, "text_only"),
            (2, "invalid_json"),
            (3, "image_missing"),
            (4, "text_only"),
            (5, "not_scored"),
        ];
        assert_eq!(said, expected);
        assert_eq!(all[2].why.detail, "a.jpg");
        for from in 0..7 {
            let some = unscored.records(from, 2).expect("readable");
            let from = all.len().min(from as usize);
            assert_eq!(some, all[from..all.len().min(from + 2)]);
        }
        let counts: Vec<_> = unscored.by_reason().into_iter().collect();
        let expected = [("image_missing", 1), ("not_scored", 3), ("text_only", 1)];
        assert_eq!(
            counts,
            expected.map(|(reason, count)| (reason.to_owned(), count))
        );
        // Without the list, the scores know how many.
        let counted = ScoresOrigin {
            skipped: Some([("text_only".to_owned(), 4), ("image_url".to_owned(), 0)].into()),
            ..ScoresOrigin::default()
        };
        unscored.skipped = None;
        unscored.origin = &counted;
        let counts: Vec<_> = unscored.by_reason().into_iter().collect();
        assert_eq!(
            counts,
            [("not_scored".to_owned(), 1), ("text_only".to_owned(), 4)]
        );
        assert_eq!(
            unscored.records(1, 1).expect("readable")[0].why.reason,
            "invalid_json"
        );
    }
}
