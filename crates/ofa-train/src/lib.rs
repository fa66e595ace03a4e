//! Training of the data selector: from features to a frozen, under-trained classifier of
//! clusters.
//!
//! [`train`] does the whole of it on any burn backend: clusters and pseudo-labels and the core set
//! from [`ofa_core`], then the gated fusion classifier ([`FusionClassifier`]) with AdamW, one
//! [`EpochMetrics`] an epoch, and the choice of the epoch that is kept ([`CheckpointPolicy`]).
//! The parts are there for themselves too: [`train_with_centers`], [`fit`] on labelled rows,
//! [`Trainer`] for single steps.
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
//! use ofa_train::{Provenance, TrainEvent, TrainOptions, train};
//!
//! fn selector_file<B: AutodiffBackend>(features: &FeatureMatrix) -> Vec<u8> {
//!     let device = B::Device::default();
//!     let outcome = train::<B>(
//!         features,
//!         &TrainOptions::default(),
//!         &Provenance::default(),
//!         &device,
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
mod metrics;
mod model;
mod options;
mod parameters;
mod rows;
mod train;

pub use error::{Error, Result};
pub use fit::{Fitted, Trainer, fit, validate};
pub use history::{History, Provenance};
pub use metrics::{EpochMetrics, ValidationMetrics};
pub use model::{FusionClassifier, Prediction};
pub use ofa_core::quantiles::Quantiles;
pub use options::{CheckpointPolicy, TrainOptions};
pub use rows::{Batch, LabelledRows};
pub use train::{TrainEvent, TrainOutcome, train, train_with_centers};
