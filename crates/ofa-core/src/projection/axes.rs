//! The leading eigenvectors of the sample's covariance, by subspace iteration.
use super::SEED;
use super::turned::Turned;
use crate::arithmetic::{InstructionSet, PANEL, PackedMatrix, dot_wide};
use crate::dpp::eigen::Eigen;
use crate::rng::{Purpose, Rng};

/// Axes that are looked for: as many as a product computes at once.
pub(super) const AXES: usize = PANEL;

/// Steps after which the axes are taken as they are. Ten are usual; only where the thirty-third axis
/// tells as much as the second are there more, and then no two axes tell more than others.
const MOST_STEPS: usize = 60;

/// The error of the first two axes, beside the first eigenvalue, that ends the iteration.
const TOLERANCE: f64 = 1e-9;

/// An iteration that is under way.
#[derive(Debug)]
pub(super) struct Axes {
    dim: usize,
    center: Vec<f32>,
    covariance: PackedMatrix<f64>,
    /// `[axes, dim]`, orthonormal.
    vectors: Vec<f64>,
    steps: usize,
    finished: bool,
}

impl Axes {
    /// Takes the covariance `[dim, dim]`, and the point that it was taken around.
    pub(super) fn new(covariance: &[f64], dim: usize, center: Vec<f32>) -> Self {
        let mut rng = Rng::new(SEED, Purpose::Projection, 1, 0);
        let mut vectors: Vec<f64> = (0..dim.min(AXES) * dim)
            .map(|_| rng.unit_f64() - 0.5)
            .collect();
        orthonormalise(&mut vectors, dim);
        Self {
            dim,
            center,
            covariance: PackedMatrix::new(covariance, dim, dim, |value| value),
            vectors,
            steps: 0,
            finished: false,
        }
    }

    /// Goes a step further and says how far it is at least, from 0 to 1; `None` once the axes are
    /// found.
    pub(super) fn step(&mut self, set: InstructionSet) -> Option<f64> {
        if self.finished {
            return None;
        }
        let (dim, count) = (self.dim, self.vectors.len() / self.dim);
        let width = self.covariance.padded_outputs();
        let mut padded = vec![0.0; count * width];
        (self.covariance).multiply(set, &self.vectors, dim, count, &mut padded);
        let images: Vec<f64> = padded
            .chunks_exact(width)
            .flat_map(|image| &image[..dim])
            .copied()
            .collect();
        let mut inner = vec![0.0; count * count];
        for (i, vector) in self.vectors.chunks_exact(dim).enumerate() {
            for (j, image) in images.chunks_exact(dim).enumerate().take(i + 1) {
                let value = dot_wide(vector, image);
                inner[i * count + j] = value;
                inner[j * count + i] = value;
            }
        }
        let leading = Leading::of(set, inner, count);
        let vectors = combined(&leading.vectors, &self.vectors, dim);
        let mut images = combined(&leading.vectors, &images, dim);
        let first = leading.values[0];
        let error = (vectors.chunks_exact(dim).zip(images.chunks_exact(dim)))
            .zip(&leading.values)
            .take(2)
            .map(|((vector, image), value)| {
                let off: Vec<f64> = (vector.iter().zip(image))
                    .map(|(vector, image)| image - value * vector)
                    .collect();
                dot_wide(&off, &off).sqrt()
            })
            .fold(0.0, f64::max);
        self.steps += 1;
        self.finished = error <= TOLERANCE * first || self.steps == MOST_STEPS;
        self.vectors = if self.finished {
            vectors
        } else {
            orthonormalise(&mut images, dim);
            images
        };
        Some((self.steps as f64 / MOST_STEPS as f64).min(1.0))
    }

    /// What turns rows onto the axes.
    pub(super) fn turn(&mut self) -> Turned {
        let center = std::mem::take(&mut self.center);
        Turned::new(std::mem::take(&mut self.vectors), center)
    }
}

/// Eigenvectors of a small symmetric matrix, those of the largest eigenvalues first.
pub(super) struct Leading {
    pub(super) values: Vec<f64>,
    /// `[n, n]`: row `i` belongs to value `i`.
    pub(super) vectors: Vec<f64>,
}

impl Leading {
    pub(super) fn of(set: InstructionSet, matrix: Vec<f64>, n: usize) -> Self {
        let found =
            Eigen::of(set, matrix, n).expect("the covariance of finite rows has eigenvectors");
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|&a, &b| found.values[b].total_cmp(&found.values[a]));
        Self {
            values: order.iter().map(|&nth| found.values[nth]).collect(),
            vectors: order
                .iter()
                .flat_map(|&nth| &found.vectors[nth * n..(nth + 1) * n])
                .copied()
                .collect(),
        }
    }
}

/// `weights [m, n] @ rows [n, dim]`, each sum in the order of the rows.
pub(super) fn combined(weights: &[f64], rows: &[f64], dim: usize) -> Vec<f64> {
    let count = rows.len() / dim;
    let mut result = vec![0.0; weights.len() / count * dim];
    for (weights, sums) in weights
        .chunks_exact(count)
        .zip(result.chunks_exact_mut(dim))
    {
        for (weight, row) in weights.iter().zip(rows.chunks_exact(dim)) {
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum += weight * value;
            }
        }
    }
    result
}

/// Makes rows orthonormal, the first ones first; one that depends on those before it becomes zeros.
fn orthonormalise(rows: &mut [f64], dim: usize) {
    /// What is left of a row that depends on others is rounding.
    const NOTHING: f64 = 1e-13;

    for nth in 0..rows.len() / dim {
        let (before, rest) = rows.split_at_mut(nth * dim);
        let row = &mut rest[..dim];
        let length = dot_wide(row, row).sqrt();
        // Twice, because the first time leaves rounding of the size of what is taken away.
        for _ in 0..2 {
            for other in before.chunks_exact(dim) {
                let along = dot_wide(row, other);
                for (value, other) in row.iter_mut().zip(other) {
                    *value -= along * other;
                }
            }
        }
        let left = dot_wide(row, row).sqrt();
        let scale = if left > NOTHING * length {
            1.0 / left
        } else {
            0.0
        };
        for value in row {
            *value *= scale;
        }
    }
}
