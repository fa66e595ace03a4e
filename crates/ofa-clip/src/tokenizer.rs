//! Byte-level BPE as CLIP uses it.

mod pipeline;
mod producible;
mod special_tokens;
mod vocabulary;

pub use special_tokens::SpecialTokens;

use crate::{ClipConfig, EndTokenRule, Error, Result};
use tokenizers::{Encoding, Tokenizer, TruncationParams};

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
    /// Reads `tokenizer.json`, with the special tokens of OpenAI's models.
    ///
    /// # Errors
    /// As [`from_json_with`](Self::from_json_with).
    pub fn from_json(bytes: &[u8]) -> Result<Self> {
        Self::from_json_with(bytes, &SpecialTokens::default())
    }

    /// Reads `tokenizer.json`.
    ///
    /// Where its `normalizer`, `pre_tokenizer` or `post_processor` is `null`, CLIP's own takes
    /// its place; `special` says which tokens that post-processor puts around a text.
    ///
    /// # Errors
    /// [`Error::TokenizerFile`]: it cannot be read, or texts would not be framed by
    /// a start and an end token.
    pub fn from_json_with(bytes: &[u8], special: &SpecialTokens) -> Result<Self> {
        const FILE: &str = "tokenizer.json";
        let mut tokenizer =
            Tokenizer::from_bytes(bytes).map_err(|error| bad(FILE, error.to_string()))?;
        pipeline::complete(&mut tokenizer, special, FILE)?;
        Self::new(FILE, tokenizer)
    }

    /// Reads `vocab.json` and `merges.txt`, with the special tokens of OpenAI's models.
    ///
    /// # Errors
    /// As [`from_vocab_and_merges_with`](Self::from_vocab_and_merges_with).
    pub fn from_vocab_and_merges(vocab: &[u8], merges: &[u8]) -> Result<Self> {
        Self::from_vocab_and_merges_with(vocab, merges, &SpecialTokens::default())
    }

    /// Reads `vocab.json` and `merges.txt`, for folders without a `tokenizer.json`.
    ///
    /// # Errors
    /// [`Error::TokenizerFile`]: one of them cannot be read, or the vocabulary lacks the
    /// start, end or unknown token or a part of a merge.
    pub fn from_vocab_and_merges_with(
        vocab: &[u8],
        merges: &[u8],
        special: &SpecialTokens,
    ) -> Result<Self> {
        Self::new(
            "vocab.json and merges.txt",
            vocabulary::clip_tokenizer(vocab, merges, special)?,
        )
    }

    fn new(file: &'static str, mut tokenizer: Tokenizer) -> Result<Self> {
        let bad = |reason: String| bad(file, reason);
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
    /// Ids that no text can turn into may be beyond the model's vocabulary. Where the model
    /// pools at the highest id of a text (`eos_token_id` 2), any end token will do: that is
    /// computed for each text.
    ///
    /// # Errors
    /// [`Error::Mismatch`]: texts can turn into ids that the model's token embedding does not
    /// have, or the end token is not the one at which the model pools.
    pub fn for_model(mut self, model: &ClipConfig) -> Result<Self> {
        let mismatch = |first, reason| Error::Mismatch {
            first,
            second: "config.json",
            reason,
        };
        let text = &model.text;
        let beyond = producible::from_id(&self.tokenizer, text.vocab_size);
        if let Some((token, highest)) = beyond.iter().max_by_key(|(_, id)| *id) {
            let reason = format!(
                "it has token ids up to {highest} (`{token}`), the model's vocab_size is {}",
                text.vocab_size
            );
            return Err(mismatch(self.file, reason));
        }
        let (name, end) = &self.end;
        if let EndTokenRule::First(expected) = text.end_token
            && expected != *end
        {
            let reason = format!(
                "it ends texts with `{name}`, id {end}, the model's eos_token_id is {expected}"
            );
            return Err(mismatch(self.file, reason));
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
        Ok(self.encoding(text)?.get_ids().to_vec())
    }

    /// Whether [`encode`](Self::encode) cuts a text: it does so after
    /// [`for_model`](Self::for_model) where there are more tokens than the model's context has.
    ///
    /// # Errors
    /// As [`encode`](Self::encode).
    pub fn cuts(&self, text: &str) -> Result<bool> {
        Ok(!self.encoding(text)?.get_overflowing().is_empty())
    }

    /// The tokenizer as a `tokenizer.json`, with all parts of its pipeline.
    ///
    /// # Errors
    /// [`Error::TokenizerFile`]: it has a part that cannot be written.
    pub fn to_json(&self) -> Result<Vec<u8>> {
        let json = self.tokenizer.to_string(false);
        json.map(String::into_bytes)
            .map_err(|error| bad(self.file, error.to_string()))
    }

    fn encoding(&self, text: &str) -> Result<Encoding> {
        self.tokenizer
            .encode_fast(text, true)
            .map_err(|error| Error::Tokenize {
                length: text.len(),
                reason: error.to_string(),
            })
    }
}

fn bad(file: &str, reason: String) -> Error {
    Error::TokenizerFile {
        file: file.into(),
        reason,
    }
}
