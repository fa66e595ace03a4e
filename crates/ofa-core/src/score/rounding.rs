//! How far rounding to integers can have moved a row's scores.
//!
//! # The estimate
//! What rounding took from the numbers of a row is known ([`IntegerRows::lost`]); the largest weight bounds what
//! it does to a product. A weight is moved by at most half of its unit, this way or that, which adds a variance of at
//! most `unit^2 / 4` times the square of the number that it multiplies. That gives a variance for each layer, for
//! whichever of its results is moved the most. The derivatives of the layer norm, the output layer and the softmax
//! carry it on to the scores, bounded by `max |weight| / sigma` and the largest singular value of the output layer.
//!
//! What is bounded at three places makes the deviation of confidence and entropy an error that is not met: against
//! f64 the true one was at most 0.4 of it, from untrained weights to sixteen times those. For the gate, three
//! deviations are. All of it follows from the row and the weights alone, so which rows are computed again in f64
//! is the same on every machine.
use super::layers::{Fused, FusionLayers, part_weights};
use super::rows::{IntegerBlock, PARTS};
use crate::arithmetic::integers::{IntegerMatrix, IntegerRows, largest_size};
use crate::arithmetic::{dot_wide, sum, sum_of_squares};
use crate::selector::{Fusion, SelectorConfig, SelectorWeights};

/// A larger error of the confidence or the gate is not accepted.
const PROBABILITY_LIMIT: f64 = 2e-7;

/// A larger error of the entropy is not accepted. f32 numbers near 4, a usual entropy, are 5e-7
/// apart.
const ENTROPY_LIMIT: f64 = 5e-7;

/// Numbers of one row are rounded once and multiplied by all weights, so what they lost does not average out.
const MARGIN: f64 = 2.0;

/// Beyond this error of a logit its derivative says too little.
const LOGIT_LIMIT: f64 = 1e-2;

/// What the rounding error of a layer's products depends on.
#[derive(Debug, Clone, Copy, Default)]
struct LayerSize {
    /// The square of the largest weight.
    largest: f64,
    /// The square of the largest unit.
    unit: f64,
}

impl LayerSize {
    /// Of some columns of a matrix, with the weights that these were.
    fn of(weight: &[f32], matrix: &IntegerMatrix, columns: std::ops::Range<usize>) -> Self {
        Self {
            largest: f64::from(largest_size(weight)).powi(2),
            unit: matrix.largest_unit(columns).powi(2),
        }
    }

    /// The variance of the error of whichever result is moved the most.
    fn on(&self, rows: &IntegerRows, row: usize) -> f64 {
        MARGIN * rows.lost(row) * self.largest + rows.squares(row) * self.unit / 4.0
    }
}

/// What the estimate needs of a classifier.
#[derive(Debug, Clone)]
pub(super) struct Rounding {
    /// For each part its branch and its share of the gate's hidden layer; zeros where there is none.
    parts: [(LayerSize, LayerSize); PARTS],
    joining: Joining,
    /// Bound of `|change of the logits| / |change of the normalised row|`.
    stretch: f64,
}

#[derive(Debug, Clone, Copy)]
enum Joining {
    Concat,
    Gated {
        interaction_scale: f64,
        /// The sum of the squared weights of the gate's last layer.
        gate_squares: f64,
    },
}

/// Errors of what goes into the layer norm, for one row.
#[derive(Debug, Clone, Copy)]
pub(super) struct FusedError {
    /// Standard deviation of the fused row along any direction.
    fused: f64,
    gate: f64,
    gate_logit: f64,
}

/// Errors of a row's scores.
#[derive(Debug, Clone, Copy)]
pub(super) struct ScoreError {
    pub(super) confidence: f64,
    pub(super) entropy: f64,
    pub(super) gate: f64,
    /// The larger of any logit's and the gate's before its sigmoid.
    logit: f64,
}

impl ScoreError {
    /// Whether the scores may be too far from those in f64. NaN is.
    pub(super) fn is_too_much(&self) -> bool {
        !(self.confidence <= PROBABILITY_LIMIT
            && self.entropy <= ENTROPY_LIMIT
            && self.gate <= PROBABILITY_LIMIT
            && self.logit <= LOGIT_LIMIT)
    }
}

/// How strongly a row's scores answer to its logits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slopes {
    /// Norm of the confidence's gradient with respect to the logits.
    pub(super) confidence: f64,
    /// Norm of the entropy's gradient with respect to the logits.
    pub(super) entropy: f64,
    /// What the layer norm multiplied by: `1 / sigma`.
    pub(super) norm_scale: f64,
}

impl Rounding {
    pub(super) fn new(
        config: &SelectorConfig,
        weights: &SelectorWeights,
        layers: &FusionLayers<IntegerMatrix>,
    ) -> Self {
        let mut parts = [(LayerSize::default(), LayerSize::default()); PARTS];
        let of_parts = part_weights(config, weights);
        for (size, (part, (branch, gate))) in
            (parts.iter_mut()).zip(layers.parts.iter().zip(&of_parts))
        {
            if let Some(part) = part {
                let end = part.branch + part.gate;
                *size = (
                    LayerSize::of(branch, &part.matrix, 0..part.branch),
                    LayerSize::of(gate, &part.matrix, part.branch..end),
                );
            }
        }
        let joining = match &weights.fusion {
            Fusion::Concat(_) => Joining::Concat,
            Fusion::Gated(gated) => Joining::Gated {
                interaction_scale: (gated.interaction.as_ref())
                    .map_or(0.0, |(_, scale)| f64::from(*scale)),
                gate_squares: (gated.gate.as_ref())
                    .filter(|_| config.fusion_mode.has_gate())
                    .map_or(0.0, |(_, last)| sum_of_squares(&last.weight)),
            },
        };
        Self {
            parts,
            joining,
            stretch: f64::from(largest_size(&weights.norm.weight))
                * largest_singular_value(&weights.output.weight, config.hidden_dim),
        }
    }

    /// The error of what the layers made of a row.
    pub(super) fn of_row(&self, integers: &IntegerBlock, fused: &Fused, row: usize) -> FusedError {
        let mut sizes = self.parts.iter().zip(&integers.parts);
        let [image, text, product] = std::array::from_fn(|_| {
            let ((branch, gate), rows) = sizes.next().expect("three parts");
            (branch.on(rows, row), gate.on(rows, row))
        });
        match self.joining {
            Joining::Concat => FusedError {
                fused: (image.0 + text.0).sqrt(),
                gate: 0.0,
                gate_logit: 0.0,
            },
            Joining::Gated {
                interaction_scale,
                gate_squares,
            } => {
                let gate = fused.gate[row];
                let hidden = image.1 + text.1 + product.1;
                let gate_logit = 3.0 * (hidden * gate_squares).sqrt();
                let gate_error = gate * (1.0 - gate) * gate_logit;
                let unit = gate.powi(2) * image.0
                    + (1.0 - gate).powi(2) * text.0
                    + interaction_scale.powi(2) * product.0;
                // An error of the gate moves all units at once, each by the difference of the
                // branches, which are not negative.
                FusedError {
                    fused: (unit + fused.branch_squares[row] * gate_error.powi(2)).sqrt(),
                    gate: gate_error,
                    gate_logit,
                }
            }
        }
    }

    /// The errors of the scores that came of a row.
    pub(super) fn of_scores(&self, error: FusedError, slopes: Slopes) -> ScoreError {
        let logits = self.stretch * slopes.norm_scale * error.fused;
        ScoreError {
            confidence: slopes.confidence * logits,
            entropy: slopes.entropy * logits,
            gate: error.gate,
            logit: logits + error.gate_logit,
        }
    }
}

/// The largest singular value of `[outputs, inputs]`, or a little more.
fn largest_singular_value(weight: &[f32], inputs: usize) -> f64 {
    // A start that no weights are likely to be orthogonal to, and a tenth on top: after 30 steps
    // the power iteration is within a few percent.
    let mut direction: Vec<f64> = (0..inputs as u64)
        .map(|i| {
            let bits = (i + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
            bits as f64 / (1u64 << 24) as f64 - 0.4
        })
        .collect();
    let rows: Vec<f64> = weight.iter().map(|&w| f64::from(w)).collect();
    let mut value = 0.0;
    for _ in 0..30 {
        let length = dot_wide(&direction, &direction).sqrt();
        if length == 0.0 {
            return 0.0;
        }
        let mut next = vec![0.0f64; inputs];
        let mut images = Vec::with_capacity(rows.len() / inputs);
        for row in rows.chunks_exact(inputs) {
            let image = dot_wide(row, &direction) / length;
            images.push(image * image);
            next.iter_mut()
                .zip(row)
                .for_each(|(to, w)| *to += image * w);
        }
        value = sum(&images).sqrt();
        direction = next;
    }
    1.1 * value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_singular_value_is_met_or_a_little_exceeded() {
        // Rows (3, 0) and (4, 5): singular values sqrt(45) and sqrt(5).
        let found = largest_singular_value(&[3.0, 0.0, 4.0, 5.0], 2);
        assert!((found / 45f64.sqrt() - 1.1).abs() < 1e-9, "{found}");
        assert_eq!(largest_singular_value(&[0.0; 6], 3), 0.0);
        // Scales that would overflow in f32.
        let huge = largest_singular_value(&[3e38, 0.0, 0.0, 1.0], 2);
        assert!((huge / 3e38 - 1.1).abs() < 1e-6, "{huge}");
    }

    #[test]
    fn nan_is_too_much() {
        let rounding = Rounding {
            parts: Default::default(),
            joining: Joining::Concat,
            stretch: 1.0,
        };
        let error = FusedError {
            fused: 1e-9,
            gate: 0.0,
            gate_logit: 0.0,
        };
        let slopes = Slopes {
            confidence: 1.0,
            entropy: 1.0,
            norm_scale: 1.0,
        };
        assert!(!rounding.of_scores(error, slopes).is_too_much());
        let nan = Slopes {
            entropy: f64::NAN,
            ..slopes
        };
        assert!(rounding.of_scores(error, nan).is_too_much());
        let nan = FusedError {
            gate_logit: f64::NAN,
            ..error
        };
        assert!(rounding.of_scores(nan, slopes).is_too_much());
    }
}
