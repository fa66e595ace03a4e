//! The baseline `k-center`: farthest first, on joint features.
use std::borrow::Cow;
use std::ops::ControlFlow;

use crate::arithmetic::{InstructionSet, dot_f32};
use crate::features::{FeatureRows, joint};
use crate::rng::{Purpose, Rng};
use crate::{Error, Result, parallel};

/// What tells the stream of the first centre from those of other baselines.
const FIRST_CENTER: u64 = 2;

/// Joint features of up to so many bytes are kept; of more, each is made when it is looked at.
const MOST_KEPT_BYTES: usize = 1 << 30;

/// Candidates of one piece of parallel work.
const ROWS: usize = 256;

/// `count` of the candidates: each time the one whose nearest centre is farthest, the earlier
/// candidate on ties. `centers` are centres already; without any, the first one is drawn from the
/// stream of the seed and the cluster.
///
/// Distances are those of joint features; gives places in `candidates`.
///
/// Cost: `2 count * candidates * dim` multiplications in f32.
///
/// # Errors
/// [`Error::Cancelled`] where `progress`, which is called with each centre, breaks.
pub(super) fn k_center(
    features: &impl FeatureRows,
    candidates: &[usize],
    centers: &[usize],
    count: usize,
    (seed, cluster): (u64, usize),
    progress: &mut dyn FnMut() -> ControlFlow<()>,
) -> Result<Vec<usize>> {
    let joints = Joints::new(features, candidates);
    // The squared distance of unit vectors falls as their cosine grows, so the nearest centre is
    // the one of the largest cosine.
    let mut nearest = vec![f64::NEG_INFINITY; candidates.len()];
    for &center in centers {
        let mut row = vec![0.0; 2 * features.dim()];
        joint(features, center, &mut row);
        joints.raise(&row, &mut nearest);
    }
    let mut is_chosen = vec![false; candidates.len()];
    let mut chosen = Vec::with_capacity(count);
    while chosen.len() < count {
        let next = if chosen.is_empty() && centers.is_empty() {
            let stream = Purpose::Baseline;
            Rng::new(seed, stream, cluster as u64, FIRST_CENTER).index(candidates.len())
        } else {
            (0..candidates.len())
                .filter(|&place| !is_chosen[place])
                .reduce(|far, place| match nearest[place] < nearest[far] {
                    true => place,
                    false => far,
                })
                .expect("fewer are chosen than there are candidates")
        };
        is_chosen[next] = true;
        chosen.push(next);
        if chosen.len() < count {
            joints.raise(&joints.row(next), &mut nearest);
        }
        if progress().is_break() {
            return Err(Error::Cancelled);
        }
    }
    Ok(chosen)
}

/// The joint features of the candidates.
struct Joints<'a, F> {
    features: &'a F,
    candidates: &'a [usize],
    /// `[candidates, 2 dim]`; empty where that would be too much.
    kept: Vec<f32>,
    set: InstructionSet,
}

impl<'a, F: FeatureRows> Joints<'a, F> {
    fn new(features: &'a F, candidates: &'a [usize]) -> Self {
        let width = 2 * features.dim();
        let mut kept = vec![];
        let values = candidates.len() * width;
        if values <= MOST_KEPT_BYTES / size_of::<f32>() {
            kept.resize(values, 0.0);
            parallel::for_each_piece(&mut kept, ROWS * width, |piece, rows| {
                let candidates = &candidates[piece * ROWS..];
                for (&candidate, row) in candidates.iter().zip(rows.chunks_exact_mut(width)) {
                    joint(features, candidate, row);
                }
            });
        }
        Self {
            features,
            candidates,
            kept,
            set: InstructionSet::detect(),
        }
    }

    fn row(&self, place: usize) -> Cow<'_, [f32]> {
        let width = 2 * self.features.dim();
        if self.kept.is_empty() {
            let mut row = vec![0.0; width];
            joint(self.features, self.candidates[place], &mut row);
            return Cow::Owned(row);
        }
        Cow::Borrowed(&self.kept[place * width..][..width])
    }

    /// Raises each candidate's largest cosine to that with one more centre.
    fn raise(&self, center: &[f32], nearest: &mut [f64]) {
        parallel::for_each_piece(nearest, ROWS, |piece, nearest| {
            for (place, nearest) in (piece * ROWS..).zip(nearest) {
                let cosine = dot_f32(self.set, &self.row(place), center);
                if cosine > *nearest {
                    *nearest = cosine;
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use half::f16;

    use super::*;
    use crate::features::FeatureMatrix;

    /// Rows that are made when they are looked at are those that are kept.
    #[test]
    fn both_ways_to_a_row_give_the_same() {
        let mut rng = Rng::new(1, Purpose::Baseline, 0, 0);
        let mut half = || {
            (0..60)
                .map(|_| f16::from_f64(rng.unit_f64() - 0.5))
                .collect()
        };
        let features = FeatureMatrix::new(6, half(), half()).expect("whole rows");
        let candidates = [3, 4, 9];
        let kept = Joints::new(&features, &candidates);
        let made = Joints {
            kept: vec![],
            ..Joints::new(&features, &candidates)
        };
        let (mut one, mut other) = ([f64::NEG_INFINITY; 3], [f64::NEG_INFINITY; 3]);
        for place in 0..3 {
            assert_eq!(kept.row(place), made.row(place));
            kept.raise(&kept.row(place), &mut one);
            made.raise(&made.row(place), &mut other);
            assert_eq!(one, other);
        }
    }
}
