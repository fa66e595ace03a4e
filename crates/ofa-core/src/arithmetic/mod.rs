//! Arithmetic that gives the same bits on every machine.
//!
//! # The rules
//! - Only IEEE 754 addition, multiplication, division and square root in f32 and f64, each
//!   rounded on its own. No fused multiply-add: Rust never fuses, and no kernel of floats asks for it.
//! - Sums of products of integers are exact, in whatever order and in whatever parts ([`quantised`],
//!   [`integers`]); there alone a multiplication may be fused with an addition.
//! - Every sum of floats has an order that is written down and follows from its length alone. Vector
//!   registers hold *different* sums side by side (the columns of a matrix product), so their
//!   width does not matter.
//! - `exp` and `ln` come from `libm`, not from the platform; many powers at a time from
//!   [`powers_below`].
//! - Threads and batches only decide who computes a row, never how.
//!
//! # The order of a dot product
//! [`PackedMatrix::multiply`]: the products are taken in blocks of [`DEPTH_BLOCK`]. Within a block
//! `((0 + x0*y0) + x1*y1) + …`; the block sums are added in order, starting from the first. The
//! blocks also keep the rounding error low.
//!
//! # The order of a plain sum
//! [`sum_of_squares`], [`dot_f64`] and their like work in f64: element `i` goes to partial sum
//! `i mod 8`, in order; the eight are added as `((0+4)+(2+6)) + ((1+5)+(3+7))`.
//!
//! Kernels for AVX2 and AVX-512 are chosen at run time from one generic source.
mod exponential;
pub(crate) mod integers;
mod lanes;
mod matmul;
mod prefetch;
pub(crate) mod quantised;
mod sums;
mod widen;
mod widths;

pub(crate) use exponential::powers_below;
pub use matmul::{DEPTH_BLOCK, InstructionSet, PANEL, PackedMatrix};
pub(crate) use matmul::{Whole, padded};
pub(crate) use prefetch::prefetch;
pub(crate) use sums::sums_of_squares;
pub use sums::{dot_f64, dot_mixed, dot_wide, sum, sum_of_squares};
pub(crate) use widen::widen;
pub(crate) use widths::for_each_width;
