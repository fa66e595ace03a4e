//! The two layers with weights of their own.

use super::halves::widened;
use super::host::{self, HostWeight};
use burn::tensor::{Tensor, TensorPrimitive, backend::Backend};

/// `x W + b`.
#[derive(Debug, Clone)]
pub(super) struct Linear<B: Backend> {
    pub(super) weight: Weight<B>,
    pub(super) bias: Option<Tensor<B, 2>>,
    /// The bias again, for kernels that run on the host; empty where there is none.
    pub(super) bias_values: Vec<f32>,
}

/// `W`, `[in, out]`, with what multiplies it.
///
/// PyTorch stores `[out, in]`; weights are turned once, on loading, because a transposed
/// view on the right side of a product is where GPU matmul kernels have been wrong.
#[derive(Debug, Clone)]
pub(super) enum Weight<B: Backend> {
    /// The backend, in f32; where the device has f16 it may be kept as that.
    Backend(Tensor<B, 2>),
    /// A kernel of the host.
    Host(HostWeight),
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
        match &self.weight {
            Weight::Backend(weight) => x.matmul(widened(weight.clone())),
            Weight::Host(weight) => weight.product(x),
        }
    }
}

/// Layer normalisation over the last dimension.
#[derive(Debug, Clone)]
pub(super) struct LayerNorm<B: Backend> {
    pub(super) gamma: Tensor<B, 1>,
    pub(super) beta: Tensor<B, 1>,
    /// Both again, for the kernel that runs on the host.
    pub(super) gamma_values: Vec<f32>,
    pub(super) beta_values: Vec<f32>,
    pub(super) epsilon: f64,
}

impl<B: Backend> LayerNorm<B> {
    /// `on_host` says whether `x` lies in host memory, as in
    /// [`Stream`](super::block::Stream).
    ///
    /// # Shapes
    /// `[rows, width]`, kept.
    pub(super) fn forward(&self, x: Tensor<B, 2>, on_host: bool) -> Tensor<B, 2> {
        if on_host {
            return self.forward_beside(x).1;
        }
        Tensor::new(TensorPrimitive::Float(B::layer_norm(
            x.into_primitive().tensor(),
            self.gamma.clone().into_primitive().tensor(),
            Some(self.beta.clone().into_primitive().tensor()),
            self.epsilon,
        )))
    }

    /// For tensors in host memory: `x` itself and `x` normalised.
    ///
    /// Giving `x` back is what saves a copy of it where it is still needed.
    ///
    /// # Shapes
    /// `[rows, width]`, kept.
    pub(super) fn forward_beside(&self, x: Tensor<B, 2>) -> (Tensor<B, 2>, Tensor<B, 2>) {
        host::layer_norm(x, &self.gamma_values, &self.beta_values, self.epsilon)
    }
}
