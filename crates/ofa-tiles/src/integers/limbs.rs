//! Integers as bytes in tiles.
use super::kernel::{self, Sums16, Sums24};
use crate::configuration::{Configured, TILE_ROW_BYTES, TILE_ROWS};

/// Columns of a tile of results, and rows of one.
pub(super) const SIDE: usize = TILE_ROWS;

/// Bytes of a limb that a tile holds of one row or column: how many values are multiplied at a time.
pub(super) const DEPTH: usize = TILE_ROW_BYTES;

/// The most values whose products are added up: sums of products of three pairs of bytes stay below 2^31.
pub const MAX_DEPTH: usize = 10_000;

/// What a tile register holds, as it stands in memory: 16 rows of 64 bytes.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Tile(pub(super) [[u8; DEPTH]; SIDE]);

impl Tile {
    pub(super) const ZERO: Self = Self([[0; DEPTH]; SIDE]);

    /// Makes of 16 columns of 64 values what the right side of a product is: 16 rows, each with four values of
    /// every column.
    pub(super) fn turn(&mut self) {
        const FOUR: usize = 4;
        let mut turned = [[0u8; DEPTH]; SIDE];
        for (column, values) in self.0.iter().enumerate() {
            for (row, four) in turned.iter_mut().zip(values.chunks_exact(FOUR)) {
                row[column * FOUR..][..FOUR].copy_from_slice(four);
            }
        }
        self.0 = turned;
    }
}

impl std::fmt::Debug for Tile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tile")
    }
}

/// An integer that is cut into bytes: `i16`, or `i32` as an integer of 24 bits.
pub(super) trait Limbs: Copy {
    /// The bytes of a value.
    const LIMBS: usize;
    /// What a sum of products is told as.
    type Product: Copy + Default;
    /// Sums of products of limbs, of a whole tile of results.
    type Sums: Default;
    /// Byte `nth` of the value, from the highest on.
    fn limb(self, nth: usize) -> u8;
    /// Adds up the products of limbs of `[steps, limbs]` tiles on either side.
    fn sum(
        configured: &Configured,
        left: &[Tile],
        right: &[Tile],
        steps: usize,
        sums: &mut Self::Sums,
    );
    /// Writes the products that a row of sums amounts to, as many as there is room for.
    fn join_row(sums: &Self::Sums, row: usize, result: &mut [Self::Product]);
}

impl Limbs for i16 {
    const LIMBS: usize = 2;
    type Product = i32;
    type Sums = Sums16;

    #[inline(always)]
    fn limb(self, nth: usize) -> u8 {
        (self >> (8 * (1 - nth))) as u8
    }

    fn sum(
        configured: &Configured,
        left: &[Tile],
        right: &[Tile],
        steps: usize,
        sums: &mut Sums16,
    ) {
        kernel::sum_16(configured, left, right, steps, sums);
    }

    #[inline(always)]
    fn join_row(sums: &Sums16, row: usize, result: &mut [i32]) {
        kernel::join_row_16(sums, row, result);
    }
}

impl Limbs for i32 {
    const LIMBS: usize = 3;
    type Product = f64;
    type Sums = Sums24;

    #[inline(always)]
    fn limb(self, nth: usize) -> u8 {
        (self >> (8 * (2 - nth))) as u8
    }

    fn sum(
        configured: &Configured,
        left: &[Tile],
        right: &[Tile],
        steps: usize,
        sums: &mut Sums24,
    ) {
        kernel::sum_24(configured, left, right, steps, sums);
    }

    #[inline(always)]
    fn join_row(sums: &Sums24, row: usize, result: &mut [f64]) {
        kernel::join_row_24(sums, row, result);
    }
}

/// Cuts `rows` rows of `depth` values into tiles `[rows / 16, depth / 64, limbs]`, which hold zeros.
pub(super) fn pack<T: Limbs>(
    values: &[T],
    stride: usize,
    depth: usize,
    rows: usize,
    tiles: &mut [Tile],
) {
    // SAFETY: who has `Tiles` has these instructions, and nothing else calls this.
    unsafe { pack_rows(values, stride, depth, rows, tiles) }
}

#[target_feature(enable = "avx512f,avx512bw")]
fn pack_rows<T: Limbs>(values: &[T], stride: usize, depth: usize, rows: usize, tiles: &mut [Tile]) {
    let per_side = depth.div_ceil(DEPTH) * T::LIMBS;
    for row in 0..rows {
        let tiles = &mut tiles[row / SIDE * per_side..][..per_side];
        let values = &values[row * stride..][..depth];
        for (values, limbs) in values.chunks(DEPTH).zip(tiles.chunks_exact_mut(T::LIMBS)) {
            for (nth, tile) in limbs.iter_mut().enumerate() {
                let bytes = &mut tile.0[row % SIDE];
                match <&[T; DEPTH]>::try_from(values) {
                    // Of a known length, so that it is done in a few instructions.
                    Ok(values) => {
                        for (byte, value) in bytes.iter_mut().zip(values) {
                            *byte = value.limb(nth);
                        }
                    }
                    Err(_) => {
                        for (byte, value) in bytes.iter_mut().zip(values) {
                            *byte = value.limb(nth);
                        }
                    }
                }
            }
        }
    }
}
