//! All rows along the sample's axes, and the two directions among these in which they differ most.
use super::axes::{AXES, Leading, combined};
use super::{Projection, centered};
use crate::arithmetic::{InstructionSet, PANEL, PackedMatrix, sum_of_squares};
use crate::features::FeatureRows;
use crate::{Result, parallel};

/// Rows whose sums are taken together. Part of the result.
const PIECE: usize = 256;

/// Pieces of a step.
const PIECES_AT_ONCE: usize = 8;

/// Rows along the axes, so far.
#[derive(Debug)]
pub(super) struct Turned {
    dim: usize,
    center: Vec<f32>,
    /// `[axes, dim]`.
    vectors: Vec<f64>,
    right: PackedMatrix<f32>,
    /// `[rows, AXES]`.
    along: Vec<f32>,
    sums: Sums,
}

/// Sums over rows around the center.
#[derive(Debug)]
struct Sums {
    /// Of each axis.
    along: Vec<f64>,
    /// `[AXES, AXES]`: of the products of each two axes.
    products: Vec<f64>,
    /// Of each column of the features.
    columns: Vec<f64>,
    /// Of all squares.
    squares: f64,
}

impl Sums {
    fn new(dim: usize) -> Self {
        Self {
            along: vec![0.0; AXES],
            products: vec![0.0; AXES * AXES],
            columns: vec![0.0; dim],
            squares: 0.0,
        }
    }

    fn add(&mut self, other: &Self) {
        let lists = [
            (&mut self.along, &other.along),
            (&mut self.products, &other.products),
            (&mut self.columns, &other.columns),
        ];
        for (sums, others) in lists {
            for (sum, other) in sums.iter_mut().zip(others) {
                *sum += other;
            }
        }
        self.squares += other.squares;
    }
}

impl Turned {
    /// Takes the axes, orthonormal, and the point that they were found around.
    pub(super) fn new(vectors: Vec<f64>, center: Vec<f32>) -> Self {
        let dim = center.len();
        let right = PackedMatrix::new(&vectors, vectors.len() / dim, dim, |value| value as f32);
        debug_assert_eq!(right.padded_outputs(), AXES);
        Self {
            dim,
            center,
            vectors,
            right,
            along: Vec::new(),
            sums: Sums::new(dim),
        }
    }

    /// Goes some rows further and says how many are done; `None` once all are.
    pub(super) fn step(
        &mut self,
        set: InstructionSet,
        features: &impl FeatureRows,
        rows: &[usize],
    ) -> Result<Option<usize>> {
        let done = self.along.len() / AXES;
        if done == rows.len() {
            return Ok(None);
        }
        self.along
            .reserve_exact(rows.len() * AXES - self.along.len());
        let step = &rows[done..rows.len().min(done + PIECES_AT_ONCE * PIECE)];
        let pieces = parallel::map(step.len().div_ceil(PIECE), |piece| {
            let rows = &step[piece * PIECE..step.len().min((piece + 1) * PIECE)];
            self.piece(set, features, rows)
        });
        for piece in pieces {
            let (along, sums) = piece?;
            self.along.extend(along);
            self.sums.add(&sums);
        }
        Ok(Some(self.along.len() / AXES))
    }

    fn piece(
        &self,
        set: InstructionSet,
        features: &impl FeatureRows,
        rows: &[usize],
    ) -> Result<(Vec<f32>, Sums)> {
        let mut joints = vec![0.0f32; rows.len() * self.dim];
        centered(features, rows, &self.center, &mut joints)?;
        let mut along = vec![0.0f32; rows.len() * AXES];
        (self.right).multiply(set, &joints, self.dim, rows.len(), &mut along);
        let mut sums = Sums::new(self.dim);
        for joint in joints.chunks_exact(self.dim) {
            for (sum, value) in sums.columns.iter_mut().zip(joint) {
                *sum += f64::from(*value);
            }
            sums.squares += sum_of_squares(joint);
        }
        for row in along.chunks_exact(AXES) {
            let row: [f64; AXES] = std::array::from_fn(|axis| f64::from(row[axis]));
            for (axis, value) in row.iter().enumerate() {
                sums.along[axis] += value;
                let products = &mut sums.products[axis * AXES..(axis + 1) * AXES];
                for (sum, other) in products.iter_mut().zip(&row) {
                    *sum += value * other;
                }
            }
        }
        Ok((along, sums))
    }

    /// The coordinates, once all rows are turned.
    pub(super) fn finish(&mut self) -> Projection {
        let rows = self.along.len() / AXES;
        let count = (rows as f64).max(1.0);
        let axes = self.vectors.len() / self.dim;
        let mean: Vec<f64> = self.sums.along.iter().map(|sum| sum / count).collect();
        let mut covariance = vec![0.0; axes * axes];
        for i in 0..axes {
            for j in 0..axes {
                let product = self.sums.products[i * AXES + j] / count;
                covariance[i * axes + j] = product - mean[i] * mean[j];
            }
        }
        let columns = (self.sums.columns.iter()).map(|sum| (sum / count) * (sum / count));
        let variance = self.sums.squares / count - columns.sum::<f64>();
        let leading = Leading::of(InstructionSet::Baseline, covariance, axes);
        let mut turns = leading.vectors;
        turns.truncate(2 * axes);
        let vectors = combined(&turns, &self.vectors, self.dim);
        for (turn, vector) in turns
            .chunks_exact_mut(axes)
            .zip(vectors.chunks_exact(self.dim))
        {
            if points_back(vector) {
                turn.iter_mut().for_each(|weight| *weight = -*weight);
            }
        }
        let along = std::mem::take(&mut self.along);
        let mut coordinates = Vec::with_capacity(2 * rows);
        for row in along.chunks_exact(AXES) {
            for turn in turns.chunks_exact(axes) {
                let terms = turn.iter().zip(row).zip(&mean);
                let place = terms.fold(0.0, |sum, ((weight, value), mean)| {
                    sum + weight * (f64::from(*value) - mean)
                });
                coordinates.push(place as f32);
            }
        }
        // Rows that are all the same have none.
        let share = |nth: usize| match variance > 0.0 {
            true => (leading.values[nth] / variance).clamp(0.0, 1.0),
            false => 0.0,
        };
        Projection {
            coordinates,
            explained: [share(0), share(1)],
        }
    }
}

/// Whether the largest loading of an axis, the first of them, is negative.
fn points_back(vector: &[f64]) -> bool {
    let largest = vector.iter().fold(0.0f64, |largest, &value| {
        if value.abs() > largest.abs() {
            value
        } else {
            largest
        }
    });
    largest < 0.0
}

const _: () = assert!(AXES == PANEL, "a row along the axes is one panel wide");
