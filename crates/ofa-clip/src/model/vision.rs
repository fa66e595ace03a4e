use super::block::{Block, BlockConfig, PoolingBlock, Sight, Stream};
use super::layers::{LayerNorm, Linear};
use super::load::Loader;
use super::{host, normalised};
use crate::{Checkpoint, ClipConfig, Error, Result, VisionConfig};
use burn::tensor::{Tensor, TensorData, backend::Backend};

/// The image tower: from `pixel_values` to image embeddings.
#[derive(Debug, Clone)]
pub struct VisionTower<B: Backend> {
    config: VisionConfig,
    on_host: bool,
    patch_embedding: Linear<B>,
    /// The class token with its position added, `[1, 1, hidden]`.
    class_token: Tensor<B, 3>,
    /// Positions of the patches, `[1, patches, hidden]`.
    positions: Tensor<B, 3>,
    first_norm: LayerNorm<B>,
    blocks: Vec<Block<B>>,
    last_block: PoolingBlock<B>,
    last_norm: LayerNorm<B>,
    projection: Linear<B>,
}

impl<B: Backend> VisionTower<B> {
    /// Loads the image tower from a checkpoint of a whole CLIP model.
    ///
    /// # Errors
    /// As [`ClipEncoder::load`](crate::ClipEncoder::load), for this tower's tensors.
    pub fn load(
        config: &ClipConfig,
        checkpoint: &Checkpoint<'_>,
        device: &B::Device,
    ) -> Result<Self> {
        Self::load_by(config, &Loader::new(checkpoint, device))
    }

    pub(super) fn load_by(config: &ClipConfig, loader: &Loader<'_, B>) -> Result<Self> {
        let &Loader {
            checkpoint, device, ..
        } = loader;
        let projection_dim = config.projection_dim;
        let config = config.vision.clone();
        let (width, patch, eps) = (config.hidden_size, config.patch_size, config.layer_norm_eps);
        let block_config = BlockConfig {
            hidden_size: width,
            intermediate_size: config.intermediate_size,
            heads: config.num_attention_heads,
            activation: config.hidden_act,
            layer_norm_eps: eps,
        };
        let block = |index: usize| format!("vision_model.encoder.layers.{index}");
        let last = config.num_hidden_layers - 1;

        let mut class_token = loader.rows("vision_model.embeddings.class_embedding", &[width])?;
        let mut positions = loader.rows(
            "vision_model.embeddings.position_embedding.weight",
            &[config.positions(), width],
        )?;
        for (value, position) in class_token.iter_mut().zip(positions.drain(..width)) {
            *value += position;
        }
        checkpoint.check_layers(
            "vision_model",
            "vision_config.num_hidden_layers",
            config.num_hidden_layers,
        )?;
        Ok(Self {
            patch_embedding: loader.projection(
                "vision_model.embeddings.patch_embedding",
                &[width, 3, patch, patch],
            )?,
            class_token: loader.tensor(class_token, [1, 1, width]),
            positions: loader.tensor(positions, [1, config.positions() - 1, width]),
            first_norm: loader.layer_norm("vision_model.pre_layrnorm", width, eps)?,
            blocks: (0..last)
                .map(|index| Block::load(loader, &block(index), block_config))
                .collect::<Result<_>>()?,
            last_block: PoolingBlock::load(loader, &block(last), block_config)?,
            last_norm: loader.layer_norm("vision_model.post_layernorm", width, eps)?,
            projection: loader.projection("visual_projection", &[projection_dim, width])?,
            on_host: host::is_host_memory::<B>(device),
            config,
        })
    }

    /// See [`ClipEncoder::with_host_kernels`](crate::ClipEncoder::with_host_kernels).
    pub(super) fn set_host_kernels(&mut self, on_host: bool) {
        self.on_host = on_host;
    }

    /// Image embeddings, L2-normalised.
    ///
    /// # Shapes
    /// `pixel_values` is `[n, 3, image_size, image_size]`, float; the result is
    /// `[n, projection_dim]`.
    ///
    /// # Panics
    /// When `pixel_values` has another shape, or `n` is 0.
    pub fn embeddings(&self, pixel_values: Tensor<B, 4>) -> Tensor<B, 2> {
        let [n, channels, height, width] = pixel_values.dims();
        let (size, patch) = (self.config.image_size, self.config.patch_size);
        assert_eq!(
            [channels, height, width],
            [3, size, size],
            "shape of pixel_values after the batch dimension"
        );
        let side = self.config.patches_per_side();
        let patches = pixel_values
            .narrow(2, 0, side * patch)
            .narrow(3, 0, side * patch)
            .reshape([n, 3, side, patch, side, patch])
            .permute([0, 2, 4, 1, 3, 5])
            .reshape([n * side * side, 3 * patch * patch]);
        self.patch_embeddings(patches, n)
    }

    /// Image embeddings of `pixel_values` that lie in a slice, `[n, 3, h, w]`.
    pub(super) fn embeddings_of_slice(
        &self,
        pixel_values: &[f32],
        n: usize,
        device: &B::Device,
    ) -> Result<Tensor<B, 2>> {
        let patches = self.patches_of_slice(pixel_values, n, device)?;
        Ok(self.patch_embeddings(patches, n))
    }

    /// `[n, 3, h, w]` to `[n * patches, 3 * patch_size * patch_size]`.
    fn patches_of_slice(
        &self,
        pixel_values: &[f32],
        n: usize,
        device: &B::Device,
    ) -> Result<Tensor<B, 2>> {
        let image_len = self.config.pixel_values_len();
        if n.checked_mul(image_len) != Some(pixel_values.len()) {
            return Err(Error::Input {
                what: "pixel_values".into(),
                expected: format!("{n} images of {image_len} values"),
                found: format!("{} values", pixel_values.len()),
            });
        }
        let side = self.config.patches_per_side();
        let patch_len = 3 * self.config.patch_size * self.config.patch_size;
        let data = TensorData::new(
            patch_rows(pixel_values, &self.config),
            [n * side * side, patch_len],
        );
        Ok(Tensor::from_data(data, device))
    }

    /// What the last block but one says of each patch: the features that LLaVA shows its language
    /// model, `hidden_states[-2]` of the reference without the class token.
    ///
    /// # Shapes
    /// `pixel_values` is `n` images of `[3, image_size, image_size]`, one after the other, as
    /// [`Preprocessor`](crate::Preprocessor) makes them; the result is `[n, patches, hidden_size]`,
    /// patches row by row from the top left.
    ///
    /// # Errors
    /// [`Error::Input`]: `pixel_values` has another length.
    ///
    /// # Panics
    /// When `n` is 0.
    pub fn patch_features(
        &self,
        pixel_values: &[f32],
        n: usize,
        device: &B::Device,
    ) -> Result<Tensor<B, 3>> {
        let patches = self.patches_of_slice(pixel_values, n, device)?;
        let stream = self.before_last_block(patches, n);
        let (length, width) = (stream.length, self.config.hidden_size);
        let tokens = stream.rows.reshape([n, length, width]);
        Ok(tokens.narrow(1, 1, length - 1))
    }

    /// `patches` is `[n * patches, 3 * patch_size * patch_size]`.
    fn patch_embeddings(&self, patches: Tensor<B, 2>, n: usize) -> Tensor<B, 2> {
        if n == 1 && !self.on_host {
            // As in the text tower: products of a single row are not to be trusted on GPUs.
            let twice = Tensor::cat(vec![patches.clone(), patches], 0);
            return self.patch_embeddings(twice, 2).narrow(0, 0, 1);
        }
        let stream = self.before_last_block(patches, n);
        let pooled = self.last_block.forward(stream, &vec![0; n], &Sight::All);
        normalised(
            self.projection
                .forward(self.last_norm.forward(pooled, self.on_host)),
        )
    }

    /// The class token and the patches of each image, after all blocks but the last.
    fn before_last_block(&self, patches: Tensor<B, 2>, n: usize) -> Stream<B> {
        let (count, width) = (self.config.positions() - 1, self.config.hidden_size);
        let patches = self.patch_embedding.forward(patches);
        let patches = patches.reshape([n, count, width]) + self.positions.clone();
        let class_tokens = self.class_token.clone().expand([n, 1, width]);
        let tokens = Tensor::cat(vec![class_tokens, patches], 1);

        let length = count + 1;
        let rows = tokens.reshape([n * length, width]);
        let rows = self.first_norm.forward(rows, self.on_host);
        let mut stream = Stream {
            rows,
            batch: n,
            length,
            on_host: self.on_host,
        };
        for block in &self.blocks {
            stream = block.forward(stream, &Sight::All);
        }
        stream
    }
}

/// Cuts images into patches: `[n, 3, h, w]` to `[n * patches, 3 * p * p]`.
fn patch_rows(pixel_values: &[f32], config: &VisionConfig) -> Vec<f32> {
    let (size, patch, side) = (
        config.image_size,
        config.patch_size,
        config.patches_per_side(),
    );
    let n = pixel_values.len() / config.pixel_values_len();
    let mut rows = Vec::with_capacity(n * side * side * 3 * patch * patch);
    for image in pixel_values.chunks_exact(config.pixel_values_len()) {
        for patch_row in 0..side {
            for patch_column in 0..side {
                for channel in image.chunks_exact(size * size) {
                    let top = &channel[patch_row * patch * size..];
                    for line in top.chunks(size).take(patch) {
                        rows.extend_from_slice(&line[patch_column * patch..][..patch]);
                    }
                }
            }
        }
    }
    rows
}
