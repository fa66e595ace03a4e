//! The pure algorithms of the `ofa` data selector.
//!
//! From frozen embeddings to a chosen subset: mini-batch k-means and pseudo-labels
//! ([`kmeans`]), the core set that a selector is trained on ([`core_set`]), the trained
//! selector and its file ([`selector`]), scoring ([`score`]), and the choice of records within
//! a budget ([`budget`], [`quota`], [`selection`]). What became of a pool is told in numbers
//! ([`report`]) and shown in two dimensions ([`projection`]).
//!
//! # What this crate never does
//! It opens no file, reads no clock, and draws no random number that does not follow from a
//! seed passed in. It starts no threads of its own; with the feature `rayon` it uses the
//! caller's rayon pool.
//!
//! # One answer everywhere
//! Equal inputs give equal bits on every machine: with any number of threads, any cut of the
//! rows into batches or shards, with or without AVX2 and AVX-512, and in WebAssembly. The
//! [`arithmetic`] module says how.
pub mod arithmetic;
pub mod budget;
pub mod centers;
pub mod core_set;
pub mod dpp;
mod error;
pub mod explain;
pub mod features;
pub mod kmeans;
pub mod overlap;
mod parallel;
pub mod projection;
pub mod quantiles;
pub mod quota;
pub mod report;
pub mod rng;
pub mod score;
pub mod selection;
pub mod selector;
pub mod tensor_file;

pub use error::{Error, Result};
