//! The encoder, whichever backend it is on.

use burn::tensor::backend::Backend;
use ofa_clip::{ClipEncoder, ClipTokenizer, Result, SelfCheck};
use ofa_pipeline::encode::{Embeddings, Towers};
use pollster::block_on;

/// Both towers of a CLIP, on some backend.
pub struct Encoder(Box<dyn Loaded>);

/// What is done with towers, without their type.
trait Loaded {
    fn backend_name(&self) -> String;
    fn embedding_dim(&self) -> usize;
    fn encode_images(&self, pixel_values: &[f32], n: usize) -> Result<Vec<f32>>;
    fn encode_texts(&self, input_ids: &[Vec<u32>]) -> Result<Vec<f32>>;
    fn self_check(&self, tokenizer: &ClipTokenizer, fingerprint: &str) -> Result<SelfCheck>;
}

impl<B: Backend> Loaded for ClipEncoder<B> {
    fn backend_name(&self) -> String {
        B::name(self.device())
    }

    fn embedding_dim(&self) -> usize {
        self.embedding_dim()
    }

    fn encode_images(&self, pixel_values: &[f32], n: usize) -> Result<Vec<f32>> {
        block_on(self.encode_images(pixel_values, n))
    }

    fn encode_texts(&self, input_ids: &[Vec<u32>]) -> Result<Vec<f32>> {
        block_on(self.encode_texts(input_ids))
    }

    fn self_check(&self, tokenizer: &ClipTokenizer, fingerprint: &str) -> Result<SelfCheck> {
        block_on(SelfCheck::compute(self, tokenizer, fingerprint))
    }
}

impl Encoder {
    pub(crate) fn new<B: Backend>(towers: ClipEncoder<B>) -> Self {
        Self(Box::new(towers))
    }

    /// What burn calls the backend, its adapters included.
    pub fn backend_name(&self) -> String {
        self.0.backend_name()
    }

    /// Width `d` of the embeddings.
    pub fn embedding_dim(&self) -> usize {
        self.0.embedding_dim()
    }

    /// Encodes `n` preprocessed images; waits for the result.
    ///
    /// # Shapes
    /// `pixel_values` `[n, 3, image_size, image_size]` f32 to `[n, d]` f32, rows of length 1.
    ///
    /// # Errors
    /// Those of [`ClipEncoder::encode_images`].
    pub fn encode_images(&self, pixel_values: &[f32], n: usize) -> Result<Vec<f32>> {
        self.0.encode_images(pixel_values, n)
    }

    /// Encodes tokenised texts; waits for the result.
    ///
    /// # Shapes
    /// One list of ids for each text to `[texts, d]` f32, rows of length 1.
    ///
    /// # Errors
    /// Those of [`ClipEncoder::encode_texts`].
    pub fn encode_texts(&self, input_ids: &[Vec<u32>]) -> Result<Vec<f32>> {
        self.0.encode_texts(input_ids)
    }

    /// Inputs with the embeddings that the encoder has for them here.
    ///
    /// # Errors
    /// Those of [`SelfCheck::compute`].
    pub fn self_check(&self, tokenizer: &ClipTokenizer, fingerprint: &str) -> Result<SelfCheck> {
        self.0.self_check(tokenizer, fingerprint)
    }
}

impl Towers for Encoder {
    fn dim(&self) -> usize {
        self.embedding_dim()
    }

    async fn embed_images(
        &self,
        pixel_values: &[f32],
        count: usize,
    ) -> ofa_pipeline::Result<Embeddings> {
        Ok(self.encode_images(pixel_values, count)?.into())
    }

    async fn embed_texts(&self, input_ids: &[Vec<u32>]) -> ofa_pipeline::Result<Embeddings> {
        Ok(self.encode_texts(input_ids)?.into())
    }
}
