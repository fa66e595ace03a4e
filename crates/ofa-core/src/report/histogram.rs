//! How values are spread, in bins with round edges.
use crate::quantiles::quantile;

/// Bins that a histogram has about: at least half as many, at most a half more.
const WANTED: f64 = 30.0;

/// The share of the values at either end that the bins may leave to the outermost ones: a few far
/// values would else press all others into one bin.
const TAIL: f64 = 0.005;

/// A histogram of a pool and of what was chosen from it.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    /// The bins, from the lowest. Every value is in one of them.
    pub bins: Vec<Bin>,
    /// Digits after the point that tell the edges apart.
    pub decimals: usize,
}

/// Values from `from` up to, but without, `to`. The first bin also has everything below it, the
/// last one everything from its lower edge on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    /// Lower edge.
    pub from: f64,
    /// Upper edge.
    pub to: f64,
    /// Values of the pool.
    pub pool: u64,
    /// Values of what was chosen.
    pub chosen: u64,
}

impl Histogram {
    /// Counts values, which must be finite and ascend; `chosen` are some of `pool`.
    ///
    /// Nothing in it depends on the platform's logarithm or power: equal values give equal bins.
    pub fn of_sorted(pool: &[f64], chosen: &[f64]) -> Self {
        let (Some(low), Some(high)) = (quantile(pool, TAIL), quantile(pool, 1.0 - TAIL)) else {
            return Self {
                bins: vec![],
                decimals: 0,
            };
        };
        let Some(step) = Step::of(high - low, low.abs().max(high.abs())) else {
            let one = Bin {
                from: low,
                to: high,
                pool: pool.len() as u64,
                chosen: chosen.len() as u64,
            };
            return Self {
                bins: vec![one],
                decimals: 6,
            };
        };
        let first = (low * step.per / step.of).floor();
        let last = (high * step.per / step.of).floor();
        let edge = |nth: usize| (first + nth as f64) * step.of / step.per;
        let bins = (last - first) as usize + 1;
        let up_to = |values: &[f64], nth: usize| match nth {
            0 => 0,
            nth if nth == bins => values.len(),
            nth => values.partition_point(|&value| value < edge(nth)),
        };
        let bin = |nth: usize| Bin {
            from: edge(nth),
            to: edge(nth + 1),
            pool: (up_to(pool, nth + 1) - up_to(pool, nth)) as u64,
            chosen: (up_to(chosen, nth + 1) - up_to(chosen, nth)) as u64,
        };
        Self {
            bins: (0..bins).map(bin).collect(),
            decimals: step.decimals,
        }
    }
}

/// The width of a bin: `of / per`, one of them 1, so that edges are as exact as can be.
struct Step {
    of: f64,
    per: f64,
    decimals: usize,
}

impl Step {
    /// The round step of which a span has at least half of [`WANTED`]; `None` where the span is too
    /// narrow beside the values.
    fn of(span: f64, magnitude: f64) -> Option<Self> {
        if span <= magnitude * 1e-6 {
            return None;
        }
        let is_fine = |of: f64, per: f64| span * per / of >= WANTED / 2.0;
        let mut power = 1.0;
        if is_fine(1.0, 1.0) {
            // The largest of 1, 2, 5, 10, 20, … that is still fine.
            let mut largest = 1.0;
            while is_fine(power, 1.0) {
                for of in [power, power * 2.0, power * 5.0] {
                    largest = if is_fine(of, 1.0) { of } else { largest };
                }
                power *= 10.0;
            }
            return Some(Self {
                of: largest,
                per: 1.0,
                decimals: 0,
            });
        }
        for decimals in 0..=12 {
            for part in [1.0, 2.0, 5.0] {
                if is_fine(1.0, power * part) {
                    return Some(Self {
                        of: 1.0,
                        per: power * part,
                        // A half and a fifth of a place have their digit in the next one.
                        decimals: decimals + usize::from(part > 1.0),
                    });
                }
            }
            power *= 10.0;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn edges_are_round_and_far_values_are_in_the_last_bin() {
        let mut pool: Vec<f64> = (0..1000).map(|n| 0.0101 + f64::from(n) * 4e-5).collect();
        pool.push(0.9);
        let histogram = Histogram::of_sorted(&pool, &pool[..100]);
        let bins = &histogram.bins;
        assert_eq!(histogram.decimals, 3);
        assert_eq!((bins[0].from, bins[0].to), (0.01, 0.012));
        assert_eq!(bins.last().map(|bin| bin.to), Some(0.05));
        assert_eq!(bins.last().map(|bin| bin.pool), Some(53));
        assert_eq!(bins.iter().map(|bin| bin.chosen).sum::<u64>(), 100);
        assert_eq!(bins.len(), 20);
    }

    #[test]
    fn equal_values_are_one_bin() {
        let histogram = Histogram::of_sorted(&[0.5; 4], &[0.5]);
        let one = Bin {
            from: 0.5,
            to: 0.5,
            pool: 4,
            chosen: 1,
        };
        assert_eq!(histogram.bins, [one]);
        assert!(Histogram::of_sorted(&[], &[]).bins.is_empty());
    }

    proptest! {
        #[test]
        fn every_value_is_in_the_bin_whose_edges_it_is_between(
            mut pool in prop::collection::vec(-3.0f64..20.0, 1..400),
            scale in prop::sample::select(vec![1.0, 1e-3, 1e-5, 300.0, 1e30]),
        ) {
            pool.iter_mut().for_each(|value| *value *= scale);
            pool.sort_unstable_by(f64::total_cmp);
            let histogram = Histogram::of_sorted(&pool, &pool);
            let bins = &histogram.bins;
            prop_assert!(!bins.is_empty() && bins.len() <= 40, "{}", bins.len());
            for (nth, bin) in bins.iter().enumerate() {
                let inside = |&&value: &&f64| {
                    (nth == 0 || value >= bin.from) && (nth + 1 == bins.len() || value < bin.to)
                };
                let naive = pool.iter().filter(inside).count() as u64;
                prop_assert_eq!(bin.pool, naive);
                prop_assert_eq!(bin.chosen, naive);
            }
        }
    }
}
