//! The image tower.

use burn::module::{Module, Param};
use burn::tensor::{Int, Tensor, TensorData, backend::Backend};
use ofa_clip::ClipConfig;

use super::block::{Block, Sizes};
use super::layers::{self, Loader, Norm};
use crate::Result;
use crate::layout::Parameters;

/// From patches of pixels to image embeddings.
#[derive(Module, Debug)]
pub struct TrainedVision<B: Backend> {
    patch_embedding: Param<Tensor<B, 2>>,
    class_embedding: Param<Tensor<B, 1>>,
    positions: Param<Tensor<B, 2>>,
    first_norm: Norm<B>,
    blocks: Vec<Block<B>>,
    last_norm: Norm<B>,
    projection: Param<Tensor<B, 2>>,
    patch: usize,
}

const PREFIX: &str = "vision_model";

impl<B: Backend> TrainedVision<B> {
    pub(super) fn build(config: &ClipConfig, load: &mut Loader<'_, B>) -> Result<Self> {
        let (vision, projection) = (&config.vision, config.projection_dim);
        let (width, patch) = (vision.hidden_size, vision.patch_size);
        let eps = vision.layer_norm_eps;
        let sizes = Sizes {
            width,
            intermediate: vision.intermediate_size,
            heads: vision.num_attention_heads,
            eps,
        };
        Ok(Self {
            patch_embedding: load.matrix(
                &format!("{PREFIX}.embeddings.patch_embedding.weight"),
                &[width, 3, patch, patch],
            )?,
            class_embedding: load.vector(&format!("{PREFIX}.embeddings.class_embedding"), width)?,
            positions: load.table(
                &format!("{PREFIX}.embeddings.position_embedding.weight"),
                vision.positions(),
                width,
            )?,
            first_norm: load.layer_norm(&format!("{PREFIX}.pre_layrnorm"), width, eps)?,
            blocks: (0..vision.num_hidden_layers)
                .map(|layer| Block::build(load, &block_name(layer), sizes))
                .collect::<Result<_>>()?,
            last_norm: load.layer_norm(&format!("{PREFIX}.post_layernorm"), width, eps)?,
            projection: load.matrix("visual_projection.weight", &[projection, width])?,
            patch,
        })
    }

    pub(super) fn store(&self, into: &mut Parameters) -> Result<()> {
        let [_, width] = self.patch_embedding.dims();
        let name = |part: &str| format!("{PREFIX}.embeddings.{part}");
        layers::store_matrix(
            into,
            &name("patch_embedding.weight"),
            &[width, 3, self.patch, self.patch],
            &self.patch_embedding,
        )?;
        let class = name("class_embedding");
        layers::store(into, &class, &[width], &self.class_embedding)?;
        let positions = self.positions.dims();
        layers::store(
            into,
            &name("position_embedding.weight"),
            &positions,
            &self.positions,
        )?;
        self.first_norm
            .store(into, &format!("{PREFIX}.pre_layrnorm"))?;
        for (layer, block) in self.blocks.iter().enumerate() {
            block.store(into, &block_name(layer))?;
        }
        self.last_norm
            .store(into, &format!("{PREFIX}.post_layernorm"))?;
        layers::store_matrix(into, "visual_projection.weight", &[], &self.projection)
    }

    /// The last layer's weight, `[width, d]`.
    pub fn projection(&self) -> &Param<Tensor<B, 2>> {
        &self.projection
    }

    /// Image embeddings, L2-normalised.
    ///
    /// # Shapes
    /// `patches` `[n * patches, 3 * patch * patch]`, channel first within a patch, to `[n, d]`.
    pub fn embeddings(&self, patches: Tensor<B, 2>) -> Tensor<B, 2> {
        let device = patches.device();
        let [positions, width] = self.positions.dims();
        let n = patches.dims()[0] / (positions - 1);
        let tokens = patches.matmul(self.patch_embedding.val());
        let tokens = tokens.reshape([n, positions - 1, width]);
        let class = self.class_embedding.val().reshape([1, 1, width]);
        let class = class.expand([n, 1, width]);
        let tokens = Tensor::cat(vec![class, tokens], 1)
            + self.positions.val().reshape([1, positions, width]);
        let mut rows = self
            .first_norm
            .forward(tokens.reshape([n * positions, width]));
        let (last, earlier) = self.blocks.split_last().expect("a tower has blocks");
        for block in earlier {
            rows = block.forward(rows, positions, None);
        }
        let pooled: Vec<i32> = (0..n).map(|image| (image * positions) as i32).collect();
        let pooled = Tensor::<B, 1, Int>::from_data(TensorData::new(pooled, [n]), &device);
        let pooled = last.forward_pooled(rows, pooled, positions, None);
        super::normalised(self.last_norm.forward(pooled).matmul(self.projection.val()))
    }
}

fn block_name(layer: usize) -> String {
    format!("{PREFIX}.encoder.layers.{layer}")
}
