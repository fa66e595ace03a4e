//! Weights in safetensors files, read tensor by tensor.

mod checkpoint;
mod fingerprint;
mod header;
mod index;
mod source;

pub use checkpoint::Checkpoint;
pub use index::WeightIndex;
pub use source::WeightSource;
