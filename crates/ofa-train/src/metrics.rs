//! How well a selector tells the clusters of the validation core apart.
use ofa_core::quantiles::Quantiles;
use serde::{Deserialize, Serialize};

/// What is measured after each epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EpochMetrics {
    /// The epoch, from 1.
    pub epoch: usize,
    /// Mean cross-entropy of the epoch's draws, in nats, with dropout, while the weights move.
    pub train_loss: f64,
    /// The measures on the validation core.
    #[serde(flatten)]
    pub validation: ValidationMetrics,
}

/// Measures on the validation core, without dropout.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ValidationMetrics {
    /// Mean cross-entropy, in nats.
    pub loss: f64,
    /// Share of rows whose most likely class is their label.
    pub accuracy: f64,
    /// Mean over all K classes of the share of their rows that are told right.
    ///
    /// Every cluster that has members has a validation row. A cluster that is empty has none and
    /// counts as 0, so that figures of one K mean the same whatever k-means left empty.
    pub macro_accuracy: f64,
    /// How many of the K classes are predicted at least once.
    pub coverage: usize,
    /// Whether all K classes are predicted at least once.
    pub full_coverage: bool,
    /// Largest softmax probability of a row.
    pub confidence: Quantiles,
    /// The gate of a row.
    pub gate: Quantiles,
}

/// Gathers predictions batch by batch; the measures come at the end.
#[derive(Debug)]
pub(crate) struct ValidationTally {
    loss: f64,
    rows_of: Vec<u64>,
    right_of: Vec<u64>,
    predicted: Vec<bool>,
    confidence: Vec<f64>,
    gate: Vec<f64>,
}

impl ValidationTally {
    pub(crate) fn new(classes: usize) -> Self {
        Self {
            loss: 0.0,
            rows_of: vec![0; classes],
            right_of: vec![0; classes],
            predicted: vec![false; classes],
            confidence: Vec::new(),
            gate: Vec::new(),
        }
    }

    /// Adds rows: `logits` is `[b, K]`, `gate` and `labels` are `[b]`.
    pub(crate) fn add(&mut self, logits: &[f32], gate: &[f32], labels: &[u32]) {
        let classes = self.rows_of.len();
        for ((logits, &gate), &label) in logits.chunks_exact(classes).zip(gate).zip(labels) {
            let label = label as usize;
            let mut best = 0;
            for (class, &logit) in logits.iter().enumerate() {
                if logit > logits[best] {
                    best = class;
                }
            }
            let largest = f64::from(logits[best]);
            let sum: f64 = logits
                .iter()
                .map(|&x| libm::exp(f64::from(x) - largest))
                .sum();
            self.loss += libm::log(sum) + largest - f64::from(logits[label]);
            self.rows_of[label] += 1;
            self.right_of[label] += u64::from(best == label);
            self.predicted[best] = true;
            self.confidence.push(1.0 / sum);
            self.gate.push(f64::from(gate));
        }
    }

    /// The measures over all rows added.
    pub(crate) fn finish(self) -> ValidationMetrics {
        let rows = self.confidence.len();
        assert!(
            rows > 0,
            "validation needs rows; the core set was checked for them"
        );
        let classes = self.rows_of.len();
        let class_accuracies: f64 = (self.right_of.iter().zip(&self.rows_of))
            .map(|(&right, &rows)| right as f64 / rows.max(1) as f64)
            .sum();
        let coverage = self.predicted.iter().filter(|&&seen| seen).count();
        let quantiles = |values| Quantiles::of(values).expect("there are rows");
        ValidationMetrics {
            loss: self.loss / rows as f64,
            accuracy: self.right_of.iter().sum::<u64>() as f64 / rows as f64,
            macro_accuracy: class_accuracies / classes as f64,
            coverage,
            full_coverage: coverage == classes,
            confidence: quantiles(self.confidence),
            gate: quantiles(self.gate),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_of_a_small_case() {
        let mut tally = ValidationTally::new(4);
        // Class 0: one of two right; class 1: right; class 2: never predicted; class 3: no rows.
        let ln = |x: f32| x.ln();
        let logits: Vec<f32> = [
            [0.7, 0.1, 0.1, 0.1],
            [0.2, 0.4, 0.2, 0.2],
            [0.1, 0.6, 0.1, 0.2],
            [0.3, 0.3, 0.2, 0.2], // a tie: the lowest class
        ]
        .iter()
        .flatten()
        .map(|&p| ln(p))
        .collect();
        tally.add(&logits[..8], &[0.1, 0.2], &[0, 0]);
        tally.add(&logits[8..], &[0.3, 0.4], &[1, 2]);
        let m = tally.finish();
        assert!((m.macro_accuracy - (0.5 + 1.0 + 0.0 + 0.0) / 4.0).abs() < 1e-12);
        assert!((m.accuracy - 0.5).abs() < 1e-12);
        assert_eq!((m.coverage, m.full_coverage), (2, false));
        let loss = -(0.7f64.ln() + 0.2f64.ln() + 0.6f64.ln() + 0.2f64.ln()) / 4.0;
        assert!((m.loss - loss).abs() < 1e-6);
        assert!((m.confidence.min - 0.3).abs() < 1e-6 && (m.confidence.max - 0.7).abs() < 1e-6);
        assert!((m.gate.median - 0.25).abs() < 1e-6);
    }

    #[test]
    fn classes_without_rows_count_as_0_and_must_be_predicted_for_full_coverage() {
        let mut tally = ValidationTally::new(3);
        tally.add(&[1.0, 0.0, 0.0, 0.0, 1.0, 0.0], &[0.5, 0.5], &[0, 1]);
        let m = tally.finish();
        assert_eq!((m.coverage, m.full_coverage), (2, false));
        assert!((m.macro_accuracy - 2.0 / 3.0).abs() < 1e-12);

        let mut tally = ValidationTally::new(3);
        let logits = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0];
        tally.add(&logits, &[0.5; 3], &[0, 1, 1]);
        let m = tally.finish();
        assert_eq!((m.coverage, m.full_coverage), (3, true));
        assert!((m.macro_accuracy - (1.0 + 0.5 + 0.0) / 3.0).abs() < 1e-12);
    }
}
