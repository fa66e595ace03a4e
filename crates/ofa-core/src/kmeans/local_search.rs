//! Swaps that make a seeding better: a centre goes where rows are far from all, and the centre that
//! is missed the least is given up.
//!
//! k-means++ places centres one after the other and cannot take one back; two centres in one large
//! cluster stay there, and the mini-batches never move one of them across. This is the local search
//! of Lattanzi and Sohler ("A Better k-means++ Algorithm via Local Search", 2019), with the best of
//! several candidates as in greedy k-means++.
use super::sample::Sample;
use super::seeding::candidates_of;
use super::{JointRows, KMeansOptions};
use crate::features::FeatureRows;
use crate::rng::{Purpose, Rng, WeightedIndex};
use crate::{Result, parallel};

/// Rows of the sample that are worked on together.
const ROWS: usize = 1024;

/// Improves several sets of centres by swaps: in each round every set tries as many candidates as
/// greedy k-means++ does, and makes the best of the swaps where that lowers the inertia of the
/// sample. `tried` hears of every round.
///
/// # Shapes
/// Each of `starts` f32 `[clusters, joint_dim]`.
///
/// Cost: a round is what placing one centre costs in seeding as many sets; memory, an f32 a set
/// for each centre and row of the sample.
pub(super) fn improve<F: FeatureRows>(
    rows: &JointRows<'_, F>,
    sample: &Sample,
    starts: &mut [Vec<f32>],
    options: &KMeansOptions,
    tried: &mut dyn FnMut(usize) -> Result<()>,
) -> Result<()> {
    if options.swap_rounds == 0 {
        return Ok(());
    }
    let (dim, trials) = (rows.dim(), candidates_of(options.clusters));
    let mut streams: Vec<Rng> = (0..starts.len() as u64)
        .map(|start| Rng::new(options.seed, Purpose::KMeansInit, start, 1))
        .collect();
    let mut sets: Vec<Distances> = (starts.iter())
        .map(|centers| Distances::new(sample, centers, options))
        .collect();
    for round in 0..options.swap_rounds {
        let drawn: Vec<usize> = parallel::map_mut(&mut streams, |start, rng| {
            let nearest = sets[start].nearest.iter();
            // Without weights every row is a centre, and no swap is better.
            let weights = WeightedIndex::new(nearest.map(|two| f64::from(two.first)));
            let draw = |_| match &weights {
                Some(weights) => weights.draw(rng),
                None => rng.index(sample.len()),
            };
            (0..trials)
                .map(draw)
                .map(|column| sample.rows[column])
                .collect::<Vec<usize>>()
        })
        .concat();
        let candidates = rows.gather_batch(&drawn);
        let to_candidates = sample.distances(options.instruction_set, &candidates);
        let swaps = parallel::map(drawn.len(), |candidate| {
            sets[candidate / trials].best_swap(&to_candidates[candidate])
        });
        for (start, (centers, set)) in starts.iter_mut().zip(&mut sets).enumerate() {
            let mut best = start * trials;
            for candidate in start * trials..(start + 1) * trials {
                if swaps[candidate].inertia < swaps[best].inertia {
                    best = candidate;
                }
            }
            if swaps[best].inertia < set.inertia() {
                let center = swaps[best].given_up;
                centers[center * dim..(center + 1) * dim]
                    .copy_from_slice(&candidates[best * dim..(best + 1) * dim]);
                set.swap(center, &to_candidates[best]);
            }
        }
        tried(round + 1)?;
    }
    Ok(())
}

/// Squared distances of the sample to every centre of a set.
struct Distances {
    /// By centre.
    to_center: Vec<Vec<f32>>,
    nearest: Vec<TwoNearest>,
}

/// The two centres nearest to a row.
#[derive(Clone, Copy)]
struct TwoNearest {
    center: usize,
    first: f32,
    second: f32,
}

/// What giving up one centre for a candidate leads to.
struct Swap {
    given_up: usize,
    inertia: f64,
}

impl Distances {
    fn new(sample: &Sample, centers: &[f32], options: &KMeansOptions) -> Self {
        let to_center = sample.distances(options.instruction_set, centers);
        let pieces = parallel::map(sample.len().div_ceil(ROWS), |piece| {
            let end = sample.len().min((piece + 1) * ROWS);
            (piece * ROWS..end)
                .map(|row| two_nearest(&to_center, row))
                .collect::<Vec<_>>()
        });
        Self {
            nearest: pieces.concat(),
            to_center,
        }
    }

    fn inertia(&self) -> f64 {
        self.nearest.iter().map(|two| f64::from(two.first)).sum()
    }

    /// The centre that is best given up for a candidate at these distances.
    fn best_swap(&self, to_candidate: &[f32]) -> Swap {
        let mut kept = 0.0f64;
        // What the rows of a centre cost more once it is gone.
        let mut missed = vec![0.0f64; self.to_center.len()];
        for (two, &distance) in self.nearest.iter().zip(to_candidate) {
            let with = two.first.min(distance);
            kept += f64::from(with);
            missed[two.center] += f64::from(two.second.min(distance)) - f64::from(with);
        }
        let mut given_up = 0;
        for center in 1..missed.len() {
            if missed[center] < missed[given_up] {
                given_up = center;
            }
        }
        Swap {
            given_up,
            inertia: kept + missed[given_up],
        }
    }

    fn swap(&mut self, center: usize, to_candidate: &[f32]) {
        self.to_center[center].copy_from_slice(to_candidate);
        let to_center = &self.to_center;
        parallel::for_each_piece(&mut self.nearest, ROWS, |piece, nearest| {
            for (row, two) in (piece * ROWS..).zip(nearest) {
                *two = two_nearest(to_center, row);
            }
        });
    }
}

/// The lowest index is the nearest on ties.
fn two_nearest(to_center: &[Vec<f32>], row: usize) -> TwoNearest {
    let mut two = TwoNearest {
        center: 0,
        first: f32::INFINITY,
        second: f32::INFINITY,
    };
    for (center, distances) in to_center.iter().enumerate() {
        let distance = distances[row];
        if distance < two.first {
            two = TwoNearest {
                center,
                first: distance,
                second: two.first,
            };
        } else if distance < two.second {
            two.second = distance;
        }
    }
    two
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::FeatureMatrix;
    use half::f16;

    /// Three far groups of two rows; all three centres start in two of them.
    #[test]
    fn a_centre_that_is_not_missed_goes_where_one_is() {
        let half = |v: &[f32]| v.iter().map(|&x| f16::from_f32(x)).collect::<Vec<_>>();
        let image = half(&[1.0, 0.9, 1.0, 0.9, -1.0, -0.9]);
        let text = half(&[0.0, 0.1, 4.0, 4.1, 0.0, 0.1]);
        let features = FeatureMatrix::new(1, image, text).expect("six rows");
        let rows = JointRows::new(&features).expect("finite rows");
        let sample = Sample::new(&rows, (0..6).collect());
        let options = KMeansOptions::new(3, 1);
        let mut start = vec![0.0f32; 6];
        rows.gather(&[0, 1, 2], &mut start);
        let before = Distances::new(&sample, &start, &options).inertia();
        let mut starts = vec![start.clone(), start];
        let mut rounds = 0;
        improve(&rows, &sample, &mut starts, &options, &mut |round| {
            rounds = round;
            Ok(())
        })
        .expect("nobody stops it");
        assert_eq!(rounds, options.swap_rounds);
        for centers in starts {
            let after = Distances::new(&sample, &centers, &options).inertia();
            assert!(before > 1.0 && after < 0.1, "{before} to {after}");
        }
    }

    /// What a swap is said to lead to is what it leads to.
    #[test]
    fn swaps_are_valued_as_they_turn_out() {
        let mut rng = Rng::new(2, Purpose::Baseline, 0, 0);
        let mut part = || -> Vec<f16> {
            (0..300 * 3)
                .map(|_| f16::from_f64(rng.unit_f64() - 0.5))
                .collect()
        };
        let features = FeatureMatrix::new(3, part(), part()).expect("whole rows");
        let rows = JointRows::new(&features).expect("finite rows");
        let sample = Sample::new(&rows, (0..300).collect());
        let options = KMeansOptions::new(9, 1);
        let mut centers = vec![0.0f32; 9 * 6];
        rows.gather(&[0, 30, 60, 90, 120, 150, 180, 210, 240], &mut centers);
        let mut set = Distances::new(&sample, &centers, &options);
        for row in [5, 17, 250] {
            let mut candidate = vec![0.0f32; 6];
            rows.gather(&[row], &mut candidate);
            let distances = sample.distances(options.instruction_set, &candidate);
            let swap = set.best_swap(&distances[0]);
            for center in 0..9 {
                let mut other = Distances::new(&sample, &centers, &options);
                other.swap(center, &distances[0]);
                assert!(other.inertia() >= swap.inertia - 1e-9);
            }
            set.swap(swap.given_up, &distances[0]);
            assert!((set.inertia() - swap.inertia).abs() < 1e-9);
            centers[swap.given_up * 6..][..6].copy_from_slice(&candidate);
        }
    }
}
