//! What a training run can be asked to do differently.
use std::fmt;
use std::str::FromStr;

use ofa_core::budget::Ratio;
use ofa_core::selector::{FusionMode, SelectorConfig};
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// The settings of a training run. The defaults are the authors' published ones.
///
/// ```
/// use ofa_train::{CheckpointPolicy, TrainOptions};
/// let options = TrainOptions { clusters: 64, ..TrainOptions::default() };
/// assert_eq!(options.checkpoint_policy, CheckpointPolicy::TargetAny);
/// assert!(options.check().is_ok());
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainOptions {
    /// Number of clusters, and so of classes (K). Default 128.
    pub clusters: usize,
    /// Share of each cluster that becomes its core, in (0, 1]. Default 0.03.
    pub core_ratio: f64,
    /// How image and text are joined. Default full.
    pub fusion_mode: FusionMode,
    /// Width of the hidden layers. Default 256.
    pub hidden_dim: usize,
    /// Width of the gate's hidden layer. Default 128.
    pub gate_hidden_dim: usize,
    /// Share of hidden units dropped in training, in [0, 1). Default 0.1.
    pub dropout: f64,
    /// Epochs run, all of them, at most 1,000,000. Default 100.
    pub epochs: usize,
    /// Rows a step; the last batch of an epoch may be smaller. Default 1024.
    pub batch: usize,
    /// AdamW's learning rate. Default 1e-5.
    pub learning_rate: f64,
    /// AdamW's decoupled weight decay, on every parameter. Default 1e-4.
    pub weight_decay: f64,
    /// Validation macro accuracy at which the selector is kept, in (0, 1]. Default 0.6.
    pub target_accuracy: f64,
    /// Which epoch is kept. Default target-any.
    pub checkpoint_policy: CheckpointPolicy,
    /// All random numbers of the run follow from it. Default 42.
    pub seed: u64,
}

impl Default for TrainOptions {
    fn default() -> Self {
        Self {
            clusters: 128,
            core_ratio: 0.03,
            fusion_mode: FusionMode::Full,
            hidden_dim: 256,
            gate_hidden_dim: 128,
            dropout: 0.1,
            epochs: 100,
            batch: 1024,
            learning_rate: 1e-5,
            weight_decay: 1e-4,
            target_accuracy: 0.6,
            checkpoint_policy: CheckpointPolicy::TargetAny,
            seed: 42,
        }
    }
}

impl TrainOptions {
    /// Checks every setting against its range, so that a bad one is refused before any work.
    ///
    /// # Errors
    /// [`Error::Option`] for the first setting outside its range.
    pub fn check(&self) -> Result<()> {
        // The limits of `SelectorConfig::check`, which would be met only after k-means.
        const SIZE: (usize, &str) = (SelectorConfig::LARGEST_SIZE, "between 1 and 1048576");
        // More is a slip of the keyboard: a history of so many epochs is 500 MB.
        const EPOCHS: (usize, &str) = (1_000_000, "between 1 and 1000000");
        const ANY: (usize, &str) = (usize::MAX, "at least 1");
        for (option, found, (most, expected)) in [
            ("clusters", self.clusters, SIZE),
            ("hidden_dim", self.hidden_dim, SIZE),
            ("gate_hidden_dim", self.gate_hidden_dim, SIZE),
            ("epochs", self.epochs, EPOCHS),
            ("batch", self.batch, ANY),
        ] {
            if !(1..=most).contains(&found) {
                return Err(Error::Option {
                    option,
                    expected,
                    found: found.to_string(),
                });
            }
        }
        let share = |x: f64| x > 0.0 && x <= 1.0;
        in_range(
            "core_ratio",
            self.core_ratio,
            share,
            "above 0 and at most 1",
        )?;
        self.core_ratio_as_written()?;
        in_range(
            "target_accuracy",
            self.target_accuracy,
            share,
            "above 0 and at most 1",
        )?;
        in_range(
            "dropout",
            self.dropout,
            |x| (0.0..1.0).contains(&x),
            "at least 0 and below 1",
        )?;
        let positive = |x: f64| x.is_finite() && x > 0.0;
        in_range(
            "learning_rate",
            self.learning_rate,
            positive,
            "a finite number above 0",
        )?;
        let not_negative = |x: f64| x.is_finite() && x >= 0.0;
        in_range(
            "weight_decay",
            self.weight_decay,
            not_negative,
            "a finite number, 0 or above",
        )
    }

    /// The core ratio as the decimal number that it prints as.
    pub(crate) fn core_ratio_as_written(&self) -> Result<Ratio> {
        Ok(Ratio::from_f64(self.core_ratio)?)
    }
}

fn in_range(
    option: &'static str,
    found: f64,
    valid: impl Fn(f64) -> bool,
    expected: &'static str,
) -> Result<()> {
    if valid(found) {
        return Ok(());
    }
    Err(Error::Option {
        option,
        expected,
        found: found.to_string(),
    })
}

/// Which epoch's weights become the selector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckpointPolicy {
    /// The epoch whose macro accuracy is nearest the target, the earliest on ties.
    #[default]
    TargetAny,
    /// The same among epochs with full coverage; among all epochs where none has it.
    Target,
    /// The earliest epoch with the highest coverage seen.
    MaxCoverage,
    /// The last epoch.
    Last,
}

impl CheckpointPolicy {
    /// Every policy, in the order of the documentation.
    pub const ALL: [Self; 4] = [Self::TargetAny, Self::Target, Self::MaxCoverage, Self::Last];

    /// The policy's name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::TargetAny => "target-any",
            Self::Target => "target",
            Self::MaxCoverage => "max-coverage",
            Self::Last => "last",
        }
    }
}

impl fmt::Display for CheckpointPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for CheckpointPolicy {
    type Err = Error;

    /// Reads a policy's name; `-` and `_` are taken alike.
    fn from_str(name: &str) -> Result<Self> {
        let wanted = name.replace('_', "-");
        Self::ALL
            .into_iter()
            .find(|policy| policy.name() == wanted)
            .ok_or_else(|| Error::Option {
                option: "checkpoint_policy",
                expected: "target-any, target, max-coverage or last",
                found: name.to_owned(),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_outside_their_range_are_refused_by_name() {
        type Spoil = fn(&mut TrainOptions);
        let cases: [(&str, Spoil); 18] = [
            ("clusters", |o| o.clusters = 0),
            ("clusters", |o| o.clusters = (1 << 20) + 1),
            ("hidden_dim", |o| o.hidden_dim = usize::MAX),
            ("gate_hidden_dim", |o| o.gate_hidden_dim = usize::MAX),
            ("epochs", |o| o.epochs = usize::MAX),
            ("core_ratio", |o| o.core_ratio = 0.0),
            ("core_ratio", |o| o.core_ratio = 1.01),
            ("core_ratio", |o| o.core_ratio = f64::NAN),
            ("hidden_dim", |o| o.hidden_dim = 0),
            ("gate_hidden_dim", |o| o.gate_hidden_dim = 0),
            ("dropout", |o| o.dropout = 1.0),
            ("dropout", |o| o.dropout = -0.1),
            ("epochs", |o| o.epochs = 0),
            ("batch", |o| o.batch = 0),
            ("learning_rate", |o| o.learning_rate = 0.0),
            ("learning_rate", |o| o.learning_rate = f64::INFINITY),
            ("weight_decay", |o| o.weight_decay = -1.0),
            ("target_accuracy", |o| o.target_accuracy = 0.0),
        ];
        for (name, spoil) in cases {
            let mut options = TrainOptions::default();
            spoil(&mut options);
            let error = options.check().expect_err(name);
            assert!(
                matches!(error, Error::Option { option, .. } if option == name),
                "{error}"
            );
        }
        // Every share that is let through is a ratio that the core set can be chosen with.
        for core_ratio in [1.0, 1.0 / 3.0, 0.1 + 0.2, 1e-19, f64::MIN_POSITIVE, 5e-324] {
            let options = TrainOptions {
                core_ratio,
                ..Default::default()
            };
            assert_eq!(options.check(), Ok(()), "{core_ratio}");
        }
        assert!(
            TrainOptions {
                target_accuracy: 1.0,
                ..Default::default()
            }
            .check()
            .is_ok()
        );
        assert!(
            TrainOptions {
                weight_decay: 0.0,
                ..Default::default()
            }
            .check()
            .is_ok()
        );
    }

    #[test]
    fn policies_read_their_names() {
        for policy in CheckpointPolicy::ALL {
            assert_eq!(
                policy.name().parse::<CheckpointPolicy>().expect("own name"),
                policy
            );
            let json = serde_json::to_value(policy).expect("a unit variant");
            assert_eq!(json, policy.name());
        }
        let underscored = "max_coverage".parse::<CheckpointPolicy>().expect("alike");
        assert_eq!(underscored, CheckpointPolicy::MaxCoverage);
        let error = "best"
            .parse::<CheckpointPolicy>()
            .expect_err("no such policy");
        assert!(error.to_string().contains("best"), "{error}");
    }
}
