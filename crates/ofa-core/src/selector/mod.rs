//! The trained selector: a small gated-fusion classifier over clusters, and its file.
//!
//! ```text
//! interaction = image * text                                        elementwise
//! gate  = sigmoid(W2 relu(W1 [image; text; interaction] + b1) + b2)  [b, 1]
//! fused = gate * relu(Wi image + bi) + (1 - gate) * relu(Wt text + bt)
//!         + s * (Wx interaction)
//! logits = Wo relu(layer_norm(fused)) + bo                          [b, K]
//! ```
//! Source: METHOD section 3.
mod config;
mod file;
mod sizes;
mod weights;

pub use config::{FusionMode, SelectorConfig};
pub use file::{FORMAT, VERSION};
pub use weights::{
    Dense, Fusion, GatedFusion, LAYER_NORM_EPS, LayerNorm, SelectorWeights, TensorShape,
};

use serde::Deserialize;
use serde_json::Value;

use crate::quantiles::Quantiles;

/// A trained selector: what [`crate::score`] scores with.
///
/// # Shapes
/// `cluster_centers` f32 `[num_clusters, 2 * feature_dim]`, in the space of joint features.
#[derive(Debug, Clone, PartialEq)]
pub struct Selector {
    /// Sizes and fusion mode.
    pub config: SelectorConfig,
    /// The weights of the chosen epoch.
    pub weights: SelectorWeights,
    /// The centres of the source clusters.
    pub cluster_centers: Vec<f32>,
    /// The weights after epoch 1, where they were kept.
    pub early: Option<SelectorWeights>,
    /// What is known of the training: selected epoch, its metrics, seed, fingerprints. A JSON
    /// object, written as it is.
    pub training: Option<Value>,
}

impl Selector {
    /// Checks that every part has the shape that `config` asks for and finite values.
    ///
    /// # Errors
    /// [`Error::Config`](crate::Error::Config) for an impossible configuration,
    /// [`Error::TensorShape`](crate::Error::TensorShape),
    /// [`Error::TensorMissing`](crate::Error::TensorMissing) and
    /// [`Error::TensorValue`](crate::Error::TensorValue) for a part that does not fit it. The
    /// parts of the early selector are named with the prefix `early.`.
    pub fn check(&self) -> crate::Result<()> {
        self.config.check()?;
        self.weights.check(&self.config, "")?;
        if let Some(early) = &self.early {
            early.check(&self.config, "early.")?;
        }
        weights::check_tensor(
            file::CENTERS,
            &[self.config.num_clusters, self.config.joint_dim()],
            &self.cluster_centers,
        )
    }

    /// A text from the training metadata, such as `encoder_fingerprint`, where it is there.
    pub fn training_text(&self, key: &str) -> Option<&str> {
        self.training.as_ref()?.get(key)?.as_str()
    }

    /// The quantiles of its confidence on the validation core at the epoch that was kept, where the
    /// training metadata has them.
    pub fn training_confidence(&self) -> Option<Quantiles> {
        let confidence = self.training.as_ref()?.get("metrics")?.get("confidence")?;
        Quantiles::deserialize(confidence).ok()
    }
}
