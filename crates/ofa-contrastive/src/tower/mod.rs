//! The two towers of a CLIP as modules that can be trained.
//!
//! `ofa-clip` runs towers whose weights are fixed, in a layout of its own that has no gradients.
//! These here have the same arithmetic, written plainly in the backend's operations; a test runs
//! both on the same checkpoint.

mod block;
mod layers;
mod start;
mod text;
mod vision;

pub(crate) use layers::read;
pub use text::TrainedText;
pub use vision::TrainedVision;

use burn::module::{Module, Param};
use burn::tensor::{Tensor, backend::Backend};
use ofa_clip::ClipConfig;

use crate::layout::Parameters;
use crate::{Error, Result};

/// Both towers and the temperature.
#[derive(Module, Debug)]
pub struct TrainedClip<B: Backend> {
    /// The image tower.
    pub vision: TrainedVision<B>,
    /// The text tower.
    pub text: TrainedText<B>,
    /// `logit_scale`: the logarithm of what cosines are multiplied with, `[1]`.
    pub logit_scale: Param<Tensor<B, 1>>,
}

impl<B: Backend> TrainedClip<B> {
    /// Towers with start values that follow from the seed.
    ///
    /// # Errors
    /// [`Error::Config`] where the configuration asks for what is not trained here.
    pub fn from_seed(config: &ClipConfig, seed: u64, device: &B::Device) -> Result<Self> {
        Self::build(config, &mut start::StartValues::new(config, seed), device)
    }

    /// Towers with the weights of a checkpoint.
    ///
    /// # Errors
    /// [`Error::Config`] as above, [`Error::Checkpoint`] where a weight is not there.
    pub fn from_parameters(
        config: &ClipConfig,
        parameters: &Parameters,
        device: &B::Device,
    ) -> Result<Self> {
        Self::build(config, &mut layers::Stored(parameters), device)
    }

    fn build(
        config: &ClipConfig,
        weights: &mut dyn layers::Weights,
        device: &B::Device,
    ) -> Result<Self> {
        check(config)?;
        let mut load = layers::Loader::new(weights, device);
        let built = Self {
            vision: TrainedVision::build(config, &mut load)?,
            text: TrainedText::build(config, &mut load)?,
            logit_scale: load.vector("logit_scale", 1)?,
        };
        Ok(built)
    }

    /// The weights under their names in a Hugging Face checkpoint.
    ///
    /// # Errors
    /// [`Error::Backend`] where a tensor cannot be read back.
    pub fn parameters(&self) -> Result<Parameters> {
        let mut store = Parameters::new();
        self.vision.store(&mut store)?;
        self.text.store(&mut store)?;
        layers::store(&mut store, "logit_scale", &[], &self.logit_scale)?;
        Ok(store)
    }
}

fn check(config: &ClipConfig) -> Result<()> {
    let activations = [config.vision.hidden_act, config.text.hidden_act];
    if activations != [ofa_clip::Activation::QuickGelu; 2] {
        return Err(Error::Config("the towers are trained with quick_gelu"));
    }
    Ok(())
}

/// Rows of length 1.
fn normalised<B: Backend>(rows: Tensor<B, 2>) -> Tensor<B, 2> {
    let length = (rows.clone() * rows.clone()).sum_dim(1).sqrt();
    rows / length
}
