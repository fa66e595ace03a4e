//! The two towers.

mod attention;
mod block;
mod halves;
mod host;
mod layers;
mod load;
mod text;
mod vision;

pub use text::TextTower;
pub use vision::VisionTower;

use crate::{Checkpoint, ClipConfig, Error, Result};
use burn::tensor::{Int, Tensor, backend::Backend};
use load::Loader;
use ofa_products::Products;
use std::sync::Arc;

/// A CLIP dual encoder on a backend.
///
/// Towers can also be loaded on their own: [`VisionTower::load`], [`TextTower::load`].
#[derive(Debug, Clone)]
pub struct ClipEncoder<B: Backend> {
    config: ClipConfig,
    vision: VisionTower<B>,
    text: TextTower<B>,
    device: B::Device,
}

impl<B: Backend> ClipEncoder<B> {
    /// Loads both towers.
    ///
    /// Weights are converted to f32 one tensor at a time, and matrices whose every value is one of f16 are kept as
    /// f16 on devices that have it (not in host memory, where they are used as they stand); beside the model itself, no more
    /// than the largest tensor and a piece of 256 KB are held. Tensors that are not the
    /// model's (`position_ids`) are ignored. `logit_scale` is the model's and must be there,
    /// though no embedding depends on it: a file without it is no whole CLIP.
    ///
    /// # Errors
    /// - [`Error::MissingTensor`], [`Error::TensorShape`], [`Error::TensorDtype`]: a tensor
    ///   is not there with the shape that the config asks for, as F32, F16 or BF16.
    /// - [`Error::ExtraLayer`]: there are weights of more layers than the config counts.
    /// - [`Error::ReadWeights`]: a weight file could not be read.
    pub fn load(
        config: &ClipConfig,
        checkpoint: &Checkpoint<'_>,
        device: &B::Device,
    ) -> Result<Self> {
        Self::load_with_products(config, checkpoint, device, None)
    }

    /// Loads both towers, and has rows multiplied with weights by somebody else where the backend's
    /// tensors lie in host memory; on other backends that are its own products.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_with_products(
        config: &ClipConfig,
        checkpoint: &Checkpoint<'_>,
        device: &B::Device,
        products: Option<Arc<dyn Products>>,
    ) -> Result<Self> {
        check_logit_scale(checkpoint)?;
        let loader = Loader {
            products,
            ..Loader::new(checkpoint, device)
        };
        Ok(Self {
            vision: VisionTower::load_by(config, &loader)?,
            text: TextTower::load_by(config, &loader)?,
            config: config.clone(),
            device: device.clone(),
        })
    }

    /// Chooses between this crate's kernels for host memory and the backend's own operations
    /// for what lies between matrix products.
    ///
    /// Loading already chooses: host kernels, which are several times faster, where the
    /// backend's tensors are host memory that is handed over without a copy, as burn-flex's
    /// are. This is for comparing the two. Results agree to rounding; on a backend with memory
    /// of its own, host kernels are slow, and in a browser they panic.
    pub fn with_host_kernels(mut self, on_host: bool) -> Self {
        self.vision.set_host_kernels(on_host);
        self.text.set_host_kernels(on_host);
        self
    }

    /// The configuration it was loaded with.
    pub fn config(&self) -> &ClipConfig {
        &self.config
    }

    /// The device its weights are on.
    pub fn device(&self) -> &B::Device {
        &self.device
    }

    /// Width `d` of the embeddings.
    pub fn embedding_dim(&self) -> usize {
        self.config.projection_dim
    }

    /// Image embeddings, L2-normalised. See [`VisionTower::embeddings`].
    ///
    /// # Shapes
    /// `[n, 3, image_size, image_size]` to `[n, d]`.
    ///
    /// # Panics
    /// When `pixel_values` has another shape, or `n` is 0.
    pub fn image_embeddings(&self, pixel_values: Tensor<B, 4>) -> Tensor<B, 2> {
        self.vision.embeddings(pixel_values)
    }

    /// Text embeddings, L2-normalised. See [`TextTower::embeddings`].
    ///
    /// # Shapes
    /// `input_ids` `[n, length]`, `end_positions` one for each row, to `[n, d]`.
    ///
    /// # Panics
    /// When the shapes do not fit each other or the model.
    pub fn text_embeddings(
        &self,
        input_ids: Tensor<B, 2, Int>,
        end_positions: &[usize],
    ) -> Tensor<B, 2> {
        self.text.embeddings(input_ids, end_positions)
    }

    /// Encodes `n` preprocessed images.
    ///
    /// # Shapes
    /// `pixel_values` is `[n, 3, image_size, image_size]` in row-major order, as
    /// [`Preprocessor`](crate::Preprocessor) makes it; the result is `[n, d]` in row-major
    /// order, each row of length 1.
    ///
    /// # Errors
    /// - [`Error::Input`]: `pixel_values` has another length.
    /// - [`Error::Backend`]: the backend failed.
    pub async fn encode_images(&self, pixel_values: &[f32], n: usize) -> Result<Vec<f32>> {
        if n == 0 && pixel_values.is_empty() {
            return Ok(Vec::new());
        }
        let embeddings = self
            .vision
            .embeddings_of_slice(pixel_values, n, &self.device)?;
        read(embeddings).await
    }

    /// Encodes texts given as token ids, as [`ClipTokenizer`](crate::ClipTokenizer) makes
    /// them.
    ///
    /// Work grows with the longest text of the batch, end token included: texts of similar
    /// length belong together.
    ///
    /// # Shapes
    /// One row of ids for each text, of any length between 1 and the context; the result is
    /// `[n, d]` in row-major order, each row of length 1.
    ///
    /// # Errors
    /// - [`Error::Input`]: a text is empty or too long, or a token id is not in the
    ///   vocabulary.
    /// - [`Error::Backend`]: the backend failed.
    pub async fn encode_texts(&self, input_ids: &[Vec<u32>]) -> Result<Vec<f32>> {
        if input_ids.is_empty() {
            return Ok(Vec::new());
        }
        let embeddings = self.text.embeddings_of_slices(input_ids, &self.device)?;
        read(embeddings).await
    }
}

/// A scalar; one value in a list of one is read too.
fn check_logit_scale(checkpoint: &Checkpoint<'_>) -> Result<()> {
    const NAME: &str = "logit_scale";
    let shape: &[usize] = if checkpoint.check(NAME, &[1]).is_ok() {
        &[1]
    } else {
        &[]
    };
    checkpoint.read_f32(NAME, shape, |_, _| {})
}

/// Reads a result back without blocking, which a browser does not allow.
async fn read<B: Backend>(tensor: Tensor<B, 2>) -> Result<Vec<f32>> {
    let data = tensor
        .into_data_async()
        .await
        .map_err(|error| Error::Backend(format!("{error:?}")))?;
    data.convert::<f32>()
        .into_vec()
        .map_err(|error| Error::Backend(format!("{error:?}")))
}

/// Rows of length 1.
fn normalised<B: Backend>(rows: Tensor<B, 2>) -> Tensor<B, 2> {
    let length = (rows.clone() * rows.clone()).sum_dim(1).sqrt();
    rows / length
}
