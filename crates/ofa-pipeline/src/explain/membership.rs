//! Which records a subset has, and where it cuts a cluster.

use ofa_core::explain::row_at_rank;
use ofa_core::quota::quotas;
use ofa_core::report::chosen_rows;
use ofa_core::score::Scores;
use ofa_core::selection::{Method, SelectionPool};
use serde::Serialize;

use super::AskedSubset;
use crate::error::Result;
use crate::subset::SubsetManifest;

/// What a subset means for a cluster.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Chosen {
    /// How records are chosen.
    pub method: Method,
    /// The budget as it was written.
    pub requested: String,
    /// The budget in records.
    pub budget: u64,
    /// How many records are chosen from the cluster.
    pub quota: u64,
    /// The last record that is taken, where the ranks alone decide.
    pub cut: Option<Cut>,
    /// What else had a say than ranks and quotas.
    pub beside_ranks: BesideRanks,
}

/// The last record of a cluster that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Cut {
    /// Its position in the dataset.
    pub index: u64,
    /// Its confidence.
    pub confidence: f32,
}

/// What has a say in a choice beside ranks and quotas.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct BesideRanks {
    /// There are no quotas.
    pub no_quotas: bool,
    /// Records that the alignment filter sets aside come last.
    pub alignment_filter: bool,
    /// The record is pinned.
    pub pinned: bool,
    /// The record is excluded.
    pub excluded: bool,
    /// Others are.
    pub others_constrained: bool,
}

/// Whether the ranks by confidence and the quotas alone make the subset.
fn is_by_rank(manifest: &SubsetManifest) -> bool {
    manifest.method == Method::Confidence
        && manifest.cluster_quotas
        && !manifest.alignment_filter
        && manifest.pinned.is_empty()
        && manifest.excluded.is_empty()
}

/// A mark for each row that is in the subset; `None` where that cannot be told.
pub(super) fn members(scores: &Scores, subset: &AskedSubset<'_>) -> Result<Option<Vec<bool>>> {
    let budget = match subset {
        AskedSubset::Budget(request) => request.budget,
        AskedSubset::Manifest(manifest) => match &manifest.positions {
            Some(positions) => return Ok(Some(chosen_rows(scores, &positions.0))),
            None if !is_by_rank(manifest) => return Ok(None),
            None => ofa_core::budget::Budget::Count(manifest.chosen),
        },
    };
    let selection = SelectionPool::new(scores, 0)?.select_confidence(budget)?;
    Ok(Some(chosen_rows(scores, &selection.positions)))
}

/// What the subset means for the cluster of the record in `row`.
pub(super) fn chosen(
    scores: &Scores,
    sizes: &[u64],
    subset: &AskedSubset<'_>,
    row: usize,
) -> Result<Chosen> {
    let cluster = scores.cluster[row];
    let cut = |quota| {
        row_at_rank(scores, cluster, quota).map(|row| Cut {
            index: scores.index[row],
            confidence: scores.confidence[row],
        })
    };
    Ok(match subset {
        AskedSubset::Budget(request) => {
            let budget = request.budget.resolve(scores.rows() as u64)?;
            let quota = quotas(sizes, budget)[cluster as usize];
            Chosen {
                method: Method::Confidence,
                requested: request.text.clone(),
                budget,
                quota,
                cut: cut(quota),
                beside_ranks: BesideRanks::default(),
            }
        }
        AskedSubset::Manifest(manifest) => {
            let quota = (manifest.quotas.iter())
                .find(|quota| quota.cluster == cluster as usize)
                .map_or(0, |quota| quota.quota);
            let position = scores.index[row];
            let is_among = |positions: &[u64]| positions.binary_search(&position).is_ok();
            let (pinned, excluded) = (&manifest.pinned.0, &manifest.excluded.0);
            let this = (is_among(pinned), is_among(excluded));
            Chosen {
                method: manifest.method,
                requested: manifest.budget.requested.clone(),
                budget: manifest.budget.count,
                quota,
                cut: is_by_rank(manifest).then(|| cut(quota)).flatten(),
                beside_ranks: BesideRanks {
                    no_quotas: !manifest.cluster_quotas,
                    alignment_filter: manifest.alignment_filter,
                    pinned: this.0,
                    excluded: this.1,
                    others_constrained: this == (false, false)
                        && !(pinned.is_empty() && excluded.is_empty()),
                },
            }
        }
    })
}
