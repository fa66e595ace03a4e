//! From scores to a subset: which records, and a manifest whose counts add up.

mod convert;
mod manifest;
mod needed_images;
mod text_only;

use ofa_core::budget::Budget;
use ofa_core::score::Scores;
use ofa_core::selection::SelectionPool;
use ofa_data::{Dataset, SkipReason};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::scores::ScoresOrigin;
use crate::store::{ReasonCounts, SkippedLine};
pub use convert::{SubsetFormat, compact, write_converted};
pub use manifest::{
    BudgetManifest, ClusterManifest, ImagesManifest, OutputManifest, SubsetManifest,
};
pub use needed_images::needed_images;

/// How records are chosen within a cluster.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Method {
    /// The least confident ones (the paper's rule).
    #[default]
    Confidence,
}

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

/// What a subset is asked to be.
#[derive(Debug, Clone)]
pub struct SubsetRequest {
    /// How many of the scored records.
    pub budget: Budget,
    /// The budget as the user wrote it, for the manifest.
    pub budget_text: String,
    /// How they are chosen.
    pub method: Method,
    /// What becomes of text-only records.
    pub text_only: TextOnly,
    /// The seed; `confidence` draws nothing from it.
    pub seed: u64,
    /// Clusters of the selector, 0 where they are not known; empty ones change no choice.
    pub clusters: usize,
}

/// What a choice is made from.
pub struct SubsetInputs<'a> {
    /// The records.
    pub dataset: &'a Dataset,
    /// Their scores.
    pub scores: &'a Scores,
    /// Where the scores come from.
    pub origin: &'a ScoresOrigin,
    /// The feature store's list of skipped records, where it is at hand.
    pub skipped: Option<&'a [SkippedLine]>,
}

/// Chosen records and the account of them.
#[derive(Debug, Clone)]
pub struct Subset {
    /// Positions in the dataset, ascending.
    pub positions: Vec<u64>,
    /// The account; its `output` is for the writer to fill in.
    pub manifest: SubsetManifest,
}

/// Chooses the records of a subset.
///
/// # Errors
/// [`Error::Core`] where the scores or the budget cannot be used; [`Error::Scores`] where a
/// score is of a record that the dataset does not have; [`Error::Counts`] where scores and
/// skipped records do not make the dataset.
pub fn choose(inputs: &SubsetInputs<'_>, request: &SubsetRequest) -> Result<Subset> {
    let SubsetInputs {
        dataset,
        scores,
        origin,
        skipped,
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
    let selection =
        SelectionPool::new(scores, request.clusters)?.select_confidence(request.budget)?;
    let chosen = selection.positions.len() as u64;
    let mut positions = selection.positions;
    if let Some(lines) = skipped {
        refuse_scored_and_skipped(scores, lines)?;
    }
    let mut counts = match skipped {
        Some(lines) => Some(count(lines)),
        None => origin.skipped.clone(),
    };
    let mut text_only_kept = 0;
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
        text_only_kept = text_only.len() as u64;
        if counts.is_none() && text_only_kept > 0 {
            counts = Some([(SkipReason::TextOnly.to_string(), text_only_kept)].into());
        }
        positions.extend(text_only);
        positions.sort_unstable();
    }
    let manifest = SubsetManifest::account(
        inputs,
        request,
        &selection.clusters,
        counts.unwrap_or_default(),
        chosen,
        text_only_kept,
    )?;
    Ok(Subset {
        positions,
        manifest,
    })
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
