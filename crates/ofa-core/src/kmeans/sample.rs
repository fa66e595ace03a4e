//! The rows that centres are placed on.
use super::JointRows;
use crate::arithmetic::quantised::{LENGTH, pairs_of, quantise, squared_length};
use crate::arithmetic::{InstructionSet, PANEL, PackedMatrix};
use crate::features::FeatureRows;
use crate::parallel;

/// Sample rows whose distances are computed together.
pub(super) const PIECE: usize = 8 * PANEL;

/// Squared lengths and products of joint features as integers, times this, are those of the features.
const UNIT: f64 = 1.0 / (LENGTH as f64 * LENGTH as f64);

/// A sample of joint features as integers, held as the right side of products: one column a row.
///
/// A joint feature is no longer than 1, so that its values times [`LENGTH`] are what the integers
/// are made for. Between such rows squared distances are exact; they are some 1e-5 off those between
/// the features, of which centres are drawn and valued here, and nothing else.
pub(super) struct Sample {
    pub(super) rows: Vec<usize>,
    columns: PackedMatrix<i32>,
    squared_lengths: Vec<i32>,
    /// Width of a joint feature.
    dim: usize,
}

/// Joint features as integers, with their squared lengths.
struct Integers {
    pairs: Vec<i32>,
    squared_lengths: Vec<i32>,
}

impl Integers {
    fn of(joints: &[f32], dim: usize) -> Self {
        let width = pairs_of(dim);
        let mut pairs = vec![0i32; joints.len() / dim * width];
        for (joint, pairs) in joints.chunks_exact(dim).zip(pairs.chunks_exact_mut(width)) {
            quantise(joint, LENGTH, pairs);
        }
        let squared_lengths = pairs.chunks_exact(width).map(squared_length).collect();
        Self {
            pairs,
            squared_lengths,
        }
    }
}

impl Sample {
    pub(super) fn new<F: FeatureRows>(rows: &JointRows<'_, F>, chosen: Vec<usize>) -> Self {
        let dim = rows.dim();
        let pieces = parallel::map(chosen.len().div_ceil(PIECE), |piece| {
            let start = piece * PIECE;
            let chosen = &chosen[start..chosen.len().min(start + PIECE)];
            let mut joints = vec![0.0f32; chosen.len() * dim];
            rows.gather(chosen, &mut joints);
            Integers::of(&joints, dim)
        });
        let (mut pairs, mut squared_lengths) = (Vec::new(), Vec::new());
        for piece in pieces {
            pairs.extend(piece.pairs);
            squared_lengths.extend(piece.squared_lengths);
        }
        Self {
            columns: PackedMatrix::new(&pairs, chosen.len(), pairs_of(dim), |pair| pair),
            rows: chosen,
            squared_lengths,
            dim,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// For each candidate, the squared distance of every sample row to the nearer of the
    /// candidate and the centres so far of its initialisation, of which there are `trials`
    /// candidates each: pieces of [`PIECE`] rows, in each the candidates one after the other.
    pub(super) fn distances_with(
        &self,
        set: InstructionSet,
        candidates: &[f32],
        trials: usize,
        closest: &[Vec<f64>],
        distances: &mut [f64],
    ) {
        let width = self.columns.inputs();
        let candidates = Integers::of(candidates, self.dim);
        let count = candidates.squared_lengths.len();
        let panels = self.columns.padded_outputs() / PANEL;
        parallel::for_each_piece(distances, count * PIECE, |piece, distances| {
            let from = piece * PIECE / PANEL;
            let to = panels.min(from + PIECE / PANEL);
            let columns = (to - from) * PANEL;
            let mut products = vec![0i32; count * columns];
            let left = &candidates.pairs;
            self.columns
                .multiply_panels(set, left, width, count, from..to, &mut products);
            let start = piece * PIECE;
            let end = self.len().min(start + PIECE);
            let of_candidates = products
                .chunks_exact(columns)
                .zip(distances.chunks_mut(end - start));
            for (candidate, (products, distances)) in of_candidates.enumerate() {
                let length = f64::from(candidates.squared_lengths[candidate]);
                let closest = &closest[candidate / trials][start..end];
                let columns = products.iter().zip(&self.squared_lengths[start..end]);
                for ((distance, (&product, &of_row)), &closest) in
                    distances.iter_mut().zip(columns).zip(closest)
                {
                    // Integers, and so exact.
                    let squared = (f64::from(of_row) + length) - 2.0 * f64::from(product);
                    let to_candidate = squared * UNIT;
                    *distance = if to_candidate < closest {
                        to_candidate
                    } else {
                        closest
                    };
                }
            }
        });
    }

    /// The squared distance of every sample row to each of the candidates, one list a candidate.
    pub(super) fn distances(&self, set: InstructionSet, candidates: &[f32]) -> Vec<Vec<f32>> {
        let count = candidates.len() / self.dim;
        let mut distances = vec![0.0f64; count * self.len()];
        let nothing_near = [vec![f64::INFINITY; self.len()]];
        self.distances_with(set, candidates, count, &nothing_near, &mut distances);
        parallel::map(count, |candidate| {
            of_candidate(&distances, count, candidate)
                .flatten()
                .map(|&distance| distance as f32)
                .collect()
        })
    }
}

/// The distances of one candidate from what [`Sample::distances_with`] filled, by piece.
pub(super) fn of_candidate(
    distances: &[f64],
    candidates: usize,
    candidate: usize,
) -> impl Iterator<Item = &[f64]> {
    distances.chunks(candidates * PIECE).map(move |piece| {
        let width = piece.len() / candidates;
        &piece[candidate * width..(candidate + 1) * width]
    })
}
