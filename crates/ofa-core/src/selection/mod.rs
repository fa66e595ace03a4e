//! Choosing the records of a budget from their scores.
use crate::budget::Budget;
use crate::quota::quotas;
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
    /// Rows by cluster, least confident first, the earlier record on ties.
    ranked: Vec<Vec<u32>>,
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
    /// Size and quota by cluster.
    pub clusters: Vec<ClusterQuota>,
}

impl SelectionPool {
    /// Prepares a pool.
    ///
    /// The number of clusters is taken from the scores (the largest number plus one), or
    /// `clusters` where that is larger; empty clusters change nothing in a choice.
    ///
    /// # Errors
    /// [`Error::EmptyPool`] without a row; those of [`Scores::check`].
    ///
    /// Cost: a sort of the records.
    pub fn new(scores: &Scores, clusters: usize) -> Result<Self> {
        scores.check()?;
        if scores.rows() == 0 {
            return Err(Error::EmptyPool);
        }
        let needed = scores
            .cluster
            .iter()
            .max()
            .map_or(0, |&last| last as usize + 1);
        let mut ranked = vec![Vec::new(); clusters.max(needed)];
        for (row, &cluster) in scores.cluster.iter().enumerate() {
            ranked[cluster as usize].push(row as u32);
        }
        for rows in &mut ranked {
            // The sort is stable and rows come in dataset order: ties keep the earlier first.
            // Confidences are checked numbers, and 0.0 and -0.0 are a tie.
            rows.sort_by(|&a, &b| {
                let (a, b) = (scores.confidence[a as usize], scores.confidence[b as usize]);
                a.partial_cmp(&b).expect("checked above: no NaN")
            });
        }
        Ok(Self {
            index: scores.index.clone(),
            ranked,
        })
    }

    /// How many records the pool has.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Never: a pool has at least one record.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// Rows of a cluster, least confident first.
    pub fn ranked(&self, cluster: usize) -> &[u32] {
        &self.ranked[cluster]
    }

    /// Size and quota of every cluster for a budget.
    ///
    /// # Errors
    /// [`Error::CountAboveAvailable`] for a count above the pool.
    pub fn quotas(&self, budget: Budget) -> Result<Vec<ClusterQuota>> {
        let budget = budget.resolve(self.len() as u64)?;
        let sizes: Vec<u64> = self.ranked.iter().map(|rows| rows.len() as u64).collect();
        let quotas = quotas(&sizes, budget);
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
    /// As [`Self::quotas`].
    ///
    /// Source: METHOD section 5, `confidence`.
    pub fn select_confidence(&self, budget: Budget) -> Result<Selection> {
        let clusters = self.quotas(budget)?;
        let mut is_chosen = vec![false; self.len()];
        for (rows, cluster) in self.ranked.iter().zip(&clusters) {
            for &row in &rows[..cluster.quota as usize] {
                is_chosen[row as usize] = true;
            }
        }
        Ok(self.in_dataset_order(&is_chosen, clusters))
    }

    /// The selection of the rows that are marked.
    fn in_dataset_order(&self, is_chosen: &[bool], clusters: Vec<ClusterQuota>) -> Selection {
        let rows: Vec<usize> = (0..self.len()).filter(|&row| is_chosen[row]).collect();
        let positions = rows.iter().map(|&row| self.index[row]).collect();
        Selection {
            rows,
            positions,
            clusters,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn scores(records: &[(u64, u32, f32)]) -> Scores {
        Scores {
            index: records.iter().map(|r| r.0).collect(),
            cluster: records.iter().map(|r| r.1).collect(),
            confidence: records.iter().map(|r| r.2).collect(),
            entropy: vec![1.0; records.len()],
            gate: vec![0.5; records.len()],
            early_confidence: None,
            alignment_margin: None,
        }
    }

    #[test]
    fn the_least_confident_of_each_cluster() {
        let pool = SelectionPool::new(
            &scores(&[
                (3, 0, 0.9),
                (5, 0, 0.1),
                (8, 1, 0.4),
                (9, 0, 0.1),
                (11, 1, 0.3),
                (20, 0, 0.5),
            ]),
            4,
        )
        .expect("valid scores");
        let selection = pool.select_confidence(Budget::Count(3)).expect("in range");
        // Sizes 4 and 2: quotas 2 and 1.
        assert_eq!(selection.positions, [5, 9, 11]);
        assert_eq!(selection.rows, [1, 3, 4]);
        let quotas: Vec<_> = selection
            .clusters
            .iter()
            .map(|c| (c.size, c.quota))
            .collect();
        assert_eq!(quotas, [(4, 2), (2, 1), (0, 0), (0, 0)]);
        // Ties go to the earlier record.
        let one = pool.select_confidence(Budget::Count(1)).expect("in range");
        assert_eq!(one.positions, [5]);
        let none = pool.select_confidence(Budget::Count(0)).expect("in range");
        assert!(none.positions.is_empty());
        let all = pool
            .select_confidence(Budget::Ratio("1.0".parse().expect("a ratio")))
            .expect("in range");
        assert_eq!(all.positions, [3, 5, 8, 9, 11, 20]);
    }

    #[test]
    fn bad_scores_are_refused_with_their_row() {
        let error = |records: &[(u64, u32, f32)]| {
            SelectionPool::new(&scores(records), 1).expect_err("must be refused")
        };
        assert_eq!(error(&[]), Error::EmptyPool);
        assert!(matches!(
            error(&[(0, 0, 0.5), (7, 0, f32::NAN)]),
            Error::Score {
                row: 1,
                index: 7,
                ..
            }
        ));
        assert!(matches!(error(&[(0, 0, 1.5)]), Error::Score { row: 0, .. }));
        // A list for each cluster up to this one would take 96 GB.
        let huge = error(&[(0, 0, 0.5), (3, 4_000_000_000, 0.5)]);
        assert!(matches!(huge, Error::Score { row: 1, .. }), "{huge}");
        assert!(huge.to_string().contains("4000000000"), "{huge}");
        assert!(matches!(
            error(&[(4, 0, 0.5), (4, 0, 0.5)]),
            Error::Score {
                row: 1,
                index: 4,
                ..
            }
        ));
        let mut short = scores(&[(0, 0, 0.5)]);
        short.gate.clear();
        assert!(matches!(
            SelectionPool::new(&short, 1),
            Err(Error::Length { .. })
        ));
        let pool = SelectionPool::new(&scores(&[(0, 0, 0.5)]), 1).expect("valid");
        assert!(matches!(
            pool.select_confidence(Budget::Count(2)),
            Err(Error::CountAboveAvailable {
                count: 2,
                available: 1
            })
        ));
    }

    proptest! {
        #[test]
        fn selection_keeps_the_rule(
            records in prop::collection::vec((0u32..6, 0u32..8), 1..300),
            share in 0.0f64..=1.0,
        ) {
            // Few distinct confidences, so that ties are common.
            let records: Vec<_> = records
                .iter()
                .enumerate()
                .map(|(row, &(cluster, c))| (3 * row as u64, cluster, c as f32 / 8.0))
                .collect();
            let count = (share * records.len() as f64) as u64;
            let pool = SelectionPool::new(&scores(&records), 0).expect("valid scores");
            let selection = pool.select_confidence(Budget::Count(count)).expect("in range");
            prop_assert_eq!(selection.rows.len() as u64, count);
            prop_assert!(selection.rows.is_sorted_by(|a, b| a < b));
            for (cluster, found) in selection.clusters.iter().enumerate() {
                let of_cluster = |row: &usize| records[*row].1 as usize == cluster;
                let inside: Vec<usize> =
                    selection.rows.iter().copied().filter(of_cluster).collect();
                prop_assert_eq!(inside.len() as u64, found.quota);
                // Nobody outside comes before the last one inside.
                let rank = |row: usize| (records[row].2, row);
                let last = inside.iter().copied().map(rank).max_by(|a, b| {
                    a.partial_cmp(b).expect("no NaN")
                });
                if let Some(last) = last {
                    for row in (0..records.len()).filter(of_cluster) {
                        prop_assert!(inside.contains(&row) || rank(row) > last);
                    }
                }
            }
        }
    }
}
