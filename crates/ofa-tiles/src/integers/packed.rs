//! Matrices of limbs, and the product of two.
use std::marker::PhantomData;

use super::kernel::join;
use super::limbs::{DEPTH, Limbs, MAX_DEPTH, SIDE, Tile, pack};
use crate::Tiles;
use crate::configuration::Configured;

/// One side of products, cut into limbs and laid out as tiles take it.
#[derive(Debug, Clone)]
pub(super) struct Packed<T> {
    tiles: Tiles,
    rows: usize,
    depth: usize,
    /// `[rows / 16, depth / 64, limbs]`.
    limbs: Vec<Tile>,
    kind: PhantomData<T>,
}

impl<T: Limbs> Packed<T> {
    /// Nothing yet.
    pub(super) fn empty(tiles: Tiles) -> Self {
        Self {
            tiles,
            rows: 0,
            depth: 0,
            limbs: Vec::new(),
            kind: PhantomData,
        }
    }

    /// Becomes a left side: `rows` rows of `depth` values, `stride` apart.
    ///
    /// What was there before may remain where a tile is not filled. It is multiplied by the zeros that fill the right
    /// side, or is in rows that nobody asks for.
    pub(super) fn refill(&mut self, values: &[T], stride: usize, depth: usize, rows: usize) {
        assert!(depth <= MAX_DEPTH, "sums of limbs would leave 32 bits");
        let tiles = rows.div_ceil(SIDE) * depth.div_ceil(DEPTH) * T::LIMBS;
        self.limbs.resize(tiles, Tile::ZERO);
        (self.rows, self.depth) = (rows, depth);
        if depth > 0 && rows > 0 {
            assert!(
                stride >= depth && values.len() >= (rows - 1) * stride + depth,
                "rows overlap, or there are too few values"
            );
            pack(values, stride, depth, rows, &mut self.limbs);
        }
    }

    /// The right side of `x @ weight^T`, from `[columns, depth]` values.
    pub(super) fn right(tiles: Tiles, weight: &[T], columns: usize, depth: usize) -> Self {
        assert_eq!(
            weight.len(),
            columns * depth,
            "weight must be [columns, depth]"
        );
        let mut side = Self::empty(tiles);
        side.refill(weight, depth, depth, columns);
        side.limbs.iter_mut().for_each(Tile::turn);
        side
    }

    /// `result = left @ self^T`, for a right side; what stands between rows of the result is left as it is.
    pub(super) fn multiply(&self, left: &Self, result: &mut [T::Product], stride: usize) {
        let (rows, columns) = (left.rows, self.rows);
        if rows == 0 || columns == 0 {
            return;
        }
        assert_eq!(left.depth, self.depth, "as many values on either side");
        assert!(
            stride >= columns && result.len() >= (rows - 1) * stride + columns,
            "rows overlap, or the result is too short"
        );
        if self.depth == 0 {
            for row in result.chunks_mut(stride).take(rows) {
                row[..columns].fill(T::Product::default());
            }
            return;
        }
        let steps = self.depth.div_ceil(DEPTH);
        let per_side = steps * T::LIMBS;
        let configured = Configured::new(self.tiles);
        let mut sums = T::Sums::default();
        // A tile's width of columns stays in the first-level cache for all rows.
        for (nth, right) in self.limbs.chunks_exact(per_side).enumerate() {
            let column = nth * SIDE;
            let width = SIDE.min(columns - column);
            for (nth, left) in left.limbs.chunks_exact(per_side).enumerate() {
                T::sum(&configured, left, right, steps, &mut sums);
                let row = nth * SIDE;
                let height = SIDE.min(rows - row);
                let result = &mut result[row * stride + column..];
                join::<T>(&sums, height, width, result, stride);
            }
        }
    }
}
