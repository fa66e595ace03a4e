//! The baseline `k-center`: farthest first, on joint features.
//!
//! # Centres are looked at when they matter
//! A new centre can only bring candidates nearer, so the farthest candidate of a piece, by the
//! centres that the piece has seen, is a bound. Only the piece with the best bound has to see the
//! centres that it missed, all of them in one matrix product. The choice is the same as if every
//! piece saw each centre at once.
use std::ops::ControlFlow;

use crate::arithmetic::{InstructionSet, PANEL, PackedMatrix};
use crate::features::{FeatureRows, joint};
use crate::rng::{Purpose, Rng};
use crate::{Error, Result, parallel};

/// What tells the stream of the first centre from those of other baselines.
const FIRST_CENTER: u64 = 2;

/// Joint features of up to so many bytes are kept; of more, each is made when it is looked at.
const MOST_KEPT_BYTES: usize = 1 << 30;

/// Candidates of one piece.
const ROWS: usize = 64;

/// Pieces that are brought up to date at once.
const PIECES_AT_ONCE: usize = 4;

/// `count` of the candidates: each time the one whose nearest centre is farthest, the earlier
/// candidate on ties. `centers` are centres already; without any, the first one is drawn from the
/// stream of the seed and the cluster.
///
/// Distances are those of joint features; gives places in `candidates`.
///
/// Cost: at most `2 count * candidates * dim` multiplications in f32.
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
    let mut search = Search::new(features, candidates, MOST_KEPT_BYTES);
    for &center in centers {
        search.add_center(center);
    }
    let mut chosen = Vec::with_capacity(count);
    while chosen.len() < count {
        let next = if chosen.is_empty() && centers.is_empty() {
            let stream = Purpose::Baseline;
            Rng::new(seed, stream, cluster as u64, FIRST_CENTER).index(candidates.len())
        } else {
            search.farthest()
        };
        search.leave_out(next);
        search.add_center(candidates[next]);
        chosen.push(next);
        if progress().is_break() {
            return Err(Error::Cancelled);
        }
    }
    Ok(chosen)
}

/// The candidates in pieces, and the centres so far.
struct Search<'a, F> {
    joints: Joints<'a, F>,
    centers: PackedMatrix<f32>,
    pieces: Vec<Piece>,
}

/// Some candidates that stand together.
struct Piece {
    /// Place of the first.
    start: usize,
    /// Largest cosine to a centre that the piece has seen, by candidate. The squared distance of
    /// unit vectors falls as their cosine grows, so this is the nearest centre's. Infinite for
    /// candidates that are chosen.
    nearest: Vec<f32>,
    /// How many centres it has seen.
    seen: usize,
    /// The smallest of `nearest`, and the first place that has it.
    farthest: (f32, usize),
}

impl<'a, F: FeatureRows> Search<'a, F> {
    fn new(features: &'a F, candidates: &'a [usize], most_kept_bytes: usize) -> Self {
        let pieces = (0..candidates.len())
            .step_by(ROWS)
            .map(|start| Piece {
                start,
                nearest: vec![f32::NEG_INFINITY; ROWS.min(candidates.len() - start)],
                seen: 0,
                farthest: (f32::NEG_INFINITY, start),
            })
            .collect();
        Self {
            joints: Joints::new(features, candidates, most_kept_bytes),
            centers: PackedMatrix::new(&[] as &[f32], 0, 2 * features.dim(), |value| value),
            pieces,
        }
    }

    fn add_center(&mut self, row: usize) {
        let mut center = vec![0.0; 2 * self.joints.features.dim()];
        joint(self.joints.features, row, &mut center);
        self.centers.push(&center);
    }

    /// Takes a candidate out of the search.
    fn leave_out(&mut self, place: usize) {
        let piece = &mut self.pieces[place / ROWS];
        piece.nearest[place % ROWS] = f32::INFINITY;
        piece.find_farthest();
    }

    /// The place of the candidate that is farthest from all centres.
    fn farthest(&mut self) -> usize {
        let Self {
            joints,
            centers,
            pieces,
        } = self;
        loop {
            // The pieces with the best bounds, best first.
            let mut best: Vec<usize> = Vec::with_capacity(PIECES_AT_ONCE + 1);
            for number in 0..pieces.len() {
                let bound = |number: usize| pieces[number].farthest;
                let after = best.partition_point(|&other| bound(other) <= bound(number));
                if after < PIECES_AT_ONCE {
                    best.insert(after, number);
                    best.truncate(PIECES_AT_ONCE);
                }
            }
            let first = &pieces[best[0]];
            if first.seen == centers.outputs() {
                return first.farthest.1;
            }
            // Those after the first are likely to be asked next.
            best.sort_unstable();
            let mut stale: Vec<&mut Piece> = Vec::with_capacity(best.len());
            let mut rest = pieces.as_mut_slice();
            let mut before = 0;
            for number in best {
                let (_, from) = rest.split_at_mut(number - before);
                let (piece, after) = from.split_first_mut().expect("a piece's number");
                stale.push(piece);
                (rest, before) = (after, number + 1);
            }
            parallel::map_mut(&mut stale, |_, piece| piece.see(joints, centers));
        }
    }
}

impl Piece {
    /// Looks at the centres that it has not seen.
    fn see<F: FeatureRows>(&mut self, joints: &Joints<'_, F>, centers: &PackedMatrix<f32>) {
        let missed = self.seen..centers.outputs();
        if missed.is_empty() {
            return;
        }
        let panels = missed.start / PANEL..missed.end.div_ceil(PANEL);
        let stride = panels.len() * PANEL;
        let skipped = missed.start - panels.start * PANEL;
        let mut made = vec![];
        let rows = joints.rows(self.start, self.nearest.len(), &mut made);
        let mut cosines = vec![0.0f32; self.nearest.len() * stride];
        let width = centers.inputs();
        let count = self.nearest.len();
        centers.multiply_panels(joints.set, rows, width, count, panels, &mut cosines);
        for (nearest, cosines) in self.nearest.iter_mut().zip(cosines.chunks_exact(stride)) {
            for &cosine in &cosines[skipped..skipped + missed.len()] {
                if cosine > *nearest {
                    *nearest = cosine;
                }
            }
        }
        self.seen = centers.outputs();
        self.find_farthest();
    }

    fn find_farthest(&mut self) {
        let mut farthest = (f32::INFINITY, usize::MAX);
        for (place, &nearest) in (self.start..).zip(&self.nearest) {
            if nearest < farthest.0 {
                farthest = (nearest, place);
            }
        }
        self.farthest = farthest;
    }
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
    fn new(features: &'a F, candidates: &'a [usize], most_kept_bytes: usize) -> Self {
        let width = 2 * features.dim();
        let mut joints = Self {
            features,
            candidates,
            kept: vec![],
            set: InstructionSet::detect(),
        };
        let values = candidates.len() * width;
        if values <= most_kept_bytes / size_of::<f32>() {
            let mut kept = vec![0.0; values];
            parallel::for_each_piece(&mut kept, ROWS * width, |piece, rows| {
                joints.make(piece * ROWS, rows);
            });
            joints.kept = kept;
        }
        joints
    }

    fn make(&self, start: usize, rows: &mut [f32]) {
        let width = 2 * self.features.dim();
        let candidates = &self.candidates[start..];
        for (&candidate, row) in candidates.iter().zip(rows.chunks_exact_mut(width)) {
            joint(self.features, candidate, row);
        }
    }

    /// `[count, 2 dim]` from a place on; made in `made` where they are not kept.
    fn rows<'b>(&'b self, start: usize, count: usize, made: &'b mut Vec<f32>) -> &'b [f32] {
        let width = 2 * self.features.dim();
        if self.kept.is_empty() {
            made.resize(count * width, 0.0);
            self.make(start, made);
            return made;
        }
        &self.kept[start * width..(start + count) * width]
    }
}

#[cfg(test)]
mod tests {
    use half::f16;

    use super::*;
    use crate::features::FeatureMatrix;

    /// Every candidate sees every centre at once.
    fn plain(
        features: &FeatureMatrix,
        candidates: &[usize],
        first: usize,
        count: usize,
    ) -> Vec<usize> {
        let mut search = Search::new(features, candidates, usize::MAX);
        let mut chosen = vec![first];
        search.leave_out(first);
        search.add_center(candidates[first]);
        while chosen.len() < count {
            let (joints, centers) = (&search.joints, &search.centers);
            search
                .pieces
                .iter_mut()
                .for_each(|piece| piece.see(joints, centers));
            let all = search.pieces.iter().flat_map(|piece| &piece.nearest);
            let next = all
                .enumerate()
                .reduce(|far, next| if next.1 < far.1 { next } else { far })
                .expect("candidates")
                .0;
            search.leave_out(next);
            search.add_center(candidates[next]);
            chosen.push(next);
        }
        chosen
    }

    /// Pieces that wait choose as those that do not, and so do rows that are not kept.
    #[test]
    fn waiting_changes_nothing() {
        let (rows, dim) = (1000, 6);
        let mut rng = Rng::new(1, Purpose::Baseline, 0, 0);
        // Few distinct values, so that there are copies and ties.
        let mut half = || -> Vec<f16> {
            let values = (0..rows * dim).map(|_| f16::from_f64(rng.index(3) as f64 - 0.9));
            values.collect()
        };
        let features = FeatureMatrix::new(dim, half(), half()).expect("whole rows");
        let candidates: Vec<usize> = (0..rows).filter(|row| row % 7 != 3).collect();
        let count = 400;
        let go_on = &mut || ControlFlow::Continue(());
        let chosen = k_center(&features, &candidates, &[], count, (42, 5), go_on).expect("chosen");
        assert_eq!(chosen, plain(&features, &candidates, chosen[0], count));
        let mut made = Search::new(&features, &candidates, 0);
        for &place in &chosen {
            if made.centers.outputs() > 0 {
                assert_eq!(made.farthest(), place);
            }
            made.leave_out(place);
            made.add_center(candidates[place]);
        }
    }
}
