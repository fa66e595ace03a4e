//! From scores to a subset: which records, and a manifest whose counts add up.

mod content;
mod convert;
mod manifest;
mod needed_images;
mod positions;
mod text_only;

use std::ops::ControlFlow;

use ofa_core::budget::Budget;
use ofa_core::features::FeatureRows;
use ofa_core::score::Scores;
use ofa_core::selection::{PoolOptions, SelectionPool};
use ofa_data::{Dataset, SkipReason};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::scores::ScoresOrigin;
use crate::store::{ReasonCounts, SkippedLine};
pub use content::{RecordContent, record_contents};
pub use convert::{SubsetFormat, compact, write_converted};
pub use manifest::{
    BudgetManifest, ClusterManifest, ImagesManifest, OutputManifest, SubsetManifest,
};
pub use needed_images::{NeededImages, name_of_copy, needed_images};
pub use ofa_core::selection::{Constraints, Method};
pub use positions::Positions;

/// What becomes of records that have text and no image.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TextOnly {
    /// They are not in the subset (the authors' rule).
    #[default]
    Exclude,
    /// They are all in the subset, beside the budget.
    Keep,
}

/// How records are chosen, whatever the budget.
#[derive(Debug, Clone)]
pub struct SubsetRequest {
    /// How records are chosen within a cluster.
    pub method: Method,
    /// Whether each cluster has its quota; otherwise the pool is one.
    pub quotas: bool,
    /// Whether records that the alignment filter sets aside come last.
    pub alignment_filter: bool,
    /// Records that are in or out in any case.
    pub constraints: Constraints,
    /// What becomes of text-only records.
    pub text_only: TextOnly,
    /// The seed; `confidence` draws nothing from it.
    pub seed: u64,
    /// Clusters of the selector, 0 where they are not known; empty ones change no choice.
    pub clusters: usize,
}

/// How many records are chosen.
#[derive(Debug, Clone)]
pub struct BudgetRequest {
    /// How many of the scored records.
    pub budget: Budget,
    /// The budget as the user wrote it, for the manifest.
    pub text: String,
}

/// What a choice is made from.
#[derive(Clone, Copy)]
pub struct SubsetInputs<'a> {
    /// The records.
    pub dataset: &'a Dataset,
    /// Their scores.
    pub scores: &'a Scores,
    /// Where the scores come from.
    pub origin: &'a ScoresOrigin,
    /// The feature store's list of skipped records, where it is at hand.
    pub skipped: Option<&'a [SkippedLine]>,
    /// The features that were scored, for the methods that look at embeddings.
    pub features: Option<&'a dyn FeatureRows>,
}

/// Chosen records and the account of them.
#[derive(Debug, Clone)]
pub struct Subset {
    /// Positions in the dataset, ascending.
    pub positions: Vec<u64>,
    /// The account; its `output` is for the writer to fill in.
    pub manifest: SubsetManifest,
}

/// A pool of records that is ready for any budget.
///
/// It holds what it needs of the scores, and nothing of the embeddings: where a page asks for one
/// budget after the other, the pool is sorted once.
pub struct Chooser {
    request: SubsetRequest,
    pool: SelectionPool,
    /// Records without a score, by reason.
    skipped: ReasonCounts,
    /// Text-only records that are kept, ascending.
    text_only: Vec<u64>,
}

impl Chooser {
    /// Prepares a pool.
    ///
    /// # Errors
    /// [`Error::Core`] where the scores or the constraints cannot be used; [`Error::Scores`]
    /// where a score is of a record that the dataset does not have, or that is skipped;
    /// [`Error::Constraint`] for a constraint on a record that the dataset does not have or that
    /// is skipped.
    pub fn new(inputs: &SubsetInputs<'_>, request: SubsetRequest) -> Result<Self> {
        let SubsetInputs {
            dataset,
            scores,
            origin,
            skipped,
            ..
        } = *inputs;
        if let Some(&last) = scores.index.last()
            && last >= dataset.len()
        {
            return Err(Error::Scores {
                name: dataset.name().to_owned(),
                problem: format!(
                    "the scores have a record {last}, but the dataset has only {} (from 0); \
                     are they of another dataset?",
                    dataset.len()
                ),
            });
        }
        if let Some(lines) = skipped {
            refuse_scored_and_skipped(scores, lines)?;
        }
        refuse_constraints(inputs, &request.constraints)?;
        let options = PoolOptions {
            clusters: request.clusters,
            quotas: request.quotas,
            alignment_filter: request.alignment_filter,
            constraints: request.constraints.clone(),
        };
        let pool = SelectionPool::with_options(scores, &options)?;
        let mut counts = match skipped {
            Some(lines) => Some(count(lines)),
            None => origin.skipped.clone(),
        };
        let mut kept = vec![];
        if request.text_only == TextOnly::Keep {
            let text_only = match skipped {
                Some(lines) => {
                    let unknown = text_only::found(dataset, scores, lines)?;
                    if !unknown.is_empty() {
                        let counts = counts.get_or_insert_default();
                        let reason = SkipReason::TextOnly.to_string();
                        *counts.entry(reason).or_default() += unknown.len() as u64;
                    }
                    [text_only::listed(lines), unknown].concat()
                }
                None => text_only::found(dataset, scores, &[])?,
            };
            if counts.is_none() && !text_only.is_empty() {
                let count = text_only.len() as u64;
                counts = Some([(SkipReason::TextOnly.to_string(), count)].into());
            }
            let excluded = &request.constraints.excluded;
            kept = text_only;
            kept.retain(|position| !excluded.contains(position));
            kept.sort_unstable();
        }
        Ok(Self {
            request,
            pool,
            skipped: counts.unwrap_or_default(),
            text_only: kept,
        })
    }

    /// Chooses the records of a subset. `inputs` are those that it was made with. `progress`
    /// hears how many records are settled of how many, and may stop the work.
    ///
    /// # Errors
    /// [`Error::Core`] where the budget cannot be met or the features cannot be used, or the work
    /// was stopped; [`Error::Counts`] where scores and skipped records do not make the dataset.
    pub fn choose(
        &self,
        inputs: &SubsetInputs<'_>,
        budget: &BudgetRequest,
        progress: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
    ) -> Result<Subset> {
        let SubsetRequest { method, seed, .. } = self.request;
        let features = inputs.features;
        let selection = (self.pool).select(method, budget.budget, seed, features, progress)?;
        let chosen = selection.positions.len() as u64;
        let mut positions = selection.positions;
        positions.extend(&self.text_only);
        positions.sort_unstable();
        let mut manifest = SubsetManifest::account(
            inputs,
            &self.request,
            &budget.text,
            &selection.clusters,
            self.skipped.clone(),
            chosen,
            self.text_only.len() as u64,
        )?;
        if self.request.alignment_filter {
            manifest.set_aside = Some(self.pool.set_aside() as u64);
        }
        manifest.positions = Some(Positions(positions.clone()));
        Ok(Subset {
            positions,
            manifest,
        })
    }
}

/// Refuses constraints on records that are not there, and pins of records that were skipped.
fn refuse_constraints(inputs: &SubsetInputs<'_>, constraints: &Constraints) -> Result<()> {
    let records = inputs.dataset.len();
    for (what, positions) in [
        ("pinned", &constraints.pinned),
        ("excluded", &constraints.excluded),
    ] {
        if let Some(&position) = positions.last().filter(|&&position| position >= records) {
            return Err(Error::Constraint {
                position,
                what,
                problem: format!("the dataset has only {records} records, from 0"),
            });
        }
    }
    let lines = inputs.skipped.unwrap_or_default();
    let skipped = lines
        .iter()
        .find(|line| constraints.pinned.contains(&line.index));
    match skipped {
        None => Ok(()),
        Some(line) => Err(Error::Constraint {
            position: line.index,
            what: "pinned",
            problem: format!("it has no score, since it was skipped as {}", line.reason),
        }),
    }
}

fn count(lines: &[SkippedLine]) -> ReasonCounts {
    let mut counts = ReasonCounts::new();
    for line in lines {
        *counts.entry(line.reason.clone()).or_default() += 1;
    }
    counts
}

fn refuse_scored_and_skipped(scores: &Scores, lines: &[SkippedLine]) -> Result<()> {
    let both = lines
        .iter()
        .find(|line| scores.index.binary_search(&line.index).is_ok());
    match both {
        None => Ok(()),
        Some(line) => Err(Error::Scores {
            name: crate::store::SKIPPED.to_owned(),
            problem: format!(
                "record {} is skipped as {}, but it has a score; scores and features are not of one run",
                line.index, line.reason
            ),
        }),
    }
}
