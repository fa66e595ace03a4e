//! The text tower.

use burn::module::{Module, Param};
use burn::tensor::{Int, Tensor, TensorData, backend::Backend};
use ofa_clip::ClipConfig;

use super::block::{Block, Sizes};
use super::layers::{self, Loader, Norm};
use crate::Result;
use crate::layout::Parameters;

/// From token ids to text embeddings.
#[derive(Module, Debug)]
pub struct TrainedText<B: Backend> {
    tokens: Param<Tensor<B, 2>>,
    positions: Param<Tensor<B, 2>>,
    blocks: Vec<Block<B>>,
    last_norm: Norm<B>,
    projection: Param<Tensor<B, 2>>,
    heads: usize,
}

const PREFIX: &str = "text_model";

/// Added to the score of a token that must not be seen.
const HIDDEN: f32 = -1e9;

impl<B: Backend> TrainedText<B> {
    pub(super) fn build(config: &ClipConfig, load: &mut Loader<'_, B>) -> Result<Self> {
        let (text, projection) = (&config.text, config.projection_dim);
        let (width, eps) = (text.hidden_size, text.layer_norm_eps);
        let sizes = Sizes {
            width,
            intermediate: text.intermediate_size,
            heads: text.num_attention_heads,
            eps,
        };
        let name = |part: &str| format!("{PREFIX}.embeddings.{part}_embedding.weight");
        Ok(Self {
            tokens: load.table(&name("token"), text.vocab_size, width)?,
            positions: load.table(&name("position"), text.max_position_embeddings, width)?,
            blocks: (0..text.num_hidden_layers)
                .map(|layer| Block::build(load, &block_name(layer), sizes))
                .collect::<Result<_>>()?,
            last_norm: load.layer_norm(&format!("{PREFIX}.final_layer_norm"), width, eps)?,
            projection: load.matrix("text_projection.weight", &[projection, width])?,
            heads: text.num_attention_heads,
        })
    }

    pub(super) fn store(&self, into: &mut Parameters) -> Result<()> {
        for (part, table) in [("token", &self.tokens), ("position", &self.positions)] {
            let name = format!("{PREFIX}.embeddings.{part}_embedding.weight");
            layers::store(into, &name, &table.dims(), table)?;
        }
        for (layer, block) in self.blocks.iter().enumerate() {
            block.store(into, &block_name(layer))?;
        }
        self.last_norm
            .store(into, &format!("{PREFIX}.final_layer_norm"))?;
        layers::store_matrix(into, "text_projection.weight", &[], &self.projection)
    }

    /// Text embeddings, L2-normalised.
    ///
    /// # Shapes
    /// `input_ids` rows of one length, padded with anything after their end token; `ends` the
    /// position of each end token; the result is `[n, d]`.
    pub fn embeddings(
        &self,
        input_ids: &[i32],
        ends: &[usize],
        device: &B::Device,
    ) -> Tensor<B, 2> {
        let n = ends.len();
        let length = input_ids.len() / n;
        let [_, width] = self.tokens.dims();
        let ids = TensorData::new(input_ids.to_vec(), [n * length]);
        let ids = Tensor::<B, 1, Int>::from_data(ids, device);
        let tokens = self.tokens.val().select(0, ids);
        let positions = self.positions.val().narrow(0, 0, length);
        let tokens = tokens.reshape([n, length, width]) + positions.reshape([1, length, width]);
        let mut rows = tokens.reshape([n * length, width]);

        let past = (0..length).flat_map(|seer| (0..length).map(move |seen| hidden(seen > seer)));
        let past = TensorData::new(past.collect::<Vec<_>>(), [1, length, length]);
        let past = Tensor::<B, 3>::from_data(past, device);
        let (last, earlier) = self.blocks.split_last().expect("a tower has blocks");
        for block in earlier {
            rows = block.forward(rows, length, Some(&past));
        }
        let pooled: Vec<i32> = (0..n)
            .map(|text| (text * length + ends[text]) as i32)
            .collect();
        let pooled = Tensor::<B, 1, Int>::from_data(TensorData::new(pooled, [n]), device);
        let mut seen = Vec::with_capacity(n * self.heads * length);
        for &end in ends {
            for _ in 0..self.heads {
                seen.extend((0..length).map(|position| hidden(position > end)));
            }
        }
        let seen = TensorData::new(seen, [n * self.heads, 1, length]);
        let seen = Tensor::<B, 3>::from_data(seen, device);
        let pooled = last.forward_pooled(rows, pooled, length, Some(&seen));
        super::normalised(self.last_norm.forward(pooled).matmul(self.projection.val()))
    }
}

fn hidden(is_hidden: bool) -> f32 {
    if is_hidden { HIDDEN } else { 0.0 }
}

fn block_name(layer: usize) -> String {
    format!("{PREFIX}.encoder.layers.{layer}")
}
