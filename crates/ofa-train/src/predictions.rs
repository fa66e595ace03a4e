//! What a classifier says about rows.
use burn::tensor::backend::Backend;

use crate::metrics::ValidationTally;
use crate::readback::read;
use crate::{Error, FusionClassifier, LabelledRows, Result, ValidationMetrics};

/// What a classifier says about rows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Predictions {
    /// `[rows, classes]` f32, before softmax.
    pub logits: Vec<f32>,
    /// `[rows]` f32, in (0, 1).
    pub gate: Vec<f32>,
}

impl Predictions {
    /// Compares them with the labels of the rows that they are of.
    ///
    /// # Errors
    /// [`Error::CoreTooSmall`] where there is no row.
    pub fn measure(&self, rows: &LabelledRows, classes: usize) -> Result<ValidationMetrics> {
        if rows.is_empty() {
            return Err(Error::CoreTooSmall {
                train: 0,
                validation: 0,
            });
        }
        let mut tally = ValidationTally::new(classes);
        tally.add(&self.logits, &self.gate, rows.labels());
        Ok(tally.finish())
    }
}

impl<B: Backend> FusionClassifier<B> {
    /// What the classifier says about rows, `batch` of them at a time.
    ///
    /// # Errors
    /// [`Error::Backend`] where the backend fails.
    pub fn predict(
        &self,
        rows: &LabelledRows,
        batch: usize,
        device: &B::Device,
    ) -> Result<Predictions> {
        let mut predictions = Predictions::default();
        let all: Vec<usize> = (0..rows.len()).collect();
        for indices in all.chunks(batch.max(1)) {
            let batch = rows.batch::<B>(indices, device);
            let prediction = self.forward(batch.image, batch.text, None);
            let logits = read(prediction.logits, "validation logits")?;
            let gate = read(prediction.gate, "validation gates")?;
            predictions.logits.extend(logits);
            predictions.gate.extend(gate);
        }
        Ok(predictions)
    }
}
