//! The backends, and what is made on them.

use burn::backend::Autodiff;
#[cfg(feature = "candle")]
use burn_candle::{Candle, CandleDevice};
use burn_flex::{Flex, FlexDevice};
#[cfg(feature = "wgpu")]
use burn_wgpu::{Wgpu, WgpuDevice};
use ofa_clip::{Checkpoint, ClipConfig, ClipEncoder};
use ofa_core::selector::{SelectorConfig, SelectorWeights};
use ofa_train::{FusionClassifier, LabelledRows, Learner, Predictions, TrainOptions, Trainer};

use crate::Encoder;

/// A backend that this program has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// The CPU, with all its threads and SIMD.
    Flex,
    /// The CPU, by candle.
    #[cfg(feature = "candle")]
    Candle,
    /// The default adapter, by Vulkan, Metal or Direct3D 12.
    #[cfg(feature = "wgpu")]
    Wgpu,
}

/// Calls a generic function with the types and the device of a backend.
macro_rules! on {
    ($backend:expr, |$type:ident, $device:ident| $work:expr) => {
        match $backend {
            Backend::Flex => {
                type $type = Flex;
                let $device = FlexDevice;
                $work
            }
            #[cfg(feature = "candle")]
            Backend::Candle => {
                type $type = Candle;
                let $device = CandleDevice::Cpu;
                $work
            }
            #[cfg(feature = "wgpu")]
            Backend::Wgpu => {
                type $type = Wgpu;
                let $device = WgpuDevice::DefaultDevice;
                $work
            }
        }
    };
}

impl Backend {
    /// Loads both towers of an encoder.
    ///
    /// # Errors
    /// Those of [`ClipEncoder::load`].
    pub fn encoder(
        self,
        config: &ClipConfig,
        checkpoint: &Checkpoint<'_>,
    ) -> ofa_clip::Result<Encoder> {
        on!(self, |B, device| Ok(Encoder::new(ClipEncoder::<B>::load(
            config, checkpoint, &device
        )?)))
    }

    /// A classifier in training that starts from `options.seed`.
    ///
    /// # Errors
    /// Those of [`Trainer::from_seed`].
    pub fn learner(
        self,
        config: &SelectorConfig,
        options: &TrainOptions,
    ) -> ofa_train::Result<Box<dyn Learner>> {
        on!(self, |B, device| Trainer::<Autodiff<B>>::from_seed(
            config, options, &device
        ))
    }

    /// A classifier in training that starts from weights.
    ///
    /// # Errors
    /// Those of [`Trainer::from_weights`].
    pub fn learner_from(
        self,
        config: &SelectorConfig,
        weights: &SelectorWeights,
        options: &TrainOptions,
    ) -> ofa_train::Result<Box<dyn Learner>> {
        on!(self, |B, device| Trainer::<Autodiff<B>>::from_weights(
            config, weights, options, &device
        ))
    }

    /// What a classifier of these weights says about rows where gradients are kept track of, as in a step of
    /// training; [`Learner::predict`] computes without.
    ///
    /// # Errors
    /// Those of [`FusionClassifier::from_weights`] and [`FusionClassifier::predict`].
    pub fn predict_with_gradients(
        self,
        config: &SelectorConfig,
        weights: &SelectorWeights,
        rows: &LabelledRows,
    ) -> ofa_train::Result<Predictions> {
        on!(self, |B, device| {
            FusionClassifier::<Autodiff<B>>::from_weights(config, weights, &device)?.predict(
                rows,
                rows.len(),
                &device,
            )
        })
    }
}
