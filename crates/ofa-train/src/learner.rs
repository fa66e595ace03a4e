//! A classifier in training, as the training loop sees it.
use ofa_core::selector::{SelectorConfig, SelectorWeights};

use crate::{LabelledRows, Predictions, Result};

/// A classifier with the optimizer that moves it, on whichever device they are.
///
/// [`Trainer`](crate::Trainer) is one on any burn backend. The loop around it ([`fit`](crate::fit)) is compiled
/// once, whatever backends a program has.
pub trait Learner {
    /// Sizes and fusion mode of the classifier.
    fn config(&self) -> SelectorConfig;

    /// One step down the mean cross-entropy of the rows at `indices`.
    ///
    /// Nothing is read back from a device; [`losses`](Self::losses) does that.
    ///
    /// # Shapes
    /// `dropout`: `[indices, hidden_dim]` f32 row by row, 0 for a dropped unit and 1 / (1 - p) for a kept one;
    /// nothing where no unit is dropped.
    ///
    /// # Panics
    /// Where an index is no row, or `dropout` has another length.
    fn step(&mut self, rows: &LabelledRows, indices: &[usize], dropout: Option<Vec<f32>>);

    /// The loss of each step since this was last asked for, in their order, in nats.
    ///
    /// # Errors
    /// [`Error::Backend`] where the backend fails, be it in one of the steps.
    fn losses(&mut self) -> Result<Vec<f32>>;

    /// What the classifier, as it stands, says about rows, `batch` of them at a time, without dropout.
    ///
    /// # Errors
    /// [`Error::Backend`] where the backend fails.
    fn predict(&self, rows: &LabelledRows, batch: usize) -> Result<Predictions>;

    /// The weights as they stand.
    ///
    /// # Errors
    /// [`Error::Backend`] where the backend fails, and those of [`SelectorWeights::check`], where a weight is no
    /// longer finite.
    fn weights(&self) -> Result<SelectorWeights>;
}
