//! The encoder as the pipeline sees it.

use burn::tensor::backend::Backend;
use ofa_clip::ClipEncoder;

use crate::error::Result;

/// Both towers of a dual encoder: plain numbers in, normalised embeddings out.
pub trait Towers {
    /// Width of an embedding.
    fn dim(&self) -> usize;

    /// Embeds a batch of preprocessed images.
    ///
    /// # Shapes
    /// `pixel_values`: `[count, 3, height, width]` f32; the result: `[count, dim]` f32, each
    /// row of length one.
    ///
    /// # Errors
    /// When the device fails.
    fn embed_images(
        &self,
        pixel_values: &[f32],
        count: usize,
    ) -> impl Future<Output = Result<Vec<f32>>>;

    /// Embeds a batch of tokenised texts.
    ///
    /// # Shapes
    /// `input_ids`: one list of ids for each text, end token included; the result:
    /// `[texts, dim]` f32, each row of length one.
    ///
    /// # Errors
    /// When the device fails.
    fn embed_texts(&self, input_ids: &[Vec<u32>]) -> impl Future<Output = Result<Vec<f32>>>;
}

impl<B: Backend> Towers for ClipEncoder<B> {
    fn dim(&self) -> usize {
        self.embedding_dim()
    }

    async fn embed_images(&self, pixel_values: &[f32], count: usize) -> Result<Vec<f32>> {
        Ok(self.encode_images(pixel_values, count).await?)
    }

    async fn embed_texts(&self, input_ids: &[Vec<u32>]) -> Result<Vec<f32>> {
        Ok(self.encode_texts(input_ids).await?)
    }
}
