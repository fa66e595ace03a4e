//! Rows of scores put together one by one.

use ofa_core::score::Scores;
use serde::{Deserialize, Serialize};

/// One record's scores, as a line of a text file has them.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ScoreLine {
    pub(super) index: u64,
    pub(super) cluster: u32,
    pub(super) confidence: f32,
    pub(super) entropy: f32,
    pub(super) gate: f32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) early_confidence: Option<f32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) alignment_margin: Option<f32>,
}

/// The rows of a table, in order.
pub(super) fn lines(scores: &Scores) -> impl Iterator<Item = ScoreLine> + '_ {
    (0..scores.index.len()).map(|row| ScoreLine {
        index: scores.index[row],
        cluster: scores.cluster[row],
        confidence: scores.confidence[row],
        entropy: scores.entropy[row],
        gate: scores.gate[row],
        early_confidence: scores.early_confidence.as_ref().map(|values| values[row]),
        alignment_margin: scores.alignment_margin.as_ref().map(|values| values[row]),
    })
}

/// Puts rows together; an optional column counts as known where every row has it.
pub(super) fn collect<E>(lines: impl Iterator<Item = Result<ScoreLine, E>>) -> Result<Scores, E> {
    let mut scores = Scores {
        index: Vec::new(),
        cluster: Vec::new(),
        confidence: Vec::new(),
        entropy: Vec::new(),
        gate: Vec::new(),
        early_confidence: None,
        alignment_margin: None,
    };
    let (mut early, mut margin) = (Vec::new(), Vec::new());
    for line in lines {
        let line = line?;
        scores.index.push(line.index);
        scores.cluster.push(line.cluster);
        scores.confidence.push(line.confidence);
        scores.entropy.push(line.entropy);
        scores.gate.push(line.gate);
        early.extend(line.early_confidence);
        margin.extend(line.alignment_margin);
    }
    let rows = scores.index.len();
    let known = |values: Vec<f32>| (rows > 0 && values.len() == rows).then_some(values);
    scores.early_confidence = known(early);
    scores.alignment_margin = known(margin);
    Ok(scores)
}

/// The rows in ascending order of their positions.
pub(super) fn in_dataset_order(scores: Scores) -> Scores {
    if scores.index.is_sorted() {
        return scores;
    }
    let mut order: Vec<usize> = (0..scores.index.len()).collect();
    order.sort_by_key(|&row| scores.index[row]);
    fn sorted<T: Copy>(column: &[T], order: &[usize]) -> Vec<T> {
        order.iter().map(|&row| column[row]).collect()
    }
    let optional = |column: Option<Vec<f32>>| column.map(|column| sorted(&column, &order));
    Scores {
        index: sorted(&scores.index, &order),
        cluster: sorted(&scores.cluster, &order),
        confidence: sorted(&scores.confidence, &order),
        entropy: sorted(&scores.entropy, &order),
        gate: sorted(&scores.gate, &order),
        early_confidence: optional(scores.early_confidence),
        alignment_margin: optional(scores.alignment_margin),
    }
}
