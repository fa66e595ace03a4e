//! Exact products of integers of 16 and of 24 bits.
//!
//! Tiles multiply bytes and add the products up in 32 bits. An integer is cut into bytes, its *limbs*:
//! the highest is signed, the others are not, and tiles multiply every mixture of the two. Products of
//! limbs of one weight are added up together, and what they amount to is the product itself, to the last
//! bit, in whatever order anything was added. So who computes the same product another way gets the same.
mod kernel;
mod limbs;

mod packed;

pub use limbs::MAX_DEPTH;
use packed::Packed;

use crate::Tiles;

macro_rules! sides {
    ($bits:literal, $rows:ident, $weights:ident, $value:ty, $product:ty, $($doc:literal),+) => {
        #[doc = concat!("The left side of products of ", $bits, "-bit integers.")]
        #[derive(Debug, Clone)]
        pub struct $rows(Packed<$value>);

        impl $rows {
            /// No rows, with room for none.
            pub fn new(tiles: Tiles) -> Self {
                Self(Packed::empty(tiles))
            }

            /// Packs `rows` rows of `depth` values, `stride` apart, in place of those that were there.
            ///
            /// # Panics
            /// Where there are too few values, rows overlap or `depth` exceeds [`MAX_DEPTH`].
            pub fn refill(&mut self, values: &[$value], stride: usize, depth: usize, rows: usize) {
                self.0.refill(values, stride, depth, rows);
            }
        }

        #[doc = concat!("The right side of products of ", $bits, "-bit integers.")]
        ///
        $(#[doc = $doc])+
        #[derive(Debug, Clone)]
        pub struct $weights(Packed<$value>);

        impl $weights {
            /// Packs `[columns, depth]` values, row by row.
            ///
            /// # Panics
            /// Where `weight` is not `columns * depth` long or `depth` exceeds [`MAX_DEPTH`].
            pub fn new(tiles: Tiles, weight: &[$value], columns: usize, depth: usize) -> Self {
                Self(Packed::right(tiles, weight, columns, depth))
            }

            /// `result = x @ weight^T`.
            ///
            /// # Shapes
            /// `result`: a row of `columns` values for each of `x`, `stride` apart. What stands between them is left
            /// as it is.
            ///
            /// # Panics
            /// Where `x` has another depth, or `result` is too short or its rows overlap.
            pub fn multiply(&self, x: &$rows, result: &mut [$product], stride: usize) {
                self.0.multiply(&x.0, result, stride);
            }
        }
    };
}

sides! {
    "16", Rows16, Weights16, i16, i32,
    "A product that does not fit into 32 bits wraps around."
}

sides! {
    "24", Rows24, Weights24, i32, f64,
    "A product is exact where no sum of the products of some of the values reaches `2^53`.",
    "Values that are not from `-2^23` to below `2^23` lose their higher bits."
}

#[cfg(test)]
mod tests;
