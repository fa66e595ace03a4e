//! The encoder as the pipeline sees it.

#[cfg(feature = "encoder")]
use burn::tensor::backend::Backend;
#[cfg(feature = "encoder")]
use ofa_clip::ClipEncoder;

use crate::error::Result;

/// What a batch gave: a row for each item, and the items that have none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Embeddings {
    /// `[count, dim]` f32, each row of length one; of a failed item, anything.
    pub rows: Vec<f32>,
    /// The items that the encoder could not be brought through, by their place in the batch, each
    /// with what happened. A model in this process fails as a whole, so that it has none.
    pub failed: Vec<(usize, String)>,
}

impl From<Vec<f32>> for Embeddings {
    fn from(rows: Vec<f32>) -> Self {
        Self {
            rows,
            failed: Vec::new(),
        }
    }
}

/// Both towers of a dual encoder: plain numbers in, normalised embeddings out.
pub trait Towers {
    /// Width of an embedding.
    fn dim(&self) -> usize;

    /// Embeds a batch of preprocessed images.
    ///
    /// # Shapes
    /// `pixel_values`: `[count, 3, height, width]` f32; the result: `[count, dim]` f32.
    ///
    /// # Errors
    /// When the device fails.
    fn embed_images(
        &self,
        pixel_values: &[f32],
        count: usize,
    ) -> impl Future<Output = Result<Embeddings>>;

    /// Embeds a batch of tokenised texts.
    ///
    /// # Shapes
    /// `input_ids`: one list of ids for each text, end token included; the result:
    /// `[texts, dim]` f32.
    ///
    /// # Errors
    /// When the device fails.
    fn embed_texts(&self, input_ids: &[Vec<u32>]) -> impl Future<Output = Result<Embeddings>>;
}

#[cfg(feature = "encoder")]
impl<B: Backend> Towers for ClipEncoder<B> {
    fn dim(&self) -> usize {
        self.embedding_dim()
    }

    async fn embed_images(&self, pixel_values: &[f32], count: usize) -> Result<Embeddings> {
        Ok(self.encode_images(pixel_values, count).await?.into())
    }

    async fn embed_texts(&self, input_ids: &[Vec<u32>]) -> Result<Embeddings> {
        Ok(self.encode_texts(input_ids).await?.into())
    }
}
