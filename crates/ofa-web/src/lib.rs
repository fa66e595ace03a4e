//! The pipeline and the encoder for JavaScript, as WebAssembly.
//!
//! One crate, three modules: with the features `pipeline` and `cpu` datasets, the encoding loop,
//! scoring, selecting and the encoder on the CPU; with `full` the same without an encoder, with
//! Parquet and the page about a subset; with `webgpu` the encoder on a GPU alone. What is done is done
//! elsewhere; here arguments, results and errors are converted. The classes that users meet are those
//! of the TypeScript package in `pkg`, which calls these.
//!
//! Errors arrive in JavaScript as `Error` with a stable `code` (see [`failure`]); what files hold is
//! read through [`blob_source`], a slice at a time.
//!
//! It compiles natively too, so that it is checked with everything else. It runs only in a browser
//! or in Node.

#[cfg(all(any(feature = "pipeline", feature = "cpu"), feature = "webgpu"))]
compile_error!(
    "one module has one backend: build with `pipeline` and `cpu`, or with `--no-default-features --features webgpu`"
);

#[cfg(not(any(feature = "pipeline", feature = "webgpu")))]
compile_error!("a module does something: build with `pipeline` or with `webgpu`");

pub mod blob_source;
#[cfg(feature = "pipeline")]
mod blob_store;
#[cfg(feature = "pipeline")]
pub mod check;
#[cfg(feature = "pipeline")]
pub mod choice;
#[cfg(feature = "cpu")]
mod cpu;
#[cfg(feature = "pipeline")]
pub mod dataset;
#[cfg(feature = "pipeline")]
mod dropped_files;
#[cfg(feature = "pipeline")]
pub mod encode;
#[cfg(any(feature = "cpu", feature = "webgpu"))]
pub mod encoder;
mod encoder_files;
#[cfg(feature = "pipeline")]
pub mod encoder_info;
pub mod failure;
#[cfg(feature = "pipeline")]
pub mod features;
#[cfg(feature = "webgpu")]
mod gpu;
#[cfg(feature = "pipeline")]
mod held_blobs;
#[cfg(feature = "pipeline")]
mod hex;
#[cfg(feature = "pipeline")]
mod image_folders;
#[cfg(feature = "pipeline")]
pub mod image_reader;
#[cfg(feature = "pipeline")]
pub mod neighbours;
#[cfg(feature = "pipeline")]
pub mod pace_sample;
pub mod panic;
#[cfg(feature = "pipeline")]
mod plain;
#[cfg(feature = "cpu")]
pub mod products;
#[cfg(feature = "pipeline")]
pub mod projection;
#[cfg(feature = "full")]
pub mod report;
#[cfg(feature = "pipeline")]
pub mod scored_pool;
#[cfg(feature = "pipeline")]
pub mod scores;
#[cfg(feature = "pipeline")]
pub mod search;
#[cfg(feature = "pipeline")]
pub mod selector_file;
#[cfg(feature = "pipeline")]
pub mod sources;
#[cfg(feature = "pipeline")]
pub mod subset;
#[cfg(feature = "pipeline")]
pub mod subset_images;
mod weight_windows;

pub use failure::{Failure, FailureCode};
