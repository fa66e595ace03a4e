//! What a choice made of a pool, in numbers: for the report of a subset.
mod domain;
mod extremes;
mod histogram;

pub use domain::DomainCheck;
pub use extremes::{Extremes, extremes};
pub use histogram::{Bin, Histogram};

use crate::quantiles::Quantiles;
use crate::score::Scores;
use crate::{Error, Result};

/// A pool and what was chosen from it.
#[derive(Debug, Clone, PartialEq)]
pub struct SelectionNumbers {
    /// Confidence of the pool and of the chosen records.
    pub confidence: Compared,
    /// Their gate.
    pub gate: Compared,
    /// Every cluster that has records, by its number.
    pub clusters: Vec<ClusterCounts>,
    /// The least and the most confident records of the pool.
    pub pool: Extremes,
    /// Those of the chosen ones.
    pub chosen: Extremes,
}

/// A column of the scores over the pool and over the chosen records.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// How the values are spread.
    pub histogram: Histogram,
    /// Quantiles of the pool.
    pub pool: Quantiles,
    /// Quantiles of the chosen records; `None` where none is chosen.
    pub chosen: Option<Quantiles>,
}

/// Records of a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClusterCounts {
    /// Its number, from 0.
    pub cluster: u32,
    /// Records of the pool.
    pub pool: u64,
    /// Chosen ones.
    pub chosen: u64,
}

impl SelectionNumbers {
    /// Counts what was chosen: `is_chosen` has a mark for each row. Of the least and the most
    /// confident records, `examples` each are named.
    ///
    /// # Errors
    /// Those of [`Scores::check`]; [`Error::EmptyPool`] without a row; [`Error::Length`] where
    /// there are not as many marks as rows.
    ///
    /// Cost: a few sorts of the rows, 16 bytes a row of memory.
    pub fn new(scores: &Scores, is_chosen: &[bool], examples: usize) -> Result<Self> {
        scores.check()?;
        if is_chosen.len() != scores.rows() {
            return Err(Error::Length {
                what: "marks of chosen rows".into(),
                expected: scores.rows(),
                found: is_chosen.len(),
            });
        }
        let rows = || (0..scores.rows()).map(|row| row as u32);
        let chosen = || rows().filter(|&row| is_chosen[row as usize]);
        Ok(Self {
            confidence: compare(&scores.confidence, is_chosen).ok_or(Error::EmptyPool)?,
            gate: compare(&scores.gate, is_chosen).ok_or(Error::EmptyPool)?,
            clusters: count_clusters(&scores.cluster, is_chosen),
            pool: extremes(&scores.confidence, rows().collect(), examples),
            chosen: extremes(&scores.confidence, chosen().collect(), examples),
        })
    }
}

/// Marks the rows whose records are at `positions`; both ascend. Positions without a score, as of
/// text-only records that were kept, mark nothing.
pub fn chosen_rows(scores: &Scores, positions: &[u64]) -> Vec<bool> {
    let mut positions = positions.iter().copied().peekable();
    let is_chosen = |&index: &u64| {
        while positions.next_if(|&position| position < index).is_some() {}
        positions.peek() == Some(&index)
    };
    scores.index.iter().map(is_chosen).collect()
}

fn compare(values: &[f32], is_chosen: &[bool]) -> Option<Compared> {
    let mut pool: Vec<f64> = values.iter().map(|&value| f64::from(value)).collect();
    let mut chosen: Vec<f64> = (pool.iter().zip(is_chosen))
        .filter_map(|(&value, &is_chosen)| is_chosen.then_some(value))
        .collect();
    pool.sort_unstable_by(f64::total_cmp);
    chosen.sort_unstable_by(f64::total_cmp);
    Some(Compared {
        pool: Quantiles::of_sorted(&pool)?,
        chosen: Quantiles::of_sorted(&chosen),
        histogram: Histogram::of_sorted(&pool, &chosen),
    })
}

fn count_clusters(cluster: &[u32], is_chosen: &[bool]) -> Vec<ClusterCounts> {
    let clusters = cluster.iter().max().map_or(0, |&last| last as usize + 1);
    let mut counts = vec![(0, 0); clusters];
    for (&cluster, &is_chosen) in cluster.iter().zip(is_chosen) {
        let (pool, chosen) = &mut counts[cluster as usize];
        *pool += 1;
        *chosen += u64::from(is_chosen);
    }
    (0..)
        .zip(counts)
        .filter(|(_, (pool, _))| *pool > 0)
        .map(|(cluster, (pool, chosen))| ClusterCounts {
            cluster,
            pool,
            chosen,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores() -> Scores {
        Scores {
            index: vec![1, 4, 5, 9, 12],
            cluster: vec![3, 0, 3, 3, 0],
            confidence: vec![0.5, 0.25, 0.25, 0.75, 1.0],
            entropy: vec![1.0; 5],
            gate: vec![0.5; 5],
            early_confidence: None,
            alignment_margin: None,
        }
    }

    #[test]
    fn every_row_is_counted_once_everywhere() {
        let scores = scores();
        // 2 and 7 have no score.
        let is_chosen = chosen_rows(&scores, &[2, 4, 7, 9]);
        assert_eq!(is_chosen, [false, true, false, true, false]);
        let numbers = SelectionNumbers::new(&scores, &is_chosen, 2).expect("counted");
        let clusters: Vec<_> = (numbers.clusters.iter())
            .map(|c| (c.cluster, c.pool, c.chosen))
            .collect();
        assert_eq!(clusters, [(0, 2, 1), (3, 3, 1)]);
        for compared in [&numbers.confidence, &numbers.gate] {
            let bins = &compared.histogram.bins;
            assert_eq!(bins.iter().map(|bin| bin.pool).sum::<u64>(), 5);
            assert_eq!(bins.iter().map(|bin| bin.chosen).sum::<u64>(), 2);
        }
        assert_eq!(numbers.pool.least, [1, 2]);
        assert_eq!(numbers.pool.most, [4, 3]);
        assert_eq!(numbers.chosen.least, [1, 3]);
        assert_eq!(numbers.confidence.pool.median, 0.5);
        assert_eq!(numbers.confidence.chosen.expect("chosen").median, 0.5);
    }

    #[test]
    fn nothing_chosen_is_no_error_and_nothing_to_choose_from_is() {
        let numbers = SelectionNumbers::new(&scores(), &[false; 5], 3).expect("counted");
        assert_eq!(numbers.confidence.chosen, None);
        assert_eq!(numbers.chosen.least, [0_u32; 0]);
        let empty = SelectionNumbers::new(&Scores::default(), &[], 3);
        assert_eq!(empty, Err(Error::EmptyPool));
        let short = SelectionNumbers::new(&scores(), &[true], 3);
        assert!(matches!(short, Err(Error::Length { .. })), "{short:?}");
    }
}
