//! Whether a pool is like what its selector was trained on.
use serde::{Deserialize, Serialize};

use crate::quantiles::Quantiles;

/// The confidence of a pool beside that of the validation core at the epoch that became the
/// selector.
///
/// A selector knows how sure it is of data like its own. Where a pool's confidence lies
/// elsewhere, its clusters and its ranking rest on data that the selector has not seen. That it lies
/// in the same place is no proof of the contrary: a selector can be as unsure of noise as of its
/// own data.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DomainCheck {
    /// Confidence of the validation core.
    pub trained: Quantiles,
    /// Confidence of the pool.
    pub pool: Quantiles,
    /// Records of the pool.
    pub rows: u64,
    /// Those less confident than any record of the validation core.
    pub below: u64,
    /// Those more confident than any.
    pub above: u64,
}

impl DomainCheck {
    /// The share of the pool that may lie beyond the validation core's range before it counts as
    /// another domain.
    ///
    /// The core is what lies nearest to the cluster centres, so its range is narrower than that of
    /// the dataset it was taken from: of such datasets themselves 1% to 12% were beyond it, the
    /// more the smaller the core. This is more than twice the most.
    pub const MOST_BEYOND: f64 = 0.3;

    /// Compares a pool's confidences; `None` for a pool without a record.
    pub fn new(trained: Quantiles, confidence: &[f32]) -> Option<Self> {
        let values: Vec<f64> = confidence.iter().map(|&value| f64::from(value)).collect();
        let count = |is: &dyn Fn(f64) -> bool| values.iter().filter(|&&v| is(v)).count() as u64;
        Some(Self {
            trained,
            rows: values.len() as u64,
            below: count(&|value| value < trained.min),
            above: count(&|value| value > trained.max),
            pool: Quantiles::of(values)?,
        })
    }

    /// Whether the pool's median lies outside of the middle eight tenths of the validation core.
    pub fn median_is_outside(&self) -> bool {
        !(self.trained.p10..=self.trained.p90).contains(&self.pool.median)
    }

    /// The share of the pool that is below or above everything in the validation core.
    pub fn share_beyond(&self) -> f64 {
        (self.below + self.above) as f64 / self.rows.max(1) as f64
    }

    /// Whether either says that the pool is of another domain.
    pub fn is_out_of_domain(&self) -> bool {
        self.median_is_outside() || self.share_beyond() > Self::MOST_BEYOND
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRAINED: Quantiles = Quantiles {
        min: 0.1,
        p10: 0.2,
        median: 0.3,
        p90: 0.5,
        max: 0.6,
    };

    #[test]
    fn a_pool_like_the_validation_core_is_of_its_domain() {
        let check = DomainCheck::new(TRAINED, &[0.05, 0.25, 0.3, 0.4, 0.7]).expect("a pool");
        assert_eq!((check.below, check.above, check.rows), (1, 1, 5));
        assert!(!check.median_is_outside());
        // 2 of 5 lie beyond.
        assert!(check.is_out_of_domain());
        let check = DomainCheck::new(TRAINED, &[0.05, 0.25, 0.3, 0.4]).expect("a pool");
        assert!(!check.is_out_of_domain());
        assert_eq!(DomainCheck::new(TRAINED, &[]), None);
    }

    #[test]
    fn a_median_outside_of_the_middle_is_another_domain() {
        for (value, outside) in [(0.19, true), (0.21, false), (0.49, false), (0.55, true)] {
            let check = DomainCheck::new(TRAINED, &[value; 3]).expect("a pool");
            assert_eq!(check.is_out_of_domain(), outside, "{value}");
            assert_eq!(check.share_beyond(), 0.0);
        }
    }
}
