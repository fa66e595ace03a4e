//! The embeddings of some rows, as the layers take them.
use std::ops::Range;

use crate::arithmetic::integers::IntegerRows;
use crate::arithmetic::{InstructionSet, widen};
use crate::features::{FeatureRows, normalise};

/// What a row consists of: image, text, and their product.
pub(super) const PARTS: usize = 3;

/// Widened embeddings of some rows.
pub(super) struct RowBlock<E> {
    pub(super) rows: usize,
    pub(super) dim: usize,
    /// `[rows, 3 * dim]`: image, text and their product. The product of two f16 is exact in f32.
    pub(super) parts: Vec<E>,
}

impl RowBlock<f32> {
    pub(super) fn load(features: &impl FeatureRows, rows: Range<usize>) -> Self {
        let dim = features.dim();
        let mut parts = vec![0.0f32; rows.len() * 3 * dim];
        for (row, parts) in rows.clone().zip(parts.chunks_exact_mut(3 * dim)) {
            let (image, rest) = parts.split_at_mut(dim);
            let (text, interaction) = rest.split_at_mut(dim);
            widen(features.image(row), image);
            widen(features.text(row), text);
            for ((product, &image), &text) in interaction.iter_mut().zip(&*image).zip(&*text) {
                *product = image * text;
            }
        }
        Self {
            rows: rows.len(),
            dim,
            parts,
        }
    }

    /// The rows as integers.
    pub(super) fn integers(&self, set: InstructionSet) -> IntegerBlock {
        let stride = PARTS * self.dim;
        let part = |nth: usize| {
            let from = self.parts.get(nth * self.dim..).unwrap_or_default();
            IntegerRows::new(set, from, stride, self.dim, self.rows)
        };
        IntegerBlock {
            rows: self.rows,
            parts: [part(0), part(1), part(2)],
        }
    }

    /// The joint features `[rows, 2 * dim]`.
    pub(super) fn joint(&self) -> Vec<f32> {
        let dim = self.dim;
        let mut joint = vec![0.0f32; self.rows * 2 * dim];
        for (to, from) in joint
            .chunks_exact_mut(2 * dim)
            .zip(self.parts.chunks_exact(3 * dim))
        {
            to.copy_from_slice(&from[..2 * dim]);
            normalise(to);
        }
        joint
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
pub(super) struct IntegerBlock {
    pub(super) rows: usize,
    pub(super) parts: [IntegerRows; PARTS],
}
