//! Products of f32, about as exact as sums in f32 are.
//!
//! Tiles multiply bf16 and add the products up in f32. An f32 is cut into three bf16, its *limbs*, which are
//! the value itself together, and products of limbs are added up: on a processor whose tiles multiply 16 times
//! as fast as its vectors, six of them for one still leave something to gain.

mod matrix;

#[cfg(target_arch = "x86_64")]
mod kernel;
#[cfg(target_arch = "x86_64")]
mod limbs;
#[cfg(target_arch = "x86_64")]
mod product;
#[cfg(target_arch = "x86_64")]
mod threads;

pub use matrix::{Matrix, Target};

use crate::Tiles;

/// `target = left @ right`, or `target += left @ right`.
///
/// The six largest of the nine products of limbs are summed. What is left out is within 2^-25 of a product, and
/// an element was off by a quarter of what a sum in f32 is, from the first product to the last, on random
/// values. Products, and parts of values, below 2^-126 count as 0, and values from 3.39e38 on as infinite.
/// Where an infinite value or one that is no number takes part, the result is infinite or no number.
///
/// The same bits for any number of threads; and an element is a function of its row and its column alone.
///
/// Packing takes 6 bytes a value: 24 MB at most of the right side, and 768 KB of either side in each thread,
/// kept for the next product.
///
/// # Panics
/// Where the shapes do not fit.
pub fn multiply(tiles: Tiles, target: Target<'_>, left: Matrix<'_>, right: Matrix<'_>) {
    #[cfg(target_arch = "x86_64")]
    product::multiply(tiles, target, left, right);
    #[cfg(not(target_arch = "x86_64"))]
    {
        let _ = (target, left, right);
        match tiles.0 {}
    }
}
