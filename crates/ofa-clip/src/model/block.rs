//! The transformer block that both towers are made of.

use super::attention::{attend, attend_one};
use super::host::{self, Visible};
use super::layers::{LayerNorm, Linear};
use super::load::Loader;
use crate::{Activation, Result};
use burn::tensor::{Int, Tensor, TensorData, activation, backend::Backend};

/// Sizes and switches of the blocks of one tower.
#[derive(Debug, Clone, Copy)]
pub(super) struct BlockConfig {
    pub(super) hidden_size: usize,
    pub(super) intermediate_size: usize,
    pub(super) heads: usize,
    pub(super) activation: Activation,
    pub(super) layer_norm_eps: f64,
}

/// A batch of sequences in the residual stream: `rows` is `[batch * length, hidden]`.
///
/// Two dimensions, so that every linear layer is one product over all tokens.
pub(super) struct Stream<B: Backend> {
    pub(super) rows: Tensor<B, 2>,
    pub(super) batch: usize,
    pub(super) length: usize,
    /// Whether `rows` lie in host memory, so that host kernels are used.
    pub(super) on_host: bool,
}

/// What the tokens of a sequence see, for kernels of the backend and of the host.
pub(super) enum Sight<B: Backend> {
    /// All tokens.
    All,
    /// Themselves and what is before them: added to the scores, `[1, 1, length, length]`.
    Past(Tensor<B, 4>),
}

/// A block that maps every token.
#[derive(Debug, Clone)]
pub(super) struct Block<B: Backend> {
    norm: LayerNorm<B>,
    query_key_value: Linear<B>,
    output: Linear<B>,
    mlp: Mlp<B>,
    heads: usize,
}

impl<B: Backend> Block<B> {
    pub(super) fn load(loader: &Loader<'_, B>, name: &str, config: BlockConfig) -> Result<Self> {
        let width = config.hidden_size;
        let attention = AttentionNames::new(name);
        Ok(Self {
            norm: loader.layer_norm(
                &format!("{name}.layer_norm1"),
                width,
                config.layer_norm_eps,
            )?,
            query_key_value: loader.linear(
                &[
                    (&attention.query, query_scale(config)),
                    (&attention.key, 1.0),
                    (&attention.value, 1.0),
                ],
                width,
                width,
            )?,
            output: loader.linear(&[(&attention.output, 1.0)], width, width)?,
            mlp: Mlp::load(loader, name, config)?,
            heads: config.heads,
        })
    }

    pub(super) fn forward(&self, x: Stream<B>, sight: &Sight<B>) -> Stream<B> {
        let Stream {
            rows,
            batch,
            length,
            on_host,
        } = x;
        if on_host {
            let (rows, normed) = self.norm.forward_beside(rows);
            let qkv = self.query_key_value.without_bias(normed);
            let bias = &self.query_key_value.bias_values;
            let visible = match sight {
                Sight::All => Visible::All,
                Sight::Past(_) => Visible::Past,
            };
            let attended = host::attend(qkv, bias, length, self.heads, visible);
            let output = self.output.without_bias(attended);
            let rows = host::add_with_bias(rows, output, &self.output.bias_values);
            return Stream {
                rows: self.mlp.forward_on_host(rows),
                batch,
                length,
                on_host,
            };
        }
        let mask = match sight {
            Sight::All => None,
            Sight::Past(mask) => Some(mask),
        };
        let normed = self.norm.forward(rows.clone(), false);
        let qkv = self.query_key_value.forward(normed);
        let attended = attend(qkv, batch, length, self.heads, mask);
        let rows = rows + self.output.forward(attended);
        Stream {
            rows: self.mlp.forward(rows),
            batch,
            length,
            on_host,
        }
    }
}

/// The last block, which computes only the one token of each sequence that is pooled.
///
/// All tokens are still needed as keys and values; queries, output projection and MLP,
/// five sixths of a block's work, are needed for one token of each sequence only.
#[derive(Debug, Clone)]
pub(super) struct PoolingBlock<B: Backend> {
    norm: LayerNorm<B>,
    query: Linear<B>,
    key_value: Linear<B>,
    output: Linear<B>,
    mlp: Mlp<B>,
    heads: usize,
}

impl<B: Backend> PoolingBlock<B> {
    pub(super) fn load(loader: &Loader<'_, B>, name: &str, config: BlockConfig) -> Result<Self> {
        let width = config.hidden_size;
        let attention = AttentionNames::new(name);
        Ok(Self {
            norm: loader.layer_norm(
                &format!("{name}.layer_norm1"),
                width,
                config.layer_norm_eps,
            )?,
            query: loader.linear(&[(&attention.query, query_scale(config))], width, width)?,
            key_value: loader.linear(
                &[(&attention.key, 1.0), (&attention.value, 1.0)],
                width,
                width,
            )?,
            output: loader.linear(&[(&attention.output, 1.0)], width, width)?,
            mlp: Mlp::load(loader, name, config)?,
            heads: config.heads,
        })
    }

    /// `pooled` are the positions of the tokens to keep, one for each sequence.
    ///
    /// # Shapes
    /// The result is `[batch, hidden]`.
    pub(super) fn forward(&self, x: Stream<B>, pooled: &[usize], sight: &Sight<B>) -> Tensor<B, 2> {
        let device = x.rows.device();
        let past_only = matches!(sight, Sight::Past(_));
        let seen: Vec<usize> = pooled
            .iter()
            .map(|position| if past_only { position + 1 } else { x.length })
            .collect();
        let places = pooled.iter().enumerate();
        let places = places.map(|(sequence, position)| sequence * x.length + position);
        let pooled = index_tensor(places, &device);
        if x.on_host {
            return self.forward_on_host(x, pooled, &seen);
        }
        let mask = past_only.then(|| seen_mask(&seen, x.length, &device));
        let normed = self.norm.forward(x.rows.clone(), false);
        let rows = x.rows.select(0, pooled.clone());
        let query = self.query.forward(normed.clone().select(0, pooled));
        let key_value = self.key_value.forward(normed);
        let attended = attend_one(query, key_value, x.length, self.heads, mask);
        self.mlp.forward(rows + self.output.forward(attended))
    }

    fn forward_on_host(
        &self,
        x: Stream<B>,
        pooled: Tensor<B, 1, Int>,
        seen: &[usize],
    ) -> Tensor<B, 2> {
        let (rows, normed) = self.norm.forward_beside(x.rows);
        let rows = rows.select(0, pooled.clone());
        let query = normed.clone().select(0, pooled);
        let attended = host::attend_one(
            self.query.without_bias(query),
            &self.query.bias_values,
            self.key_value.without_bias(normed),
            &self.key_value.bias_values,
            x.length,
            self.heads,
            seen,
        );
        let output = self.output.without_bias(attended);
        let rows = host::add_with_bias(rows, output, &self.output.bias_values);
        self.mlp.forward_on_host(rows)
    }
}

/// `x + fc2(activation(fc1(layer_norm(x))))`.
#[derive(Debug, Clone)]
struct Mlp<B: Backend> {
    norm: LayerNorm<B>,
    expand: Linear<B>,
    contract: Linear<B>,
    activation: Activation,
}

impl<B: Backend> Mlp<B> {
    fn load(loader: &Loader<'_, B>, name: &str, config: BlockConfig) -> Result<Self> {
        let (narrow, wide) = (config.hidden_size, config.intermediate_size);
        Ok(Self {
            norm: loader.layer_norm(
                &format!("{name}.layer_norm2"),
                narrow,
                config.layer_norm_eps,
            )?,
            expand: loader.linear(&[(&format!("{name}.mlp.fc1"), 1.0)], narrow, wide)?,
            contract: loader.linear(&[(&format!("{name}.mlp.fc2"), 1.0)], wide, narrow)?,
            activation: config.activation,
        })
    }

    fn forward(&self, rows: Tensor<B, 2>) -> Tensor<B, 2> {
        let normed = self.norm.forward(rows.clone(), false);
        let wide = self.expand.forward(normed);
        let active = match self.activation {
            Activation::QuickGelu => wide.clone() * activation::sigmoid(wide * 1.702),
            Activation::Gelu => activation::gelu(wide),
        };
        rows + self.contract.forward(active)
    }

    fn forward_on_host(&self, rows: Tensor<B, 2>) -> Tensor<B, 2> {
        let (rows, normed) = self.norm.forward_beside(rows);
        let wide = self.expand.without_bias(normed);
        let active = host::activate(wide, &self.expand.bias_values, self.activation);
        let narrow = self.contract.without_bias(active);
        host::add_with_bias(rows, narrow, &self.contract.bias_values)
    }
}

/// Added to the score of a token that must not be seen. Its exponential is 0 in f32, and
/// unlike an infinity it is a number that every shader compiler lets through.
const HIDDEN: f32 = -1e9;

/// `[1, 1, length, length]`: a token sees itself and what is before it.
pub(super) fn past_mask<B: Backend>(length: usize, device: &B::Device) -> Tensor<B, 4> {
    let rows = (0..length)
        .flat_map(|query| (0..length).map(move |key| if key <= query { 0.0 } else { HIDDEN }));
    let data = TensorData::new(rows.collect::<Vec<f32>>(), [1, 1, length, length]);
    Tensor::from_data(data, device)
}

/// `[batch, length, 1]`: the pooled token of each sequence sees the first `seen` tokens.
fn seen_mask<B: Backend>(seen: &[usize], length: usize, device: &B::Device) -> Tensor<B, 3> {
    let rows = seen
        .iter()
        .flat_map(|seen| (0..length).map(move |key| if key < *seen { 0.0 } else { HIDDEN }));
    let data = TensorData::new(rows.collect::<Vec<f32>>(), [seen.len(), length, 1]);
    Tensor::from_data(data, device)
}

fn index_tensor<B: Backend>(
    indices: impl Iterator<Item = usize>,
    device: &B::Device,
) -> Tensor<B, 1, Int> {
    let indices: Vec<i32> = indices.map(|index| index as i32).collect();
    let count = indices.len();
    Tensor::from_data(TensorData::new(indices, [count]), device)
}

struct AttentionNames {
    query: String,
    key: String,
    value: String,
    output: String,
}

impl AttentionNames {
    fn new(block: &str) -> Self {
        let name = |projection: &str| format!("{block}.self_attn.{projection}_proj");
        Self {
            query: name("q"),
            key: name("k"),
            value: name("v"),
            output: name("out"),
        }
    }
}

/// Scores are divided by the square root of a head's width; done once, on the weights.
fn query_scale(config: BlockConfig) -> f32 {
    let head_width = (config.hidden_size / config.heads) as f64;
    head_width.sqrt().recip() as f32
}
