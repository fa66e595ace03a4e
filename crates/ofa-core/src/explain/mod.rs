//! Why a record is chosen or not: its place among the records of its cluster.
mod neighbours;

pub use neighbours::{NearestSearch, Neighbour, nearest};

use std::cmp::Ordering;

use crate::quota::quotas;
use crate::score::Scores;

/// A record's place in its cluster by confidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Its cluster.
    pub cluster: u32,
    /// Its rank, from 1: the first is the least confident, the earlier record on ties.
    pub rank: u64,
    /// Records of the cluster.
    pub size: u64,
}

/// The place in its cluster of the record in `row`, as choosing by confidence ranks it.
///
/// Cost: a walk over the rows.
///
/// # Panics
/// Where there is no such row.
pub fn standing(scores: &Scores, row: usize) -> Standing {
    let cluster = scores.cluster[row];
    let (mut rank, mut size) = (1, 0);
    for other in rows_of(scores, cluster) {
        size += 1;
        rank += u64::from(ranks_before(scores, other, row));
    }
    Standing {
        cluster,
        rank,
        size,
    }
}

/// The row that has a rank in a cluster, from 1; `None` where there are not so many.
///
/// Cost: a walk over the rows and over those of the cluster.
pub fn row_at_rank(scores: &Scores, cluster: u32, rank: u64) -> Option<usize> {
    let mut rows: Vec<usize> = rows_of(scores, cluster).collect();
    let nth = usize::try_from(rank.checked_sub(1)?).ok()?;
    if nth >= rows.len() {
        return None;
    }
    let order = |a: &usize, b: &usize| match ranks_before(scores, *a, *b) {
        _ if a == b => Ordering::Equal,
        true => Ordering::Less,
        false => Ordering::Greater,
    };
    Some(*rows.select_nth_unstable_by(nth, order).1)
}

/// Rows of each cluster, by its number.
pub fn cluster_sizes(scores: &Scores) -> Vec<u64> {
    let last = scores.cluster.iter().max();
    let mut sizes = vec![0; last.map_or(0, |&last| last as usize + 1)];
    for &cluster in &scores.cluster {
        sizes[cluster as usize] += 1;
    }
    sizes
}

/// A budget at which a cluster's quota comes to `rank`, while that of the budget before it does
/// not; `None` where the cluster is smaller than that.
///
/// It is the smallest such budget but for rare cases: with the largest remainders a quota can fall
/// by one where the budget grows by one.
///
/// Cost: as many quotas as the pool's size has binary digits.
pub fn budget_for_rank(sizes: &[u64], cluster: u32, rank: u64) -> Option<u64> {
    let size = *sizes.get(cluster as usize)?;
    if rank == 0 || rank > size {
        return None;
    }
    let reaches = |budget| quotas(sizes, budget)[cluster as usize] >= rank;
    // A budget of everything takes everything, and one of nothing takes nothing.
    let (mut without, mut with) = (0, sizes.iter().sum());
    while with - without > 1 {
        let between = without + (with - without) / 2;
        if reaches(between) {
            with = between;
        } else {
            without = between;
        }
    }
    Some(with)
}

/// The shortest ratio whose budget, of `records`, is `count`; `None` where that is 0 or above them.
///
/// ```
/// use ofa_core::explain::ratio_for_count;
/// assert_eq!(ratio_for_count(334, 1000).as_deref(), Some("0.334"));
/// assert_eq!(ratio_for_count(140, 930).as_deref(), Some("0.15"));
/// assert_eq!(ratio_for_count(7, 7).as_deref(), Some("1"));
/// ```
pub fn ratio_for_count(count: u64, records: u64) -> Option<String> {
    if count == 0 || count > records {
        return None;
    }
    if count == records {
        return Some("1".to_owned());
    }
    let (count, records) = (u128::from(count), u128::from(records));
    // `digits / 10^places` is at most `count / records`, and above that of the count before it.
    (1..=19).find_map(|places| {
        let power = 10_u128.pow(places);
        let digits = count * power / records;
        let width = places as usize;
        (digits * records > (count - 1) * power).then(|| format!("0.{digits:0width$}"))
    })
}

/// How much of a column lies below its value in `row`, from 0 to 1.
///
/// # Panics
/// Where there is no such row.
pub fn share_below(column: &[f32], row: usize) -> f64 {
    let below = column.iter().filter(|&&other| other < column[row]).count();
    below as f64 / column.len() as f64
}

fn rows_of(scores: &Scores, cluster: u32) -> impl Iterator<Item = usize> + '_ {
    (0..scores.rows()).filter(move |&row| scores.cluster[row] == cluster)
}

/// Rows are in dataset order, so the lower row is the earlier record.
fn ranks_before(scores: &Scores, row: usize, other: usize) -> bool {
    let (mine, theirs) = (scores.confidence[row], scores.confidence[other]);
    mine < theirs || (mine == theirs && row < other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::{Budget, Ratio};
    use crate::selection::SelectionPool;
    use proptest::prelude::*;

    fn scores(records: &[(u32, u32)]) -> Scores {
        Scores {
            index: (0..records.len() as u64).map(|n| 2 * n + 1).collect(),
            cluster: records.iter().map(|r| r.0).collect(),
            confidence: records.iter().map(|r| r.1 as f32 / 8.0).collect(),
            entropy: vec![1.0; records.len()],
            gate: vec![0.5; records.len()],
            early_confidence: None,
            alignment_margin: None,
        }
    }

    #[test]
    fn ranks_and_budgets_of_a_small_pool() {
        let scores = scores(&[(1, 4), (0, 3), (1, 2), (1, 4), (1, 0)]);
        let ranks: Vec<u64> = (0..5).map(|row| standing(&scores, row).rank).collect();
        assert_eq!(ranks, [3, 1, 2, 4, 1]);
        assert_eq!(standing(&scores, 3).size, 4);
        assert_eq!(row_at_rank(&scores, 1, 3), Some(0));
        assert_eq!(row_at_rank(&scores, 1, 5), None);
        assert_eq!(row_at_rank(&scores, 1, 0), None);
        assert_eq!(share_below(&scores.confidence, 1), 0.4);
        let sizes = cluster_sizes(&scores);
        assert_eq!(sizes, [1, 4]);
        // Quotas of 1 to 5: (0, 1), (1, 1), (1, 2), (1, 3), (1, 4).
        let budgets: Vec<_> = (1..=5)
            .map(|rank| budget_for_rank(&sizes, 1, rank))
            .collect();
        assert_eq!(budgets, [Some(1), Some(3), Some(4), Some(5), None]);
        assert_eq!(budget_for_rank(&sizes, 0, 1), Some(2));
        assert_eq!(budget_for_rank(&sizes, 7, 1), None);
    }

    proptest! {
        #[test]
        fn it_says_what_choosing_does(
            records in prop::collection::vec((0u32..6, 0u32..8), 1..120),
            share in 0.0f64..=1.0,
        ) {
            let scores = scores(&records);
            let pool = SelectionPool::new(&scores, 0).expect("valid scores");
            let count = (share * records.len() as f64) as u64;
            let chosen = pool.select_confidence(Budget::Count(count)).expect("in range");
            let sizes = cluster_sizes(&scores);
            for row in 0..records.len() {
                let standing = standing(&scores, row);
                let quota = chosen.clusters[standing.cluster as usize].quota;
                prop_assert_eq!(standing.rank <= quota, chosen.rows.contains(&row));
                prop_assert_eq!(row_at_rank(&scores, standing.cluster, standing.rank), Some(row));
                let budget = budget_for_rank(&sizes, standing.cluster, standing.rank)
                    .expect("a rank in the cluster");
                let with = pool.select_confidence(Budget::Count(budget)).expect("in range");
                let without = pool.select_confidence(Budget::Count(budget - 1)).expect("in range");
                prop_assert!(with.rows.contains(&row) && !without.rows.contains(&row));
                let ratio = ratio_for_count(budget, records.len() as u64).expect("in range");
                let ratio: Ratio = ratio.parse().expect("a ratio");
                prop_assert_eq!(ratio.ceil_of(records.len() as u64), budget);
            }
        }
    }
}
