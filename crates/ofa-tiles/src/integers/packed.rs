//! Matrices of limbs, and the product of two.
use std::marker::PhantomData;

use super::limbs::{DEPTH, Limbs, MAX_DEPTH, SIDE, Tile, pack};
use crate::Tiles;
use crate::configuration::Configured;

/// The right side of products `x @ weight^T`, cut into limbs and laid out as tiles take it.
#[derive(Debug, Clone)]
pub(super) struct Packed<T> {
    tiles: Tiles,
    columns: usize,
    depth: usize,
    /// `[columns / 16, depth / 64, limbs]`.
    packed: Vec<Tile>,
    kind: PhantomData<T>,
}

impl<T: Limbs> Packed<T> {
    /// Packs `[columns, depth]` values.
    pub(super) fn new(tiles: Tiles, weight: &[T], columns: usize, depth: usize) -> Self {
        assert_eq!(weight.len(), columns * depth, "weight must be [columns, depth]");
        assert!(depth <= MAX_DEPTH, "sums of limbs would leave 32 bits");
        let per_tile_of_columns = depth.div_ceil(DEPTH) * T::LIMBS;
        let mut packed = vec![Tile::ZERO; columns.div_ceil(SIDE) * per_tile_of_columns];
        if depth > 0 {
            pack(weight, depth, depth, columns, &mut packed);
            packed.iter_mut().for_each(Tile::turn);
        }
        Self {
            tiles,
            columns,
            depth,
            packed,
            kind: PhantomData,
        }
    }

    /// `result = x @ weight^T`, exactly; what stands between rows of the result is left as it is.
    pub(super) fn multiply(
        &self,
        x: &[T],
        x_stride: usize,
        rows: usize,
        result: &mut [T::Product],
        stride: usize,
    ) {
        if rows == 0 || self.columns == 0 {
            return;
        }
        assert!(x_stride >= self.depth && stride >= self.columns, "rows overlap");
        assert!(x.len() >= (rows - 1) * x_stride + self.depth, "left side is too short");
        assert!(result.len() >= (rows - 1) * stride + self.columns, "result is too short");
        if self.depth == 0 {
            for row in result.chunks_mut(stride) {
                row[..self.columns].fill(T::Product::default());
            }
            return;
        }
        let steps = self.depth.div_ceil(DEPTH);
        let per_side = steps * T::LIMBS;
        let mut left = vec![Tile::ZERO; rows.div_ceil(SIDE) * per_side];
        pack(x, x_stride, self.depth, rows, &mut left);
        let configured = Configured::new(self.tiles);
        let mut sums = T::Sums::default();
        // A tile's width of columns stays in the first-level cache for all rows.
        for (nth, right) in self.packed.chunks_exact(per_side).enumerate() {
            let column = nth * SIDE;
            let width = SIDE.min(self.columns - column);
            for (nth, left) in left.chunks_exact(per_side).enumerate() {
                T::sum(&configured, left, right, steps, &mut sums);
                let row = nth * SIDE;
                let height = SIDE.min(rows - row);
                T::join(&sums, height, width, &mut result[row * stride + column..], stride);
            }
        }
    }
}
