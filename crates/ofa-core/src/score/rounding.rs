//! How far the f32 products before the layer norm can have moved a row's scores.
//!
//! # The estimate
//! A rounding to f32 moves a number `a` by at most `2^-24 |a|`, evenly spread, so with a variance
//! of at most `2^-48 a^2 / 3`. A dot product of `n` values in blocks of [`DEPTH_BLOCK`] is rounded
//! at each partial sum. Those wander like the square root of the number of terms, whose size is
//! bounded by the largest weight or value, plus a drift towards the result. That gives a variance
//! for each layer; the derivatives of the layer norm, the output layer and the softmax carry it on
//! to the scores, bounded by `max |weight| / sigma` and the largest singular value of the output
//! layer.
//!
//! Three times this is compared with the limits. Against f64 the true error was at most 1.5
//! of these standard deviations for the gate and 0.4 for confidence and entropy, whatever the
//! weights (`tests/goldens/scoring`). It is computed from the row and the weights alone, so which
//! rows are computed again in f64 is the same on every machine.
use super::layers::{Fused, RowBlock};
use crate::arithmetic::{DEPTH_BLOCK, dot_wide, sum, sum_of_squares};
use crate::selector::{Fusion, FusionMode, SelectorConfig, SelectorWeights};

/// Standard deviations that an error stays within.
const DEVIATIONS: f64 = 3.0;

/// A larger error of the confidence or the gate is not accepted.
const PROBABILITY_LIMIT: f64 = 3e-7;

/// A larger error of the entropy is not accepted. f32 numbers near 4, a usual entropy, are 5e-7
/// apart.
const ENTROPY_LIMIT: f64 = 1e-6;

/// Beyond this error of a logit its derivative says too little.
const LOGIT_LIMIT: f64 = 1e-2;

/// Largest variance of the rounding of a number of size 1 to f32.
const UNIT_VARIANCE: f64 = 1.0 / ((1u64 << 48) as f64 * 3.0);

/// Squared sizes of what a layer is applied to.
#[derive(Debug, Clone, Copy, Default)]
struct InputSize {
    sum: f64,
    largest: f64,
}

impl InputSize {
    fn of(values: &[f32]) -> Self {
        let largest = values.iter().fold(0.0f32, |most, v| most.max(v.abs()));
        Self {
            sum: sum_of_squares(values),
            largest: f64::from(largest).powi(2),
        }
    }

    /// Of two inputs side by side.
    fn and(self, other: Self) -> Self {
        Self {
            sum: self.sum + other.sum,
            largest: self.largest.max(other.largest),
        }
    }
}

/// Squared sizes of a layer's weights: the largest over its outputs.
#[derive(Debug, Clone, Copy)]
struct LayerSize {
    inputs: usize,
    row_sum: f64,
    largest: f64,
}

impl LayerSize {
    fn of(weight: &[f32], inputs: usize) -> Self {
        let rows = || weight.chunks_exact(inputs).map(InputSize::of);
        Self {
            inputs,
            row_sum: rows().map(|row| row.sum).fold(0.0, f64::max),
            largest: rows().map(|row| row.largest).fold(0.0, f64::max),
        }
    }

    fn on(&self, input: InputSize) -> Variance {
        let depth = DEPTH_BLOCK.min(self.inputs) as f64;
        let blocks = self.inputs.div_ceil(DEPTH_BLOCK) as f64;
        let terms = (self.largest * input.sum).min(self.row_sum * input.largest);
        Variance {
            wandering: UNIT_VARIANCE * depth * terms,
            // The rest of its block, the blocks after it and the bias.
            drift: UNIT_VARIANCE * (depth / blocks + blocks + 1.0),
        }
    }
}

/// The variance of the rounding error of a layer's results on one row.
#[derive(Debug, Clone, Copy)]
struct Variance {
    wandering: f64,
    drift: f64,
}

impl Variance {
    fn of(self, result: f32) -> f64 {
        self.wandering + self.drift * f64::from(result).powi(2)
    }

    /// Behind a relu: what is cut off is exactly 0.
    fn of_rectified(self, result: f32) -> f64 {
        if result == 0.0 { 0.0 } else { self.of(result) }
    }
}

/// What the estimate needs of a classifier.
#[derive(Debug, Clone)]
pub(super) struct Rounding {
    fusion: FusionSize,
    /// Bound of `|change of the logits| / |change of the normalised row|`.
    stretch: f64,
}

#[derive(Debug, Clone)]
enum FusionSize {
    Concat(LayerSize),
    Gated {
        image: LayerSize,
        text: LayerSize,
        interaction: Option<(LayerSize, f64)>,
        gate: Option<(LayerSize, Vec<f64>)>,
    },
}

/// Standard deviations of what goes into the layer norm, for one row.
#[derive(Debug, Clone, Copy)]
pub(super) struct FusedError {
    /// Of the fused row along any direction.
    fused: f64,
    gate: f64,
    gate_logit: f64,
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
    pub(super) fn new(config: &SelectorConfig, weights: &SelectorWeights) -> Self {
        let dim = config.feature_dim;
        let fusion = match &weights.fusion {
            Fusion::Concat(dense) => FusionSize::Concat(LayerSize::of(&dense.weight, 2 * dim)),
            Fusion::Gated(gated) => FusionSize::Gated {
                image: LayerSize::of(&gated.image.weight, dim),
                text: LayerSize::of(&gated.text.weight, dim),
                interaction: (gated.interaction.as_ref())
                    .filter(|_| config.fusion_mode != FusionMode::NoInteraction)
                    .map(|(weight, scale)| (LayerSize::of(weight, dim), f64::from(*scale))),
                gate: (gated.gate.as_ref())
                    .filter(|_| config.fusion_mode.has_gate())
                    .map(|(hidden, last)| {
                        let squares = last.weight.iter().map(|&w| f64::from(w).powi(2));
                        (LayerSize::of(&hidden.weight, 3 * dim), squares.collect())
                    }),
            },
        };
        let widest = (weights.norm.weight.iter()).fold(0.0f32, |most, w| most.max(w.abs()));
        Self {
            fusion,
            stretch: f64::from(widest)
                * largest_singular_value(&weights.output.weight, config.hidden_dim),
        }
    }

    /// The error of what the f32 layers made of row `row` of a block.
    pub(super) fn of_row(
        &self,
        block: &RowBlock<f32>,
        fused: &Fused<f32>,
        row: usize,
        hidden_dim: usize,
    ) -> FusedError {
        let parts = &block.parts[row * 3 * block.dim..(row + 1) * 3 * block.dim];
        let mut sizes = parts.chunks_exact(block.dim).map(InputSize::of);
        let mut next = || sizes.next().unwrap_or_default();
        let (image, text, product) = (next(), next(), next());
        let branch = |number: usize| &fused.branches[number][row * fused.stride..][..hidden_dim];
        let gate = fused.gate[row];
        match &self.fusion {
            FusionSize::Concat(layer) => {
                let variance = layer.on(image.and(text));
                FusedError {
                    fused: largest(branch(0).iter().map(|&v| variance.of(v))).sqrt(),
                    gate: 0.0,
                    gate_logit: 0.0,
                }
            }
            FusionSize::Gated {
                image: image_layer,
                text: text_layer,
                interaction,
                gate: gate_layer,
            } => {
                let gate_logit = gate_layer.as_ref().map_or(0.0, |(layer, squares)| {
                    let variance = layer.on(image.and(text).and(product));
                    let hidden = &fused.gate_hidden[row * fused.gate_stride..];
                    let terms = (hidden.iter().zip(squares))
                        .map(|(&value, square)| square * variance.of_rectified(value));
                    terms.sum::<f64>().sqrt()
                });
                let gate_error = gate * (1.0 - gate) * gate_logit;
                let (of_image, of_text) = (image_layer.on(image), text_layer.on(text));
                let branches = branch(0).iter().zip(branch(1));
                let mut units: Vec<f64> = (branches.clone())
                    .map(|(&image, &text)| {
                        gate.powi(2) * of_image.of_rectified(image)
                            + (1.0 - gate).powi(2) * of_text.of_rectified(text)
                    })
                    .collect();
                if let Some((layer, scale)) = interaction {
                    let variance = layer.on(product);
                    for (unit, &value) in units.iter_mut().zip(branch(2)) {
                        *unit += scale.powi(2) * variance.of(value);
                    }
                }
                // An error of the gate moves all units at once.
                let between: f64 = branches
                    .map(|(&image, &text)| (f64::from(image) - f64::from(text)).powi(2))
                    .sum();
                FusedError {
                    fused: (largest(units.into_iter()) + between * gate_error.powi(2)).sqrt(),
                    gate: gate_error,
                    gate_logit,
                }
            }
        }
    }

    /// Whether the scores that came of a row may be too far from those in f64. NaN is.
    pub(super) fn is_too_much(&self, error: FusedError, slopes: Slopes) -> bool {
        let logits = self.stretch * slopes.norm_scale * error.fused;
        let is_within = |deviation: f64, limit: f64| DEVIATIONS * deviation <= limit;
        !(is_within(slopes.confidence * logits, PROBABILITY_LIMIT)
            && is_within(slopes.entropy * logits, ENTROPY_LIMIT)
            && is_within(error.gate, PROBABILITY_LIMIT)
            && is_within(logits, LOGIT_LIMIT)
            && is_within(error.gate_logit, LOGIT_LIMIT))
    }
}

/// The largest value; NaN where there is one.
fn largest(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(0.0f64, |most, value| {
        if value <= most || most.is_nan() {
            most
        } else {
            value
        }
    })
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
            fusion: FusionSize::Concat(LayerSize::of(&[1.0], 1)),
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
        assert!(!rounding.is_too_much(error, slopes));
        let nan = Slopes {
            entropy: f64::NAN,
            ..slopes
        };
        assert!(rounding.is_too_much(error, nan));
        let nan = FusedError {
            gate: f64::NAN,
            ..error
        };
        assert!(rounding.is_too_much(nan, slopes));
        assert!(largest([1.0, f64::NAN, 2.0].into_iter()).is_nan());
    }
}
