//! The records of a cluster in the order in which `confidence` takes them.
use crate::score::Scores;
use crate::{Error, Result};

/// The records of one cluster, or of the pool as a whole.
#[derive(Debug, Clone, Default)]
pub(super) struct Ranking {
    /// How many records there are, pinned and excluded ones included.
    pub(super) size: u64,
    /// Rows that are chosen whatever the method says.
    pub(super) pinned: Vec<u32>,
    /// Rows that may be chosen: first those that the alignment filter keeps, least confident
    /// first, the earlier record on ties; then those it sets aside, by falling margin.
    pub(super) ranked: Vec<u32>,
    /// How many of `ranked` the filter keeps.
    pub(super) kept: usize,
}

impl Ranking {
    /// How many may be chosen.
    pub(super) fn room(&self) -> u64 {
        (self.pinned.len() + self.ranked.len()) as u64
    }

    /// What a method chooses from.
    pub(super) fn kept(&self) -> &[u32] {
        &self.ranked[..self.kept]
    }

    /// What fills a quota that the kept ones do not.
    pub(super) fn set_aside(&self) -> &[u32] {
        &self.ranked[self.kept..]
    }
}

/// The alignment filter: which records are set aside, and how they are ordered then.
///
/// A record is set aside where its alignment margin is below 0 and its confidence has not grown
/// since the early selector.
///
/// Source: METHOD section 5.
pub(super) struct AlignmentFilter<'a> {
    confidence: &'a [f32],
    early_confidence: &'a [f32],
    margin: &'a [f32],
}

impl<'a> AlignmentFilter<'a> {
    /// # Errors
    /// [`Error::ScoreColumn`] where the scores lack a column that it looks at.
    pub(super) fn new(scores: &'a Scores) -> Result<Self> {
        let missing = |column, advice| Error::ScoreColumn {
            column,
            needed_for: "the alignment filter",
            advice,
        };
        let early_confidence = scores.early_confidence.as_deref().ok_or_else(|| {
            missing(
                "early_confidence",
                "score with a selector that holds its early selector, as `ofa train` writes it",
            )
        })?;
        let margin = scores.alignment_margin.as_deref();
        Ok(Self {
            confidence: &scores.confidence,
            early_confidence,
            margin: margin
                .ok_or_else(|| missing("alignment_margin", "score the features again"))?,
        })
    }

    fn sets_aside(&self, row: u32) -> bool {
        let row = row as usize;
        is_set_aside(
            self.margin[row],
            self.confidence[row],
            self.early_confidence[row],
        )
    }

    /// Moves those set aside behind the others, which keep their order; gives how many are kept.
    pub(super) fn apply(&self, ranked: &mut Vec<u32>) -> usize {
        let (kept, mut aside): (Vec<u32>, Vec<u32>) =
            ranked.iter().partition(|&&row| !self.sets_aside(row));
        // Of equal margins the earlier record, whatever its confidence.
        aside.sort_unstable();
        aside.sort_by(|&a, &b| {
            let (a, b) = (self.margin[a as usize], self.margin[b as usize]);
            b.partial_cmp(&a).expect("scores are checked: no NaN")
        });
        let count = kept.len();
        *ranked = kept;
        ranked.append(&mut aside);
        count
    }
}

/// Whether the alignment filter sets a record aside: image and text do not belong together, and the
/// selector has not grown more confident of it since the early selector.
pub fn is_set_aside(margin: f32, confidence: f32, early_confidence: f32) -> bool {
    margin < 0.0 && confidence <= early_confidence
}

/// Sorts rows by rising confidence, the earlier record on ties.
pub(super) fn by_confidence(rows: &mut [u32], scores: &Scores) {
    // The sort is stable and rows come in dataset order. 0.0 and -0.0 are a tie.
    rows.sort_by(|&a, &b| {
        let (a, b) = (scores.confidence[a as usize], scores.confidence[b as usize]);
        a.partial_cmp(&b).expect("scores are checked: no NaN")
    });
}
