//! Training of the data selector: from features to a frozen, under-trained classifier of
//! clusters.
//!
//! [`train`] does the whole of it on any burn backend: clusters and pseudo-labels and the core set
//! from [`ofa_core`], then the gated fusion classifier ([`FusionClassifier`]) with AdamW, one
//! [`EpochMetrics`] an epoch, and the choice of the epoch that is kept ([`CheckpointPolicy`]).
//! The parts are there for themselves too: [`train_with_centers`], [`fit`] on labelled rows, and single
//! steps of a [`Learner`], which is what the loop knows of the backend; [`Trainer`] is the one that burn gives.
//!
//! # What this crate never does
//! It opens no file and reads no clock. It draws no random number from a backend: start values,
//! rows and dropout masks come from [`ofa_core::rng`], so that a run follows from its seed and is
//! the same to the byte on one CPU backend, with any number of threads.
//!
//! # Example
//! ```no_run
//! use std::ops::ControlFlow;
//!
//! use burn::tensor::backend::AutodiffBackend;
//! use ofa_core::features::FeatureMatrix;
//! use ofa_train::{Provenance, TrainEvent, TrainOptions, Trainer, train};
//!
//! fn selector_file<B: AutodiffBackend>(features: &FeatureMatrix) -> Vec<u8> {
//!     let device = B::Device::default();
//!     let outcome = train(
//!         features,
//!         &TrainOptions::default(),
//!         &Provenance::default(),
//!         &|config, options| Trainer::<B>::from_seed(config, options, &device),
//!         &mut |event| {
//!             if let TrainEvent::Epoch { metrics, epochs } = event {
//!                 eprintln!("{}/{epochs}: {}", metrics.epoch, metrics.validation.macro_accuracy);
//!             }
//!             ControlFlow::Continue(())
//!         },
//!     )
//!     .expect("good features");
//!     outcome.selector.to_safetensors(false).expect("a trained selector is valid")
//! }
//! ```
mod checkpoint;
mod draws;
mod error;
mod fit;
mod history;
mod host;
mod init;
mod learner;
mod metrics;
mod model;
mod options;
mod parameters;
mod predictions;
mod readback;
mod rows;
mod train;
mod trainer;

pub use error::{Error, Result};
pub use fit::{Fitted, fit};
pub use history::{History, Provenance};
pub use learner::Learner;
pub use metrics::{EpochMetrics, ValidationMetrics};
pub use model::{FusionClassifier, Prediction};
pub use ofa_core::quantiles::Quantiles;
pub use options::{CheckpointPolicy, TrainOptions};
pub use predictions::Predictions;
pub use rows::{Batch, LabelledRows};
pub use train::{NewLearner, TrainEvent, TrainOutcome, train, train_with_centers};
pub use trainer::Trainer;
