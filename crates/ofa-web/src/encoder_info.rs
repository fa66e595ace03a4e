//! What the encoding loop has to know of an encoder that other workers run.

use std::sync::Arc;

use ofa_clip::ClipTokenizer;
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::blob_source::{SourceFiles, source_files};
use crate::encoder_files::EncoderFiles;
use crate::failure::Result;
use crate::plain::to_js;

/// An encoder's tokeniser, sizes and fingerprints, without its weights.
#[wasm_bindgen]
#[derive(Clone)]
pub struct EncoderInfo {
    tokenizer: Arc<ClipTokenizer>,
    description: Arc<Description>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Description {
    fingerprint: String,
    settings: String,
    embedding_dim: usize,
    image_size: usize,
    context_length: usize,
    weight_bytes: u64,
    largest_tensor_bytes: u64,
}

#[wasm_bindgen]
impl EncoderInfo {
    /// Reads an encoder in Hugging Face layout. Its weights are read once, to be hashed, unless
    /// their fingerprint is given. Files of `ofa export-encoder` are compared with their hashes.
    ///
    /// # Errors
    /// `bad_encoder` with the file, what was expected and what was found.
    pub fn open(files: &SourceFiles, fingerprint: Option<String>) -> Result<Self> {
        let files = EncoderFiles::open(source_files("files", files)?)?;
        let config = files.config()?;
        let checkpoint = files.checkpoint(|_| {})?;
        let exported = files.exported()?;
        let fingerprint = match (fingerprint, &exported) {
            (Some(fingerprint), _) => fingerprint,
            (None, Some(index)) => {
                files.check_hashes(index)?;
                index.fingerprint.clone()
            }
            (None, None) => checkpoint.fingerprint()?,
        };
        Ok(Self {
            tokenizer: Arc::new(files.tokenizer(&config)?),
            description: Arc::new(Description {
                fingerprint,
                settings: files.settings(exported.as_ref())?,
                embedding_dim: config.projection_dim,
                image_size: config.vision.image_size,
                context_length: config.text.max_position_embeddings,
                weight_bytes: files.weight_bytes()?,
                largest_tensor_bytes: checkpoint.largest_tensor() * 4,
            }),
        })
    }

    /// Fingerprint, sizes, and the bytes that the largest tensor takes as f32.
    pub fn describe(&self) -> Result<JsValue> {
        to_js(&*self.description)
    }
}

impl EncoderInfo {
    pub(crate) fn tokenizer(&self) -> &Arc<ClipTokenizer> {
        &self.tokenizer
    }

    pub(crate) fn fingerprint(&self) -> &str {
        &self.description.fingerprint
    }

    /// SHA-256 over what the encoder is told beside its weights.
    pub(crate) fn settings(&self) -> &str {
        &self.description.settings
    }

    pub(crate) fn embedding_dim(&self) -> usize {
        self.description.embedding_dim
    }

    /// Tokens of a text, start and end included.
    pub(crate) fn context(&self) -> usize {
        self.description.context_length
    }
}
