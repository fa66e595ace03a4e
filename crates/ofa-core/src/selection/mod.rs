//! Choosing the records of a budget from their scores.
//!
//! A [`SelectionPool`] is prepared once: each cluster's records in the order of their confidence,
//! those that the alignment filter sets aside behind the others, pinned and excluded ones apart.
//! Then any budget is a matter of [quotas](crate::quota) and, within each cluster, of the
//! [`Method`].
//!
//! Source: METHOD section 5.
mod baselines;
mod blocks;
mod choose;
mod constraints;
mod k_center;
mod method;
mod ranking;

pub use blocks::BLOCK;
pub use choose::ChoiceProgress;
pub use constraints::Constraints;
pub use method::Method;
pub use ranking::is_set_aside;

use ranking::{AlignmentFilter, Ranking};

use crate::budget::Budget;
use crate::quota::{QuotaBounds, quotas_within};
use crate::score::Scores;
use crate::{Error, Result};

/// A pool of scored records, prepared once for choosing with any budget.
///
/// Preparing sorts each cluster by confidence. After that a choice by confidence costs the
/// quotas and one walk over the records.
#[derive(Debug, Clone)]
pub struct SelectionPool {
    /// Record positions by row.
    index: Vec<u64>,
    /// Clusters by row.
    cluster: Vec<u32>,
    /// How many clusters there are.
    clusters: usize,
    /// What quotas are shared out among: the clusters, or the pool as a whole.
    groups: Vec<Ranking>,
    /// Whether the groups are the clusters.
    has_quotas: bool,
}

/// What a pool is to be.
#[derive(Debug, Clone)]
pub struct PoolOptions {
    /// How many clusters there are at least; 0 where that is not known. The scores' largest
    /// cluster counts too, and empty clusters change nothing in a choice.
    pub clusters: usize,
    /// Whether each cluster has its quota; otherwise the pool is one.
    pub quotas: bool,
    /// Whether records that the alignment filter sets aside come last.
    pub alignment_filter: bool,
    /// Records that are in or out in any case.
    pub constraints: Constraints,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self {
            clusters: 0,
            quotas: true,
            alignment_filter: false,
            constraints: Constraints::default(),
        }
    }
}

/// Size and quota of a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClusterQuota {
    /// Records of the pool in the cluster.
    pub size: u64,
    /// How many of them are chosen.
    pub quota: u64,
}

/// The chosen records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// Rows of the scores, ascending.
    pub rows: Vec<usize>,
    /// Positions in the dataset, ascending; one for each of `rows`.
    pub positions: Vec<u64>,
    /// Size and quota by cluster; without quotas, how many were chosen.
    pub clusters: Vec<ClusterQuota>,
}

impl SelectionPool {
    /// Prepares a pool without a filter or constraints.
    ///
    /// # Errors
    /// As [`Self::with_options`].
    pub fn new(scores: &Scores, clusters: usize) -> Result<Self> {
        Self::with_options(
            scores,
            &PoolOptions {
                clusters,
                ..PoolOptions::default()
            },
        )
    }

    /// Prepares a pool.
    ///
    /// # Errors
    /// [`Error::EmptyPool`] without a row; those of [`Scores::check`]; [`Error::ScoreColumn`]
    /// where the alignment filter lacks a column; [`Error::PinnedAndExcluded`] and
    /// [`Error::PinOutsidePool`] for constraints that cannot be.
    ///
    /// Cost: a sort of the records.
    pub fn with_options(scores: &Scores, options: &PoolOptions) -> Result<Self> {
        scores.check()?;
        if scores.rows() == 0 {
            return Err(Error::EmptyPool);
        }
        let (pinned, excluded) = options.constraints.rows(&scores.index)?;
        let filter = match options.alignment_filter {
            true => Some(AlignmentFilter::new(scores)?),
            false => None,
        };
        let largest = scores.cluster.iter().max();
        let needed = largest.map_or(0, |&last| last as usize + 1);
        let clusters = options.clusters.max(needed);
        let group_of = |row: usize| match options.quotas {
            true => scores.cluster[row] as usize,
            false => 0,
        };
        let mut groups = vec![Ranking::default(); if options.quotas { clusters } else { 1 }];
        let mut is_open = vec![true; scores.rows()];
        for &row in &pinned {
            is_open[row as usize] = false;
            groups[group_of(row as usize)].pinned.push(row);
        }
        excluded
            .iter()
            .for_each(|&row| is_open[row as usize] = false);
        for (row, &is_open) in is_open.iter().enumerate() {
            let group = &mut groups[group_of(row)];
            group.size += 1;
            if is_open {
                group.ranked.push(row as u32);
            }
        }
        for group in &mut groups {
            ranking::by_confidence(&mut group.ranked, scores);
            group.kept = match &filter {
                Some(filter) => filter.apply(&mut group.ranked),
                None => group.ranked.len(),
            };
        }
        Ok(Self {
            index: scores.index.clone(),
            cluster: scores.cluster.clone(),
            clusters,
            groups,
            has_quotas: options.quotas,
        })
    }

    /// How many records the pool has, excluded ones included: what a ratio is of.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Never: a pool has at least one record.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// How many records the alignment filter set aside.
    pub fn set_aside(&self) -> usize {
        self.groups
            .iter()
            .map(|group| group.set_aside().len())
            .sum()
    }

    /// Size and quota of every group for a budget.
    ///
    /// # Errors
    /// [`Error::CountAboveAvailable`] for a count above the pool; [`Error::PinsAboveBudget`] and
    /// [`Error::BudgetAboveRest`] where constraints do not fit the budget.
    fn group_quotas(&self, budget: Budget) -> Result<Vec<ClusterQuota>> {
        let budget = budget.resolve(self.len() as u64)?;
        let bounds: Vec<QuotaBounds> = (self.groups.iter())
            .map(|group| QuotaBounds {
                least: group.pinned.len() as u64,
                most: group.room(),
            })
            .collect();
        let pinned: u64 = bounds.iter().map(|bounds| bounds.least).sum();
        let available: u64 = bounds.iter().map(|bounds| bounds.most).sum();
        if pinned > budget {
            return Err(Error::PinsAboveBudget { pinned, budget });
        }
        if budget > available {
            return Err(Error::BudgetAboveRest {
                budget,
                available,
                excluded: self.len() as u64 - available,
            });
        }
        let sizes: Vec<u64> = self.groups.iter().map(|group| group.size).collect();
        let quotas = quotas_within(&sizes, &bounds, budget);
        Ok(sizes
            .into_iter()
            .zip(quotas)
            .map(|(size, quota)| ClusterQuota { size, quota })
            .collect())
    }

    /// The paper's choice: in each cluster its quota of the records with the lowest confidence;
    /// the earlier record on ties.
    ///
    /// # Errors
    /// [`Error::CountAboveAvailable`] for a count above the pool; [`Error::PinsAboveBudget`] and
    /// [`Error::BudgetAboveRest`] where constraints do not fit the budget.
    ///
    /// Source: METHOD section 5, `confidence`.
    pub fn select_confidence(&self, budget: Budget) -> Result<Selection> {
        let quotas = self.group_quotas(budget)?;
        let mut is_chosen = vec![false; self.len()];
        for (group, quota) in self.groups.iter().zip(&quotas) {
            let others = quota.quota as usize - group.pinned.len();
            for &row in group.pinned.iter().chain(&group.ranked[..others]) {
                is_chosen[row as usize] = true;
            }
        }
        Ok(self.in_dataset_order(&is_chosen, quotas))
    }

    /// The selection of the rows that are marked.
    fn in_dataset_order(&self, is_chosen: &[bool], quotas: Vec<ClusterQuota>) -> Selection {
        let rows: Vec<usize> = (0..self.len()).filter(|&row| is_chosen[row]).collect();
        let positions = rows.iter().map(|&row| self.index[row]).collect();
        let clusters = match self.has_quotas {
            true => quotas,
            false => self.counts(&rows),
        };
        Selection {
            rows,
            positions,
            clusters,
        }
    }

    /// How many of `rows` are in each cluster.
    fn counts(&self, rows: &[usize]) -> Vec<ClusterQuota> {
        let mut counts = vec![ClusterQuota { size: 0, quota: 0 }; self.clusters];
        for &cluster in &self.cluster {
            counts[cluster as usize].size += 1;
        }
        for &row in rows {
            counts[self.cluster[row] as usize].quota += 1;
        }
        counts
    }
}

#[cfg(test)]
mod method_tests;
#[cfg(test)]
mod tests;
