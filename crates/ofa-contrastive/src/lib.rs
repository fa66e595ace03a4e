//! Contrastive training of a small CLIP, from scratch.
//!
//! The demo encoder of the project is made here: its tokenizer from the demo world's words, its
//! towers from the world's pictures and captions. What comes out is a folder in Hugging Face layout
//! that `ofa-clip` runs like any other encoder.

pub mod batch;
pub mod bpe;
mod error;
pub mod layout;
pub mod loss;
pub mod pairs;
pub mod recipe;
pub mod retrieval;
pub mod step;
pub mod tower;
pub mod train;

pub use error::{Error, Result};
