//! The rows that centres are placed on.
use super::JointRows;
use crate::arithmetic::{InstructionSet, PANEL, PackedMatrix, sum_of_squares};
use crate::features::FeatureRows;
use crate::parallel;

/// Sample rows whose distances are computed together.
pub(super) const PIECE: usize = 8 * PANEL;

/// A sample of joint features, held as the right side of products: one column a row.
pub(super) struct Sample {
    pub(super) rows: Vec<usize>,
    columns: PackedMatrix<f32>,
    squared_norms: Vec<f64>,
}

impl Sample {
    pub(super) fn new<F: FeatureRows>(rows: &JointRows<'_, F>, chosen: Vec<usize>) -> Self {
        let dim = rows.dim();
        let mut panels = vec![0.0f32; chosen.len().div_ceil(PANEL) * PANEL * dim];
        parallel::for_each_piece(&mut panels, PANEL * dim, |panel, columns| {
            let start = panel * PANEL;
            let chosen = &chosen[start..chosen.len().min(start + PANEL)];
            let mut joints = vec![0.0f32; chosen.len() * dim];
            rows.gather(chosen, &mut joints);
            for (column, joint) in joints.chunks_exact(dim).enumerate() {
                for (slot, &value) in columns[column..].iter_mut().step_by(PANEL).zip(joint) {
                    *slot = value;
                }
            }
        });
        let squared_norms = parallel::map(chosen.len().div_ceil(PIECE), |piece| {
            let start = piece * PIECE;
            let mut joint = vec![0.0f32; dim];
            let norms = chosen[start..chosen.len().min(start + PIECE)]
                .iter()
                .map(|&row| {
                    rows.gather(&[row], &mut joint);
                    sum_of_squares(&joint)
                });
            norms.collect::<Vec<f64>>()
        })
        .concat();
        let columns = PackedMatrix::from_panels(panels, chosen.len(), dim);
        Self {
            rows: chosen,
            columns,
            squared_norms,
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
        let dim = self.columns.inputs();
        let count = candidates.len() / dim;
        let norms: Vec<f64> = candidates.chunks_exact(dim).map(sum_of_squares).collect();
        let panels = self.columns.padded_outputs() / PANEL;
        parallel::for_each_piece(distances, count * PIECE, |piece, distances| {
            let from = piece * PIECE / PANEL;
            let to = panels.min(from + PIECE / PANEL);
            let width = (to - from) * PANEL;
            let mut products = vec![0.0f32; count * width];
            self.columns
                .multiply_panels(set, candidates, dim, count, from..to, &mut products);
            let start = piece * PIECE;
            let end = self.len().min(start + PIECE);
            let of_candidates = products
                .chunks_exact(width)
                .zip(distances.chunks_mut(end - start));
            for (candidate, (products, distances)) in of_candidates.enumerate() {
                let norm = norms[candidate];
                let closest = &closest[candidate / trials][start..end];
                let columns = products.iter().zip(&self.squared_norms[start..end]);
                for ((distance, (&product, &row_norm)), &closest) in
                    distances.iter_mut().zip(columns).zip(closest)
                {
                    let to_candidate = (row_norm + norm) - 2.0 * f64::from(product);
                    let to_candidate = if to_candidate > 0.0 {
                        to_candidate
                    } else {
                        0.0
                    };
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
        let count = candidates.len() / self.columns.inputs();
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
