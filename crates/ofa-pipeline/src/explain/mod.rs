//! Why a record is in a subset or not.

mod membership;
mod unscored;
mod words;

use ofa_core::explain::{
    Standing, budget_for_rank, cluster_sizes, nearest, ratio_for_count, share_below, standing,
};
use ofa_core::features::FeatureRows;
use ofa_core::score::Scores;
use ofa_core::selection::is_set_aside;
use ofa_data::{Dataset, Skip, SkipReason};
use serde::Serialize;

use crate::error::Result;
use crate::scores::without_features;
use crate::store::SkippedLine;
use crate::subset::{BudgetRequest, SubsetManifest, TextOnly};
pub use membership::{BesideRanks, Chosen, Cut};
pub use unscored::{Unscored, UnscoredRecord};

/// Reason of a record that has no score and is in no list.
const NOT_SCORED: &str = "not_scored";

/// What an explanation is made from.
pub struct ExplainInputs<'a> {
    /// The records.
    pub dataset: &'a Dataset,
    /// Their scores.
    pub scores: &'a Scores,
    /// The feature store's list of skipped records, where it is at hand.
    pub skipped: Option<&'a [SkippedLine]>,
    /// The features that were scored, for the nearest neighbours.
    pub features: Option<&'a dyn FeatureRows>,
    /// The subset that is asked about.
    pub subset: Option<AskedSubset<'a>>,
    /// How many neighbours are named.
    pub neighbours: usize,
}

/// A subset that a record may be in.
pub enum AskedSubset<'a> {
    /// What `confidence` would choose, with quotas and without anything else.
    Budget(&'a BudgetRequest),
    /// A subset that was chosen.
    Manifest(&'a SubsetManifest),
}

/// What is known of a record.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// The record's position in the dataset, from 0.
    pub index: u64,
    /// Its id, where it has one.
    pub id: Option<String>,
    /// Its human turns, as they stand there.
    pub human_turns: Vec<String>,
    /// Paths or names of its images.
    pub images: Vec<String>,
    /// Whether it is in the subset that was asked about; `None` where that cannot be told.
    pub in_subset: Option<bool>,
    /// Where it has a score: what that says.
    pub scored: Option<ScoredRecord>,
    /// Where it has none: why.
    pub skipped: Option<SkippedRecord>,
}

/// Why a record has no score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SkippedRecord {
    /// The stable name of the reason; `not_scored` where it is not known.
    pub reason: String,
    /// What was found.
    pub detail: String,
}

impl SkippedRecord {
    /// Why the record at `position` has no score: what the list says, else what the record itself
    /// tells.
    fn of(skipped: Option<&[SkippedLine]>, position: u64, skip: Option<Skip>) -> Self {
        let listed = skipped.and_then(|lines| {
            let nth = lines.binary_search_by_key(&position, |line| line.index);
            nth.ok().map(|nth| &lines[nth])
        });
        match (listed, skip) {
            (Some(line), _) => Self {
                reason: line.reason.clone(),
                detail: line.detail.clone(),
            },
            (None, Some(skip)) => Self {
                reason: skip.reason.to_string(),
                detail: skip.detail,
            },
            (None, None) => Self {
                reason: NOT_SCORED.to_owned(),
                detail: String::new(),
            },
        }
    }
}

/// What the scores say of a record.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScoredRecord {
    /// Its cluster.
    pub cluster: u32,
    /// Records of the cluster.
    pub cluster_size: u64,
    /// Its place in the cluster, from 1, the least confident first.
    pub rank: u64,
    /// Its confidence.
    pub confidence: f32,
    /// The share of the pool that is less confident.
    pub confidence_above: f64,
    /// Its entropy in nats.
    pub entropy: f32,
    /// The share of the pool that has a lower one.
    pub entropy_above: f64,
    /// Its gate.
    pub gate: f32,
    /// The share of the pool that has a lower one.
    pub gate_above: f64,
    /// Confidence of the early selector, where it is known.
    pub early_confidence: Option<f32>,
    /// Its alignment margin, where it is known.
    pub alignment_margin: Option<f32>,
    /// Whether the alignment filter would set it aside, where that can be told.
    pub set_aside: Option<bool>,
    /// Scored records.
    pub pool: u64,
    /// A budget with which choosing by confidence takes it; with one record less it does not.
    pub taken_from: u64,
    /// The shortest ratio that makes this budget.
    pub taken_from_ratio: Option<String>,
    /// What the subset that was asked about means for its cluster.
    pub chosen: Option<Chosen>,
    /// The records of its cluster that are most like it, as many as were asked for; `None` where
    /// that needs features and there are none.
    pub neighbours: Option<Vec<NeighbourRecord>>,
}

/// A record of the same cluster.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NeighbourRecord {
    /// Its position in the dataset.
    pub index: u64,
    /// Cosine of the joint features.
    pub similarity: f64,
    /// Its confidence.
    pub confidence: f32,
    /// Its place in the cluster, from 1.
    pub rank: u64,
    /// Whether it is in the subset; `None` where that cannot be told.
    pub in_subset: Option<bool>,
}

/// Says what is known of the record at `position`.
///
/// # Errors
/// [`Error::Data`] for a position that the dataset does not have, with the range;
/// [`Error::Core`] for scores, a budget or features that cannot be used; [`Error::Scores`] where
/// the scored record is not among the features.
///
/// Cost: a few walks over the scores, one record read, and with features those of the cluster.
pub fn explain(inputs: &ExplainInputs<'_>, position: u64) -> Result<Explanation> {
    let record = inputs.dataset.record(position)?;
    inputs.scores.check()?;
    let mut explanation = Explanation {
        index: position,
        id: None,
        human_turns: vec![],
        images: vec![],
        in_subset: None,
        scored: None,
        skipped: None,
    };
    let skip = match record {
        Ok(record) => {
            let skip = record.skip();
            explanation.images = record.images.iter().map(ToString::to_string).collect();
            (explanation.id, explanation.human_turns) = (record.id, record.human_turns);
            skip
        }
        Err(problem) => Some(problem),
    };
    match inputs.scores.index.binary_search(&position) {
        Ok(row) => {
            let (scored, in_subset) = scored_record(inputs, row)?;
            explanation.scored = Some(scored);
            explanation.in_subset = in_subset;
        }
        Err(_) => {
            let skipped = SkippedRecord::of(inputs.skipped, position, skip);
            explanation.in_subset = match &inputs.subset {
                None => None,
                Some(AskedSubset::Budget(_)) => Some(false),
                Some(AskedSubset::Manifest(manifest)) => Some(match &manifest.positions {
                    Some(positions) => positions.0.binary_search(&position).is_ok(),
                    None => {
                        manifest.text_only == TextOnly::Keep
                            && skipped.reason == SkipReason::TextOnly.as_str()
                            && !manifest.excluded.0.contains(&position)
                    }
                }),
            };
            explanation.skipped = Some(skipped);
        }
    }
    Ok(explanation)
}

fn scored_record(inputs: &ExplainInputs<'_>, row: usize) -> Result<(ScoredRecord, Option<bool>)> {
    let scores = inputs.scores;
    let Standing {
        cluster,
        rank,
        size,
    } = standing(scores, row);
    let sizes = cluster_sizes(scores);
    let taken_from = budget_for_rank(&sizes, cluster, rank).expect("it is in its cluster");
    let pool = scores.rows() as u64;
    let members = match &inputs.subset {
        Some(subset) => membership::members(scores, subset)?,
        None => None,
    };
    let chosen = match &inputs.subset {
        Some(subset) => Some(membership::chosen(scores, &sizes, subset, row)?),
        None => None,
    };
    let is_in = |row: usize| members.as_ref().map(|members| members[row]);
    let early_confidence = scores.early_confidence.as_ref().map(|values| values[row]);
    let alignment_margin = scores.alignment_margin.as_ref().map(|values| values[row]);
    let confidence = scores.confidence[row];
    let neighbours = match inputs.features {
        _ if inputs.neighbours == 0 => Some(vec![]),
        Some(features) => Some(neighbours(inputs, features, row, &is_in)?),
        None => None,
    };
    let record = ScoredRecord {
        cluster,
        cluster_size: size,
        rank,
        confidence,
        confidence_above: share_below(&scores.confidence, row),
        entropy: scores.entropy[row],
        entropy_above: share_below(&scores.entropy, row),
        gate: scores.gate[row],
        gate_above: share_below(&scores.gate, row),
        early_confidence,
        alignment_margin,
        set_aside: (alignment_margin.zip(early_confidence))
            .map(|(margin, early)| is_set_aside(margin, confidence, early)),
        pool,
        taken_from,
        taken_from_ratio: ratio_for_count(taken_from, pool),
        chosen,
        neighbours,
    };
    Ok((record, is_in(row)))
}

/// The records of the same cluster that are most like the one in `row`.
fn neighbours(
    inputs: &ExplainInputs<'_>,
    features: &dyn FeatureRows,
    row: usize,
    is_in: &dyn Fn(usize) -> Option<bool>,
) -> Result<Vec<NeighbourRecord>> {
    let scores = inputs.scores;
    let cluster = scores.cluster[row];
    let of_cluster: Vec<usize> = (0..scores.rows())
        .filter(|&other| scores.cluster[other] == cluster)
        .collect();
    let feature_rows = (of_cluster.iter())
        .map(|&other| row_of(features, scores.index[other]))
        .collect::<Result<Vec<_>>>()?;
    let target = row_of(features, scores.index[row])?;
    let found = nearest(&features, target, &feature_rows, inputs.neighbours)?;
    let named = found.into_iter().map(|neighbour| {
        let nth = feature_rows.binary_search(&neighbour.row);
        let other = of_cluster[nth.expect("it is one of the candidates")];
        NeighbourRecord {
            index: scores.index[other],
            similarity: neighbour.similarity,
            confidence: scores.confidence[other],
            rank: standing(scores, other).rank,
            in_subset: is_in(other),
        }
    });
    Ok(named.collect())
}

/// The row of the features that has a record.
fn row_of(features: &dyn FeatureRows, position: u64) -> Result<usize> {
    let (mut low, mut high) = (0, features.rows());
    while low < high {
        let middle = low + (high - low) / 2;
        match features.index(middle).cmp(&position) {
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Equal => return Ok(middle),
            std::cmp::Ordering::Greater => high = middle,
        }
    }
    Err(without_features(position))
}
