//! The weights that training starts from.

use ofa_clip::ClipConfig;
use ofa_core::rng::{Purpose, Rng};

use super::layers::Weights;
use crate::Result;

/// Start values as CLIP's: normal numbers whose spread falls with width and depth, so that the
/// residual stream keeps its size. Each tensor has a stream of random numbers of its own.
pub(super) struct StartValues {
    seed: u64,
    tensors: u64,
    vision_layers: usize,
    text_layers: usize,
}

/// The logarithm of 1 / 0.07, CLIP's first temperature.
const LOGIT_SCALE: f32 = 2.6592;

impl StartValues {
    pub(super) fn new(config: &ClipConfig, seed: u64) -> Self {
        Self {
            seed,
            tensors: 0,
            vision_layers: config.vision.num_hidden_layers,
            text_layers: config.text.num_hidden_layers,
        }
    }

    /// The standard deviation of a weight.
    fn deviation(&self, name: &str, shape: &[usize]) -> f64 {
        let fan_in: usize = shape[1..].iter().product();
        let layers = if name.starts_with("vision") {
            self.vision_layers
        } else {
            self.text_layers
        };
        let narrow = (fan_in.max(1) as f64).sqrt().recip();
        match name {
            _ if name.contains("token_embedding") || name.contains("position_embedding") => 0.02,
            _ if name.contains("out_proj") || name.contains("fc2") => {
                narrow / (2.0 * layers as f64).sqrt()
            }
            _ => narrow,
        }
    }
}

impl Weights for StartValues {
    fn values(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let length: usize = shape.iter().product();
        self.tensors += 1;
        if name == "logit_scale" {
            return Ok(vec![LOGIT_SCALE]);
        }
        if name.ends_with("bias") {
            return Ok(vec![0.0; length]);
        }
        if name.contains("norm") {
            return Ok(vec![1.0; length]);
        }
        let deviation = match shape {
            [_] => 0.02,
            _ => self.deviation(name, shape),
        };
        let mut rng = Rng::new(self.seed, Purpose::EncoderInit, self.tensors, 0);
        Ok((0..length)
            .map(|_| (deviation * normal(&mut rng)) as f32)
            .collect())
    }
}

/// A number of the standard normal distribution, by Box and Muller.
fn normal(rng: &mut Rng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.unit_f64()).ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.unit_f64()).cos()
}
