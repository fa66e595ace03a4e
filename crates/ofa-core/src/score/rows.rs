//! The embeddings of some rows, as the layers take them.
use std::ops::Range;

use crate::arithmetic::integers::IntegerRows;
use crate::arithmetic::{InstructionSet, for_each_width, widen};
use crate::features::{FeatureRows, normalise};

/// What a row consists of: image, text, and their product.
pub(super) const PARTS: usize = 3;

/// Widened embeddings of some rows.
#[derive(Default)]
pub(super) struct RowBlock<E> {
    pub(super) rows: usize,
    pub(super) dim: usize,
    /// `[rows, 3 * dim]`: image, text and their product. The product of two f16 is exact in f32.
    pub(super) parts: Vec<E>,
}

impl RowBlock<f32> {
    /// Takes these rows in place of those that were there.
    pub(super) fn load(&mut self, features: &impl FeatureRows, rows: Range<usize>) {
        let dim = features.dim();
        (self.rows, self.dim) = (rows.len(), dim);
        self.parts.resize(rows.len() * PARTS * dim, 0.0);
        for (row, parts) in rows.zip(self.parts.chunks_exact_mut(PARTS * dim)) {
            let (image, rest) = parts.split_at_mut(dim);
            let (text, interaction) = rest.split_at_mut(dim);
            widen(features.image(row), image);
            widen(features.text(row), text);
            multiply_each(image, text, interaction);
        }
    }

    /// Writes the joint features `[rows, 2 * dim]`.
    pub(super) fn write_joint(&self, joint: &mut Vec<f32>) {
        let dim = self.dim;
        joint.resize(self.rows * 2 * dim, 0.0);
        for (to, from) in joint
            .chunks_exact_mut(2 * dim)
            .zip(self.parts.chunks_exact(3 * dim))
        {
            to.copy_from_slice(&from[..2 * dim]);
            normalise(to);
        }
    }

    /// Some of the rows in f64.
    pub(super) fn widened(&self, rows: &[usize]) -> RowBlock<f64> {
        let width = 3 * self.dim;
        RowBlock {
            rows: rows.len(),
            dim: self.dim,
            parts: rows
                .iter()
                .flat_map(|&row| &self.parts[row * width..(row + 1) * width])
                .map(|&value| f64::from(value))
                .collect(),
        }
    }
}

/// Embeddings of some rows as integers: image, text and their product, each with units of its own.
#[derive(Default)]
pub(super) struct IntegerBlock {
    pub(super) rows: usize,
    pub(super) parts: [IntegerRows; PARTS],
}

impl IntegerBlock {
    /// Takes these rows in place of those that were there.
    pub(super) fn refill(&mut self, set: InstructionSet, block: &RowBlock<f32>) {
        let (dim, stride) = (block.dim, PARTS * block.dim);
        self.rows = block.rows;
        for (nth, part) in self.parts.iter_mut().enumerate() {
            let from = block.parts.get(nth * dim..).unwrap_or_default();
            part.refill(set, from, stride, dim, block.rows);
        }
    }
}

for_each_width! {
    /// `to = x * y`, number by number.
    fn multiply_each(x: &[f32], y: &[f32], to: &mut [f32]) {
        products
    }
}

#[inline(always)]
fn products(x: &[f32], y: &[f32], to: &mut [f32]) {
    for ((to, x), y) in to.iter_mut().zip(x).zip(y) {
        *to = x * y;
    }
}
