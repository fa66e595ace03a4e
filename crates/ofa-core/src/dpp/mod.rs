//! Diversity: determinantal point processes of a fixed size over a block of candidates.
//!
//! A block's kernel is `L_ij = sqrt(q_i q_j) * (cos(joint_i, joint_j) + 1) / 2`, with a jitter on
//! the diagonal. [`KDpp`] draws sets of `k` candidates with probability proportional to the
//! determinant of their part of the kernel; [`greedy_map`] takes the set that the determinant is
//! largest for, greedily.
//!
//! # One answer everywhere
//! All of it is f64 with fixed orders: products by [`crate::arithmetic::PackedMatrix`], an
//! eigen-decomposition written for this (libraries choose their instructions at run time), and
//! random numbers from a named stream.
//!
//! Source: METHOD section 5.
pub(crate) mod eigen;
mod greedy_map;
mod kernel;
mod sample;

pub use greedy_map::greedy_map;
pub use kernel::{JITTERS, Kernel};
pub use sample::KDpp;
