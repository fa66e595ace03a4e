//! What is written down about a training run.
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{EpochMetrics, TrainOptions};

/// Where the features came from, as the feature store names it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Provenance {
    /// Fingerprint of the encoder, where it is known.
    pub encoder_fingerprint: Option<String>,
    /// Fingerprint of the dataset, where it is known.
    pub dataset_fingerprint: Option<String>,
}

/// A whole training run, epoch by epoch: the JSON beside the selector.
///
/// It holds no time and no machine, so that equal runs give equal files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// The settings.
    pub options: TrainOptions,
    /// Where the features came from.
    #[serde(flatten)]
    pub provenance: Provenance,
    /// Width of one embedding.
    pub feature_dim: usize,
    /// Rows of the features.
    pub rows: usize,
    /// Sum of the squared distances of all rows to their centres.
    pub inertia: f64,
    /// Members of each cluster.
    pub cluster_sizes: Vec<u64>,
    /// Core rows trained on.
    pub training_rows: usize,
    /// Core rows validated on.
    pub validation_rows: usize,
    /// The epoch whose weights became the selector, from 1.
    pub selected_epoch: usize,
    /// The measures of every epoch, in order.
    pub epochs: Vec<EpochMetrics>,
}

impl History {
    /// The measures of the selected epoch.
    pub fn selected(&self) -> &EpochMetrics {
        &self.epochs[self.selected_epoch - 1]
    }

    /// The part that goes into the selector file as `training`.
    pub(crate) fn training_metadata(&self) -> Value {
        let mut training = json!({
            "selected_epoch": self.selected_epoch,
            "metrics": self.selected(),
            "seed": self.options.seed,
            "options": self.options,
            "rows": self.rows,
            "training_rows": self.training_rows,
            "validation_rows": self.validation_rows,
        });
        let known = [
            ("encoder_fingerprint", &self.provenance.encoder_fingerprint),
            ("dataset_fingerprint", &self.provenance.dataset_fingerprint),
        ];
        for (key, fingerprint) in known {
            if let Some(fingerprint) = fingerprint {
                training[key] = fingerprint.as_str().into();
            }
        }
        training
    }
}
