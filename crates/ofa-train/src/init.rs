//! The weights that training starts from.
use burn::tensor::backend::Backend;
use ofa_core::rng::{Purpose, Rng};
use ofa_core::selector::SelectorConfig;

use crate::{FusionClassifier, Result};

impl<B: Backend> FusionClassifier<B> {
    /// A classifier with start values that follow from `seed` alone: PyTorch's defaults.
    ///
    /// # Errors
    /// Those of [`SelectorConfig::check`].
    pub fn from_seed(config: &SelectorConfig, seed: u64, device: &B::Device) -> Result<Self> {
        config.check()?;
        Ok(Self::from_source(config, device, &mut |name, shape| {
            initial_values(config, seed, name, shape)
        }))
    }
}

/// The start value of a parameter: PyTorch's defaults, from the project's own generator.
///
/// A weight or bias of a linear layer is uniform in ±1/sqrt(fan_in), layer norm is the identity,
/// `interaction_scale` is 0.1. Each parameter has a stream of its own, numbered here, so that the
/// shared layers of two fusion modes start alike. The numbers are part of the seed's meaning:
/// changing them changes every selector.
fn initial_values(config: &SelectorConfig, seed: u64, name: &str, shape: &[usize]) -> Vec<f32> {
    let length = shape.iter().product();
    let (d, hidden, gate_hidden) = (
        config.feature_dim,
        config.hidden_dim,
        config.gate_hidden_dim,
    );
    let (stream, fan_in) = match name {
        "output.0.weight" => return vec![1.0; length],
        "output.0.bias" => return vec![0.0; length],
        "interaction_scale" => return vec![0.1; length],
        "image_branch.0.weight" => (0, d),
        "image_branch.0.bias" => (1, d),
        "text_branch.0.weight" => (2, d),
        "text_branch.0.bias" => (3, d),
        "interaction_branch.weight" => (4, d),
        "gate.0.weight" => (5, 3 * d),
        "gate.0.bias" => (6, 3 * d),
        "gate.2.weight" => (7, gate_hidden),
        "gate.2.bias" => (8, gate_hidden),
        "output.3.weight" => (9, hidden),
        "output.3.bias" => (10, hidden),
        "concat.weight" => (11, 2 * d),
        "concat.bias" => (12, 2 * d),
        _ => unreachable!("no parameter is called {name}"),
    };
    let mut rng = Rng::new(seed, Purpose::SelectorInit, stream, 0);
    let bound = 1.0 / (fan_in as f64).sqrt();
    (0..length)
        .map(|_| ((2.0 * rng.unit_f64() - 1.0) * bound) as f32)
        .collect()
}
