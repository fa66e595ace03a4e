//! Weights in safetensors files, read tensor by tensor.

mod checkpoint;
mod encoder_index;
mod export;
mod fingerprint;
pub(crate) mod header;
mod index;
mod quantised;
mod source;

pub use checkpoint::Checkpoint;
pub use encoder_index::{EncoderIndex, IndexedFile};
pub use export::{ExportDtype, WeightExport};
pub(crate) use fingerprint::hexadecimal;
pub use index::WeightIndex;
pub use source::WeightSource;
