//! The weights that training starts from.

use burn::module::Param;
use burn::nn::{LayerNorm, LayerNormConfig, Linear};
use burn::tensor::{Tensor, TensorData, backend::Backend};
use ofa_core::rng::{Purpose, Rng};

/// Gives parameters their start values, each from a stream of its own, numbered in the order in
/// which they are asked for.
pub(super) struct InitialWeights<'a, B: Backend> {
    seed: u64,
    next: u64,
    device: &'a B::Device,
}

impl<'a, B: Backend> InitialWeights<'a, B> {
    pub(super) fn new(seed: u64, device: &'a B::Device) -> Self {
        Self {
            seed,
            next: 0,
            device,
        }
    }

    /// Uniform in ±`bound`.
    pub(super) fn uniform<const D: usize>(
        &mut self,
        shape: [usize; D],
        bound: f64,
    ) -> Param<Tensor<B, D>> {
        let mut rng = Rng::new(self.seed, Purpose::AnswerInit, self.next, 0);
        self.next += 1;
        let values: Vec<f32> = (0..shape.iter().product())
            .map(|_| ((2.0 * rng.unit_f64() - 1.0) * bound) as f32)
            .collect();
        Param::from_data(TensorData::new(values, shape), self.device)
    }

    /// Weights whose outputs vary as much as rectified inputs do (He's uniform), biases of 0.
    pub(super) fn linear(&mut self, inputs: usize, outputs: usize) -> Linear<B> {
        self.scaled_linear(inputs, outputs, 1.0)
    }

    /// As [`linear`](Self::linear) with weights so many times as large; 0 starts as a constant.
    pub(super) fn scaled_linear(&mut self, inputs: usize, outputs: usize, scale: f64) -> Linear<B> {
        let weight = self.uniform([inputs, outputs], scale * (3.0 / inputs as f64).sqrt());
        let bias = Param::from_data(TensorData::zeros::<f32, _>([outputs]), self.device);
        Linear {
            weight,
            bias: Some(bias),
        }
    }

    pub(super) fn norm(&self, width: usize) -> LayerNorm<B> {
        LayerNormConfig::new(width).init(self.device)
    }
}
