//! Byte-level BPE as CLIP uses it.

mod vocabulary;

use crate::{ClipConfig, EndTokenRule, Error, Result};
use tokenizers::{Tokenizer, TruncationParams};

/// The tokenizer of a CLIP model: from text to `input_ids`.
///
/// Reference: `CLIPTokenizer` of `transformers` in its fast form; token ids are equal.
#[derive(Debug, Clone)]
pub struct ClipTokenizer {
    tokenizer: Tokenizer,
    file: &'static str,
    /// The name and the id of the token that ends a text.
    end: (String, u32),
}

impl ClipTokenizer {
    /// Reads `tokenizer.json`.
    ///
    /// # Errors
    /// [`Error::TokenizerFile`]: it cannot be read, or texts would not be framed by
    /// a start and an end token.
    pub fn from_json(bytes: &[u8]) -> Result<Self> {
        const FILE: &str = "tokenizer.json";
        let tokenizer = Tokenizer::from_bytes(bytes).map_err(|error| Error::TokenizerFile {
            file: FILE.into(),
            reason: error.to_string(),
        })?;
        Self::new(FILE, tokenizer)
    }

    /// Reads `vocab.json` and `merges.txt`, for folders without a `tokenizer.json`.
    ///
    /// # Errors
    /// [`Error::TokenizerFile`]: one of them cannot be read, or the vocabulary lacks the
    /// start or end token or a part of a merge.
    pub fn from_vocab_and_merges(vocab: &[u8], merges: &[u8]) -> Result<Self> {
        Self::new(
            "vocab.json and merges.txt",
            vocabulary::clip_tokenizer(vocab, merges)?,
        )
    }

    fn new(file: &'static str, mut tokenizer: Tokenizer) -> Result<Self> {
        let bad = |reason: String| Error::TokenizerFile {
            file: file.into(),
            reason,
        };
        // Files may carry their own; how long a text may be is the model's matter, and
        // padding is the batch's.
        tokenizer.with_padding(None);
        tokenizer
            .with_truncation(None)
            .map_err(|error| bad(error.to_string()))?;
        let empty = tokenizer
            .encode_fast("", true)
            .map_err(|error| bad(error.to_string()))?;
        let (&[_, end], [_, name]) = (empty.get_ids(), empty.get_tokens()) else {
            return Err(bad(format!(
                "expected a start and an end token around the empty text, found {:?}",
                empty.get_tokens()
            )));
        };
        Ok(Self {
            end: (name.clone(), end),
            tokenizer,
            file,
        })
    }

    /// Cuts texts at the model's context from now on, and checks that the two belong
    /// together.
    ///
    /// # Errors
    /// [`Error::Mismatch`]: the vocabulary has ids that the model's token embedding does not
    /// have, or the end token is not the one at which the model pools.
    pub fn for_model(mut self, model: &ClipConfig) -> Result<Self> {
        let mismatch = |first, reason| Error::Mismatch {
            first,
            second: "config.json",
            reason,
        };
        let text = &model.text;
        let highest = self.tokenizer.get_vocab(true).into_values().max();
        if let Some(highest) = highest
            && highest as usize >= text.vocab_size
        {
            let reason = format!(
                "it has token ids up to {highest}, the model's vocab_size is {}",
                text.vocab_size
            );
            return Err(mismatch(self.file, reason));
        }
        let (name, end) = &self.end;
        match text.end_token {
            EndTokenRule::First(expected) if expected != *end => {
                let reason = format!(
                    "it ends texts with `{name}`, id {end}, the model's eos_token_id is {expected}"
                );
                return Err(mismatch(self.file, reason));
            }
            EndTokenRule::Highest if highest != Some(*end) => {
                let reason = format!(
                    "it ends texts with `{name}`, id {end}, but with eos_token_id 2 the model pools at the highest id, which can be {}",
                    highest.unwrap_or(0)
                );
                return Err(mismatch(self.file, reason));
            }
            _ => {}
        }
        let truncation = TruncationParams {
            max_length: text.max_position_embeddings,
            ..Default::default()
        };
        self.tokenizer
            .with_truncation(Some(truncation))
            .map_err(|error| mismatch(self.file, error.to_string()))?;
        Ok(self)
    }

    /// Token ids of a text: start token, text, end token; not padded.
    ///
    /// After [`for_model`](Self::for_model), a text that is too long is cut and keeps its
    /// end token.
    ///
    /// # Errors
    /// [`Error::Tokenize`]: the tokenizer failed, which its CLIP form does on no text.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        let encoding = self
            .tokenizer
            .encode_fast(text, true)
            .map_err(|error| Error::Tokenize {
                length: text.len(),
                reason: error.to_string(),
            })?;
        Ok(encoding.get_ids().to_vec())
    }
}
