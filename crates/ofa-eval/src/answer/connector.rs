//! From the frozen features of patches to what questions are asked of.

use burn::module::{Module, Param};
use burn::nn::{LayerNorm, Linear};
use burn::tensor::activation::relu;
use burn::tensor::{Tensor, backend::Backend};

use super::grid::Neighbourhood;
use super::initial_weights::InitialWeights;
use crate::frozen_encoder::FrozenSizes;

/// What connects the frozen image tower to the rest, as LLaVA's connector does.
///
/// ```text
/// linear + place                 [b, side, side, channels]
/// x + conv3x3(relu(norm(x)))     [b, side, side, channels]
/// ```
#[derive(Module, Debug)]
pub struct Connector<B: Backend> {
    linear: Linear<B>,
    /// Where a patch is, `[1, side * side * channels]`.
    place: Param<Tensor<B, 2>>,
    norm: LayerNorm<B>,
    convolution: Neighbourhood<B>,
}

impl<B: Backend> Connector<B> {
    pub(super) fn new(
        sizes: FrozenSizes,
        channels: usize,
        weights: &mut InitialWeights<'_, B>,
    ) -> Self {
        Self {
            linear: weights.linear(sizes.width, channels),
            place: weights.uniform([1, sizes.side * sizes.side * channels], 0.5),
            norm: weights.norm(channels),
            convolution: Neighbourhood::new(channels, 0.7, weights),
        }
    }

    /// # Shapes
    /// `patches`: `[b, side * side, width]`; the result is `[b, side, side, channels]`.
    pub fn forward(&self, patches: Tensor<B, 3>) -> Tensor<B, 4> {
        let [b, count, width] = patches.dims();
        let side = count.isqrt();
        let hidden = self.linear.forward(patches.reshape([b * count, width]));
        let channels = hidden.dims()[1];
        let hidden = hidden.reshape([b, count * channels]) + self.place.val();
        let hidden = hidden.reshape([b, side, side, channels]);
        let inner = relu(self.norm.forward(hidden.clone()));
        hidden + self.convolution.forward(inner)
    }
}
