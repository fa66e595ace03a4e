//! Quantiles of a column of numbers.
use serde::{Deserialize, Serialize};

/// Five quantiles, interpolated linearly between neighbours (as `torch.quantile`).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Quantiles {
    /// The smallest value.
    pub min: f64,
    /// A tenth of the values lie below.
    pub p10: f64,
    /// Half of the values lie below.
    pub median: f64,
    /// Nine tenths of the values lie below.
    pub p90: f64,
    /// The largest value.
    pub max: f64,
}

impl Quantiles {
    /// The quantiles of `values`; `None` where there are none.
    ///
    /// Cost: a sort. NaN counts as the largest value.
    pub fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_unstable_by(f64::total_cmp);
        Self::of_sorted(&values)
    }

    /// The quantiles of values that ascend; `None` where there are none.
    pub fn of_sorted(values: &[f64]) -> Option<Self> {
        Some(Self {
            min: quantile(values, 0.0)?,
            p10: quantile(values, 0.1)?,
            median: quantile(values, 0.5)?,
            p90: quantile(values, 0.9)?,
            max: quantile(values, 1.0)?,
        })
    }
}

/// The value below which a share of the values lies, which must ascend.
pub(crate) fn quantile(values: &[f64], share: f64) -> Option<f64> {
    let last = values.len().checked_sub(1)?;
    let position = share * last as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(last);
    Some(values[below] + (values[above] - values[below]) * (position - below as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_two_values_it_is_interpolated() {
        // torch.quantile(torch.tensor([4., 1., 2., 8.]), q) for each q.
        let q = Quantiles::of(vec![4.0, 1.0, 2.0, 8.0]).expect("values");
        let expected = [1.0, 1.3, 3.0, 6.8, 8.0];
        for (found, expected) in [q.min, q.p10, q.median, q.p90, q.max].iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{q:?}");
        }
        let one = Quantiles::of(vec![0.25]).expect("a value");
        assert_eq!((one.min, one.median, one.max), (0.25, 0.25, 0.25));
        assert_eq!(Quantiles::of(vec![]), None);
    }
}
