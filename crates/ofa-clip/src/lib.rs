//! The CLIP dual encoder: from images and texts to L2-normalised embeddings.
//!
//! The crate reads an encoder in Hugging Face layout and answers as `transformers` does:
//!
//! | file | read by |
//! |---|---|
//! | `config.json` | [`ClipConfig`] |
//! | `preprocessor_config.json`, or `processor_config.json` | [`Preprocessor`] |
//! | `tokenizer.json`, or `vocab.json` and `merges.txt` | [`ClipTokenizer`] |
//! | `tokenizer_config.json`, `special_tokens_map.json` | [`SpecialTokens`] |
//! | `model.safetensors`, or an index and its shards | [`Checkpoint`], [`WeightIndex`] |
//! | `ofa-encoder.json`, in a folder that was exported for the web | [`EncoderIndex`] |
//!
//! [`Checkpoint::export`] writes the weights of such a folder.
//!
//! `ClipEncoder`, of the feature `model`, holds both towers on any [burn](https://burn.dev) backend;
//! `SelfCheck` is what it computes, written down for a device that is not to be believed yet.
//!
//! Nothing here opens a file or starts a thread: the caller passes bytes, and
//! [`WeightSource`] for weights that should not be held in memory as a whole.

mod config;
mod error;
#[cfg(feature = "model")]
mod model;
mod preprocess;
#[cfg(feature = "model")]
mod self_check;
mod settings;
mod tokenizer;
mod weights;

pub use config::{Activation, ClipConfig, EndTokenRule, TextConfig, VisionConfig};
pub use error::Error;
#[cfg(feature = "model")]
pub use model::{ClipEncoder, TextTower, VisionTower};
#[cfg(feature = "model")]
pub use ofa_products::{PackedWeight, Products};
pub use preprocess::{Filter, Preprocessor, resize_rgb};
#[cfg(feature = "model")]
pub use self_check::SelfCheck;
pub use settings::{SETTINGS_FILES, settings_fingerprint};
pub use tokenizer::{ClipTokenizer, SpecialTokens};
pub use weights::{
    Checkpoint, EncoderIndex, ExportDtype, IndexedFile, WeightExport, WeightIndex, WeightSource,
};

/// The result of everything in this crate that can fail.
pub type Result<T> = std::result::Result<T, Error>;
