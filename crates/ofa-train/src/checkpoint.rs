//! Which epoch's weights are kept, decided while the epochs go by.
use crate::{CheckpointPolicy, EpochMetrics, Result};

/// Keeps the weights that the policy would choose among the epochs seen so far.
///
/// It holds one copy: under `target` an epoch with full coverage beats every epoch without, so the
/// best of those without is needed only as long as there is none with.
#[derive(Debug)]
pub(crate) struct Checkpoints<W> {
    policy: CheckpointPolicy,
    target: f64,
    kept: Option<Kept<W>>,
}

#[derive(Debug)]
struct Kept<W> {
    /// Larger is better; the earlier epoch stays on ties.
    merit: Merit,
    epoch: usize,
    weights: W,
}

/// Compared field by field, in this order.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
struct Merit {
    eligible: bool,
    value: f64,
}

impl<W> Checkpoints<W> {
    pub(crate) fn new(policy: CheckpointPolicy, target: f64) -> Self {
        Self {
            policy,
            target,
            kept: None,
        }
    }

    /// Offers an epoch; `weights` is called only where they are to be kept, and its error handed on.
    pub(crate) fn offer(
        &mut self,
        metrics: &EpochMetrics,
        weights: impl FnOnce() -> Result<W>,
    ) -> Result<()> {
        let validation = &metrics.validation;
        let nearness = -(validation.macro_accuracy - self.target).abs();
        let merit = match self.policy {
            CheckpointPolicy::TargetAny => Merit {
                eligible: true,
                value: nearness,
            },
            CheckpointPolicy::Target => Merit {
                eligible: validation.full_coverage,
                value: nearness,
            },
            CheckpointPolicy::MaxCoverage => Merit {
                eligible: true,
                value: validation.coverage as f64,
            },
            CheckpointPolicy::Last => Merit {
                eligible: true,
                value: metrics.epoch as f64,
            },
        };
        if self.kept.as_ref().is_none_or(|kept| merit > kept.merit) {
            self.kept = Some(Kept {
                merit,
                epoch: metrics.epoch,
                weights: weights()?,
            });
        }
        Ok(())
    }

    /// The chosen epoch and its weights; `None` where no epoch was offered.
    pub(crate) fn into_chosen(self) -> Option<(usize, W)> {
        self.kept.map(|kept| (kept.epoch, kept.weights))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Quantiles, ValidationMetrics};

    fn chosen(policy: CheckpointPolicy, epochs: &[(f64, usize, bool)]) -> usize {
        let q = Quantiles {
            min: 0.0,
            p10: 0.0,
            median: 0.0,
            p90: 0.0,
            max: 0.0,
        };
        let mut checkpoints = Checkpoints::new(policy, 0.6);
        for (i, &(macro_accuracy, coverage, full_coverage)) in epochs.iter().enumerate() {
            let validation = ValidationMetrics {
                loss: 1.0,
                accuracy: 0.0,
                macro_accuracy,
                coverage,
                full_coverage,
                confidence: q,
                gate: q,
            };
            let metrics = EpochMetrics {
                epoch: i + 1,
                train_loss: 1.0,
                validation,
            };
            checkpoints.offer(&metrics, || Ok(i + 1)).expect("weights");
        }
        let (epoch, weights) = checkpoints.into_chosen().expect("epochs were offered");
        assert_eq!(epoch, weights, "the weights are those of the epoch");
        epoch
    }

    #[test]
    fn each_policy_keeps_its_epoch() {
        let epochs = [
            (0.20, 5, false),
            (0.59, 7, false), // nearest the target
            (0.75, 8, true),
            (0.70, 8, true),  // nearest with full coverage
            (0.61, 6, false), // as near as epoch 2, but later
            (0.90, 8, true),
        ];
        assert_eq!(
            chosen(
                CheckpointPolicy::TargetAny,
                &[(0.5, 1, false), (0.75, 1, false)]
            ),
            1
        );
        assert_eq!(chosen(CheckpointPolicy::TargetAny, &epochs), 2);
        assert_eq!(chosen(CheckpointPolicy::Target, &epochs), 4);
        assert_eq!(chosen(CheckpointPolicy::MaxCoverage, &epochs), 3);
        assert_eq!(chosen(CheckpointPolicy::Last, &epochs), 6);
    }

    #[test]
    fn ties_go_to_the_earliest_epoch() {
        let same = [(0.5, 4, true), (0.5, 4, true)];
        for policy in [
            CheckpointPolicy::TargetAny,
            CheckpointPolicy::Target,
            CheckpointPolicy::MaxCoverage,
        ] {
            assert_eq!(chosen(policy, &same), 1, "{policy}");
        }
    }

    #[test]
    fn target_falls_back_to_all_epochs() {
        let never_full = [(0.1, 3, false), (0.58, 4, false), (0.9, 5, false)];
        assert_eq!(chosen(CheckpointPolicy::Target, &never_full), 2);
    }
}
