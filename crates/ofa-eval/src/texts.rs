//! Embeddings of texts, in memory.

use std::collections::BTreeMap;

use burn::tensor::backend::Backend;

use crate::Result;
use crate::frozen_encoder::FrozenEncoder;
use crate::pictures::gathered;

/// Texts that are read at a time.
const BATCH: usize = 64;

/// The frozen encoder's embeddings of distinct texts.
#[derive(Debug, Clone, Default)]
pub struct Texts {
    number_of: BTreeMap<String, u32>,
    /// `[n, embedding]`.
    embeddings: Vec<f32>,
}

impl Texts {
    /// Of some texts, each distinct one once.
    ///
    /// # Errors
    /// As [`FrozenEncoder::text_embeddings`].
    pub fn read<'a, B: Backend>(
        texts: impl IntoIterator<Item = &'a str>,
        encoder: &FrozenEncoder<B>,
    ) -> Result<Self> {
        let mut distinct: Vec<&str> = texts.into_iter().collect();
        // Texts of like length belong together, since a batch is as long as its longest.
        distinct.sort_unstable_by_key(|text| (text.len(), *text));
        distinct.dedup();
        let mut read = Self::default();
        for texts in distinct.chunks(BATCH) {
            let embeddings = encoder.text_embeddings(texts)?;
            for (text, embedding) in texts
                .iter()
                .zip(embeddings.chunks_exact(encoder.sizes().embedding))
            {
                read.push(text, embedding);
            }
        }
        Ok(read)
    }

    /// Adds a text.
    pub(crate) fn push(&mut self, text: &str, embedding: &[f32]) {
        let number = self.number_of.len() as u32;
        self.number_of.insert(text.to_owned(), number);
        self.embeddings.extend_from_slice(embedding);
    }

    /// The number of a text.
    #[must_use]
    pub fn number(&self, text: &str) -> Option<u32> {
        self.number_of.get(text).copied()
    }

    /// The embeddings of some texts one after the other.
    pub(crate) fn embeddings(&self, numbers: &[u32]) -> Vec<f32> {
        let width = self.embeddings.len() / self.number_of.len().max(1);
        gathered(&self.embeddings, width, numbers)
    }
}
