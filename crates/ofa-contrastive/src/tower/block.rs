//! The transformer block of both towers.

use burn::module::Module;
use burn::tensor::activation::{sigmoid, softmax};
use burn::tensor::{Tensor, backend::Backend};

use super::layers::{Linear, Loader, Norm};
use crate::Result;
use crate::layout::Parameters;

/// Sizes of the blocks of a tower.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    pub(super) width: usize,
    pub(super) intermediate: usize,
    pub(super) heads: usize,
    pub(super) eps: f64,
}

#[derive(Module, Debug)]
pub(super) struct Block<B: Backend> {
    norm1: Norm<B>,
    query: Linear<B>,
    key: Linear<B>,
    value: Linear<B>,
    output: Linear<B>,
    norm2: Norm<B>,
    expand: Linear<B>,
    contract: Linear<B>,
    heads: usize,
}

impl<B: Backend> Block<B> {
    pub(super) fn build(load: &mut Loader<'_, B>, name: &str, sizes: Sizes) -> Result<Self> {
        let Sizes {
            width,
            intermediate,
            heads,
            eps,
        } = sizes;
        let mut attention =
            |part: &str| load.linear(&format!("{name}.self_attn.{part}"), width, width);
        let (query, key) = (attention("q_proj")?, attention("k_proj")?);
        let (value, output) = (attention("v_proj")?, attention("out_proj")?);
        Ok(Self {
            norm1: load.layer_norm(&format!("{name}.layer_norm1"), width, eps)?,
            query,
            key,
            value,
            output,
            norm2: load.layer_norm(&format!("{name}.layer_norm2"), width, eps)?,
            expand: load.linear(&format!("{name}.mlp.fc1"), width, intermediate)?,
            contract: load.linear(&format!("{name}.mlp.fc2"), intermediate, width)?,
            heads,
        })
    }

    pub(super) fn store(&self, into: &mut Parameters, name: &str) -> Result<()> {
        self.norm1.store(into, &format!("{name}.layer_norm1"))?;
        for (part, linear) in [
            ("self_attn.q_proj", &self.query),
            ("self_attn.k_proj", &self.key),
            ("self_attn.v_proj", &self.value),
            ("self_attn.out_proj", &self.output),
            ("mlp.fc1", &self.expand),
            ("mlp.fc2", &self.contract),
        ] {
            linear.store(into, &format!("{name}.{part}"))?;
        }
        self.norm2.store(into, &format!("{name}.layer_norm2"))
    }

    /// Maps every token. `rows` is `[batch * length, width]`; `mask` is added to the scores,
    /// `[1, length, length]`.
    pub(super) fn forward(
        &self,
        rows: Tensor<B, 2>,
        length: usize,
        mask: Option<&Tensor<B, 3>>,
    ) -> Tensor<B, 2> {
        let normed = self.norm1.forward(rows.clone());
        let query = self.split(self.query.forward(normed.clone()), length);
        let key = self.split(self.key.forward(normed.clone()), length);
        let value = self.split(self.value.forward(normed), length);
        let attended = self.joined(self.attend(query, key, value, mask));
        self.rest(rows, attended)
    }

    /// Maps one token of each sequence, which sees all that the mask lets it.
    ///
    /// # Shapes
    /// `rows` `[batch * length, width]`, `pooled` the row of each sequence's token, `mask`
    /// `[batch * heads, 1, length]`; the result is `[batch, width]`.
    pub(super) fn forward_pooled(
        &self,
        rows: Tensor<B, 2>,
        pooled: Tensor<B, 1, burn::tensor::Int>,
        length: usize,
        mask: Option<&Tensor<B, 3>>,
    ) -> Tensor<B, 2> {
        let normed = self.norm1.forward(rows.clone());
        let query = normed.clone().select(0, pooled.clone());
        let query = self.split(self.query.forward(query), 1);
        let key = self.split(self.key.forward(normed.clone()), length);
        let value = self.split(self.value.forward(normed), length);
        let attended = self.joined(self.attend(query, key, value, mask));
        self.rest(rows.select(0, pooled), attended)
    }

    /// What attention gave joins the stream, then the MLP.
    fn rest(&self, rows: Tensor<B, 2>, attended: Tensor<B, 2>) -> Tensor<B, 2> {
        let rows = rows + self.output.forward(attended);
        let wide = self.expand.forward(self.norm2.forward(rows.clone()));
        // quick_gelu
        let active = wide.clone() * sigmoid(wide * 1.702);
        rows + self.contract.forward(active)
    }

    /// `[batch * heads, queries, head]` from three such, `queries` of 1 or of the whole length.
    fn attend(
        &self,
        query: Tensor<B, 3>,
        key: Tensor<B, 3>,
        value: Tensor<B, 3>,
        mask: Option<&Tensor<B, 3>>,
    ) -> Tensor<B, 3> {
        let scale = (query.dims()[2] as f64).sqrt().recip();
        let scores = (query * scale).matmul(key.swap_dims(1, 2));
        let scores = match mask {
            Some(mask) => scores + mask.clone(),
            None => scores,
        };
        softmax(scores, 2).matmul(value)
    }

    /// `[batch * length, width]` to `[batch * heads, length, head]`.
    fn split(&self, rows: Tensor<B, 2>, length: usize) -> Tensor<B, 3> {
        let [all, width] = rows.dims();
        let (batch, head) = (all / length, width / self.heads);
        rows.reshape([batch, length, self.heads, head])
            .swap_dims(1, 2)
            .reshape([batch * self.heads, length, head])
    }

    /// Back to `[batch * length, width]`.
    fn joined(&self, heads: Tensor<B, 3>) -> Tensor<B, 2> {
        let [all, length, head] = heads.dims();
        let batch = all / self.heads;
        heads
            .reshape([batch, self.heads, length, head])
            .swap_dims(1, 2)
            .reshape([batch * length, self.heads * head])
    }
}
