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

macro_rules! weights {
    ($(#[$doc:meta])* $name:ident, $value:ty, $product:ty) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $name(Packed<$value>);

        impl $name {
            /// Packs `[columns, depth]` values, row by row.
            ///
            /// # Panics
            /// Where `weight` is not `columns * depth` long or `depth` exceeds [`MAX_DEPTH`].
            pub fn new(tiles: Tiles, weight: &[$value], columns: usize, depth: usize) -> Self {
                Self(Packed::new(tiles, weight, columns, depth))
            }

            /// `result = x @ weight^T`.
            ///
            /// # Shapes
            /// `x`: `rows` rows of `depth` values, `x_stride` apart; `result`: `rows` rows of `columns` values,
            /// `stride` apart. What stands between them is left as it is.
            ///
            /// # Panics
            /// Where `x` or `result` is too short, or rows overlap.
            pub fn multiply(
                &self,
                x: &[$value],
                x_stride: usize,
                rows: usize,
                result: &mut [$product],
                stride: usize,
            ) {
                self.0.multiply(x, x_stride, rows, result, stride);
            }
        }
    };
}

weights! {
    /// The right side of products of 16-bit integers: 2 bytes a value, with both sides filled up to whole tiles.
    ///
    /// A product that does not fit into 32 bits wraps around.
    Weights16, i16, i32
}

weights! {
    /// The right side of products of integers from `-2^23` to below `2^23`: 3 bytes a value, with both sides filled
    /// up to whole tiles.
    ///
    /// A product is exact where no sum of the products of some of the values reaches `2^53`. Values out of the range
    /// lose their higher bits.
    Weights24, i32, f64
}

#[cfg(test)]
mod tests;
