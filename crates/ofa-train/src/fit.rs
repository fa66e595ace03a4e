//! The training loop.
use std::ops::ControlFlow;

use ofa_core::selector::SelectorWeights;

use crate::checkpoint::Checkpoints;
use crate::draws::{ClassBalancedDraws, dropout_mask};
use crate::{EpochMetrics, Error, LabelledRows, Learner, Result, TrainOptions};

/// What a training loop leaves behind.
#[derive(Debug)]
pub struct Fitted {
    /// The weights of the chosen epoch.
    pub selected: SelectorWeights,
    /// The chosen epoch, from 1.
    pub selected_epoch: usize,
    /// The weights after epoch 1.
    pub early: SelectorWeights,
    /// The measures of every epoch, in order.
    pub epochs: Vec<EpochMetrics>,
}

/// Trains a classifier on labelled rows and keeps the epoch that the policy chooses.
///
/// Of `options` it reads everything from `dropout` on; the rows say what the classes are.
/// `progress` is called after every epoch and stops the run with [`ControlFlow::Break`].
///
/// Cost: `epochs` passes over both parts. Memory beyond the rows: the model, its optimizer state,
/// one batch of activations, what is said of the validation rows, and two copies of the weights.
///
/// # Errors
/// A setting outside its range; no training or no validation row; parts of different width;
/// a loss that is no longer finite; a backend that fails; [`Error::Cancelled`].
pub fn fit(
    learner: &mut dyn Learner,
    train: &LabelledRows,
    validation: &LabelledRows,
    options: &TrainOptions,
    progress: &mut dyn FnMut(&EpochMetrics) -> ControlFlow<()>,
) -> Result<Fitted> {
    options.check()?;
    if train.is_empty() || validation.is_empty() {
        return Err(Error::CoreTooSmall {
            train: train.len(),
            validation: validation.len(),
        });
    }
    if train.dim() != validation.dim() {
        return Err(Error::WidthsDiffer {
            train: train.dim(),
            validation: validation.dim(),
        });
    }
    let classes = learner.config().num_clusters;
    let draws = ClassBalancedDraws::new(train.labels(), classes, options.seed);
    let mut checkpoints = Checkpoints::new(options.checkpoint_policy, options.target_accuracy);
    let mut early = None;
    let mut epochs = Vec::new();
    for epoch in 1..=options.epochs {
        let train_loss = run_epoch(learner, train, &draws.epoch(epoch), epoch, options)?;
        let predictions = learner.predict(validation, options.batch)?;
        let metrics = EpochMetrics {
            epoch,
            train_loss,
            validation: predictions.measure(validation, classes)?,
        };
        for (loss, value) in [
            ("training", train_loss),
            ("validation", metrics.validation.loss),
        ] {
            if !value.is_finite() {
                return Err(Error::Diverged { loss, epoch, value });
            }
        }
        checkpoints.offer(&metrics, || learner.weights())?;
        if early.is_none() {
            early = Some(learner.weights()?);
        }
        let flow = progress(&metrics);
        epochs.push(metrics);
        if flow.is_break() {
            return Err(Error::Cancelled);
        }
    }
    let (selected_epoch, selected) = checkpoints
        .into_chosen()
        .expect("options.check() asks for at least one epoch");
    let early = early.expect("options.check() asks for at least one epoch");
    Ok(Fitted {
        selected,
        selected_epoch,
        early,
        epochs,
    })
}

/// One pass over the draws; the mean loss of the epoch.
fn run_epoch(
    learner: &mut dyn Learner,
    train: &LabelledRows,
    draws: &[usize],
    epoch: usize,
    options: &TrainOptions,
) -> Result<f64> {
    let hidden_dim = learner.config().hidden_dim;
    for (number, rows) in draws.chunks(options.batch).enumerate() {
        let mask = (options.dropout > 0.0).then(|| {
            let units = rows.len() * hidden_dim;
            dropout_mask(options.seed, epoch, number, units, options.dropout)
        });
        learner.step(train, rows, mask);
    }
    let losses = learner.losses()?;
    let total: f64 = (losses.iter().zip(draws.chunks(options.batch)))
        .map(|(&loss, rows)| f64::from(loss) * rows.len() as f64)
        .sum();
    Ok(total / draws.len() as f64)
}
