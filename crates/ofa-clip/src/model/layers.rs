//! The two layers with weights of their own.

use burn::tensor::{Tensor, TensorPrimitive, backend::Backend};

/// `x W + b`, with `W` stored `[in, out]` in row-major order.
///
/// PyTorch stores `[out, in]`; weights are turned once, on loading, because a transposed
/// view on the right side of a product is where GPU matmul kernels have been wrong.
#[derive(Debug, Clone)]
pub(super) struct Linear<B: Backend> {
    pub(super) weight: Tensor<B, 2>,
    pub(super) bias: Option<Tensor<B, 2>>,
    /// The bias again, for kernels that run on the host; empty where there is none.
    pub(super) bias_values: Vec<f32>,
}

impl<B: Backend> Linear<B> {
    /// # Shapes
    /// `[rows, in]` to `[rows, out]`.
    pub(super) fn forward(&self, x: Tensor<B, 2>) -> Tensor<B, 2> {
        let y = self.without_bias(x);
        match &self.bias {
            Some(bias) => y + bias.clone(),
            None => y,
        }
    }

    /// `x W`, for callers that add `bias_values` in a pass of their own.
    pub(super) fn without_bias(&self, x: Tensor<B, 2>) -> Tensor<B, 2> {
        x.matmul(self.weight.clone())
    }
}

/// Layer normalisation over the last dimension.
#[derive(Debug, Clone)]
pub(super) struct LayerNorm<B: Backend> {
    pub(super) gamma: Tensor<B, 1>,
    pub(super) beta: Tensor<B, 1>,
    pub(super) epsilon: f64,
}

impl<B: Backend> LayerNorm<B> {
    /// # Shapes
    /// `[rows, width]`, kept.
    pub(super) fn forward(&self, x: Tensor<B, 2>) -> Tensor<B, 2> {
        Tensor::new(TensorPrimitive::Float(B::layer_norm(
            x.into_primitive().tensor(),
            self.gamma.clone().into_primitive().tensor(),
            Some(self.beta.clone().into_primitive().tensor()),
            self.epsilon,
        )))
    }
}
