use super::block::{Block, BlockConfig, PoolingBlock, Sight, Stream, past_mask};
use super::halves::widened;
use super::layers::{LayerNorm, Linear};
use super::load::Loader;
use super::{host, normalised};
use crate::{Checkpoint, ClipConfig, Error, Result, TextConfig};
use burn::tensor::{Int, Tensor, TensorData, backend::Backend};

/// The text tower: from `input_ids` to text embeddings.
#[derive(Debug, Clone)]
pub struct TextTower<B: Backend> {
    config: TextConfig,
    on_host: bool,
    /// One row for each token; see [`widened`].
    tokens: Tensor<B, 2>,
    positions: Tensor<B, 2>,
    blocks: Vec<Block<B>>,
    last_block: PoolingBlock<B>,
    last_norm: LayerNorm<B>,
    projection: Linear<B>,
}

impl<B: Backend> TextTower<B> {
    /// Loads the text tower from a checkpoint of a whole CLIP model.
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
        let config = config.text.clone();
        let (width, eps) = (config.hidden_size, config.layer_norm_eps);
        let block_config = BlockConfig {
            hidden_size: width,
            intermediate_size: config.intermediate_size,
            heads: config.num_attention_heads,
            activation: config.hidden_act,
            layer_norm_eps: eps,
        };
        let block = |index: usize| format!("text_model.encoder.layers.{index}");
        let last = config.num_hidden_layers - 1;
        let table = |name: &str, rows: usize| -> Result<Vec<f32>> {
            let name = format!("text_model.embeddings.{name}.weight");
            loader.rows(&name, &[rows, width])
        };
        let (vocabulary, context) = (config.vocab_size, config.max_position_embeddings);
        checkpoint.check_layers(
            "text_model",
            "text_config.num_hidden_layers",
            config.num_hidden_layers,
        )?;
        Ok(Self {
            tokens: loader.matrix(table("token_embedding", vocabulary)?, [vocabulary, width]),
            positions: loader.tensor(table("position_embedding", context)?, [context, width]),
            blocks: (0..last)
                .map(|index| Block::load(loader, &block(index), block_config))
                .collect::<Result<_>>()?,
            last_block: PoolingBlock::load(loader, &block(last), block_config)?,
            last_norm: loader.layer_norm("text_model.final_layer_norm", width, eps)?,
            projection: loader.projection("text_projection", &[projection_dim, width])?,
            on_host: host::is_host_memory::<B>(device),
            config,
        })
    }

    /// See [`ClipEncoder::with_host_kernels`](crate::ClipEncoder::with_host_kernels).
    pub(super) fn set_host_kernels(&mut self, on_host: bool) {
        self.on_host = on_host;
    }

    /// Text embeddings, L2-normalised.
    ///
    /// A text is pooled at its end position. Attention is causal, so tokens after it change
    /// nothing: pad with any token.
    ///
    /// # Shapes
    /// `input_ids` is `[n, length]`; `end_positions` has one position in `0..length` for
    /// each row; the result is `[n, projection_dim]`.
    ///
    /// # Panics
    /// When `n` or `length` is 0, `length` is above `max_position_embeddings`, or
    /// `end_positions` does not fit `input_ids`. Token ids are not checked.
    pub fn embeddings(
        &self,
        input_ids: Tensor<B, 2, Int>,
        end_positions: &[usize],
    ) -> Tensor<B, 2> {
        let device = input_ids.device();
        let [n, length] = input_ids.dims();
        assert_eq!(end_positions.len(), n, "one end position for each text");
        assert!(
            end_positions.iter().all(|position| *position < length),
            "end positions are within {length} tokens"
        );
        if n == 1 && !self.on_host {
            // Products of a single row have been wrong on GPUs (wgpu: a cosine of 0.36 to the
            // same text in a batch), so one text is computed as two.
            let twice = Tensor::cat(vec![input_ids.clone(), input_ids], 0);
            let ends = [end_positions[0]; 2];
            return self.embeddings(twice, &ends).narrow(0, 0, 1);
        }
        let width = self.config.hidden_size;
        let tokens = self.tokens.clone();
        let tokens = tokens.select(0, input_ids.reshape([n * length]));
        let tokens = widened(tokens).reshape([n, length, width]);
        let positions = self.positions.clone().narrow(0, 0, length);
        let tokens = tokens + positions.reshape([1, length, width]);

        let sight = Sight::Past(past_mask(length, &device));
        let mut stream = Stream {
            rows: tokens.reshape([n * length, width]),
            batch: n,
            length,
            on_host: self.on_host,
        };
        for block in &self.blocks {
            stream = block.forward(stream, &sight);
        }
        let pooled = self.last_block.forward(stream, end_positions, &sight);
        normalised(
            self.projection
                .forward(self.last_norm.forward(pooled, self.on_host)),
        )
    }

    /// Text embeddings of token ids that lie in slices; computes nothing past the end token.
    pub(super) fn embeddings_of_slices(
        &self,
        input_ids: &[Vec<u32>],
        device: &B::Device,
    ) -> Result<Tensor<B, 2>> {
        for (text, ids) in input_ids.iter().enumerate() {
            self.check(text, ids)?;
        }
        let ends: Vec<usize> = input_ids
            .iter()
            .map(|ids| self.config.end_token.position(ids))
            .collect();
        let length = ends.iter().max().map_or(1, |end| end + 1);
        let mut padded = Vec::with_capacity(input_ids.len() * length);
        for (ids, end) in input_ids.iter().zip(&ends) {
            padded.extend(ids[..=*end].iter().map(|id| *id as i32));
            padded.extend(std::iter::repeat_n(0, length - 1 - end));
        }
        let data = TensorData::new(padded, [input_ids.len(), length]);
        Ok(self.embeddings(Tensor::from_data(data, device), &ends))
    }

    fn check(&self, text: usize, ids: &[u32]) -> Result<()> {
        let context = self.config.max_position_embeddings;
        if ids.is_empty() || ids.len() > context {
            return Err(Error::Input {
                what: format!("input_ids of text {text}"),
                expected: format!("between 1 and {context} tokens"),
                found: ids.len().to_string(),
            });
        }
        let vocab_size = self.config.vocab_size;
        match ids.iter().find(|id| **id as usize >= vocab_size) {
            None => Ok(()),
            Some(id) => Err(Error::Input {
                what: format!("input_ids of text {text}"),
                expected: format!("token ids below vocab_size {vocab_size}"),
                found: id.to_string(),
            }),
        }
    }
}
