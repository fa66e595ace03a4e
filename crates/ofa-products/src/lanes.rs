//! Four numbers at a time.

#[cfg(not(target_family = "wasm"))]
mod plain;
#[cfg(target_family = "wasm")]
mod simd;

#[cfg(not(target_family = "wasm"))]
pub(crate) use plain::{Lanes, first, load, load_splat, multiply_add, store, zeros};
#[cfg(target_family = "wasm")]
pub(crate) use simd::{Lanes, first, load, load_splat, multiply_add, store, zeros};
