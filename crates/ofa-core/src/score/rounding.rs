//! How far the f32 products before the layer norm can have moved a row's scores.
//!
//! # The estimate
//! A rounding to f32 moves a number `a` by at most `2^-24 |a|`, evenly spread, so with a variance
//! of at most `2^-48 a^2 / 3`. A dot product of `n` values in blocks of [`DEPTH_BLOCK`] is rounded
//! at each partial sum. Those wander like the square root of the number of terms, whose size is
//! bounded by the largest weight, plus a drift towards the result. That gives a variance for each
//! layer, for whichever of its results is moved the most. The derivatives of the layer norm, the
//! output layer and the softmax carry it on to the scores, bounded by `max |weight| / sigma` and
//! the largest singular value of the output layer.
//!
//! What is bounded at three places makes the deviation of confidence and entropy an error that is
//! not met: against f64 the true one was at most 0.4 of it, from untrained weights to sixteen times
//! those. For the gate, three deviations are. All of it follows from the row and the weights alone,
//! so which rows are computed again in f64 is the same on every machine.
use super::layers::{Fused, RowBlock};
use crate::arithmetic::{DEPTH_BLOCK, dot_wide, sum, sum_of_squares};
use crate::selector::{Fusion, FusionMode, SelectorConfig, SelectorWeights};

/// A larger error of the confidence or the gate is not accepted.
const PROBABILITY_LIMIT: f64 = 2e-7;

/// A larger error of the entropy is not accepted. f32 numbers near 4, a usual entropy, are 5e-7
/// apart.
const ENTROPY_LIMIT: f64 = 5e-7;

/// Beyond this error of a logit its derivative says too little.
const LOGIT_LIMIT: f64 = 1e-2;

/// Largest variance of the rounding of a number of size 1 to f32.
const UNIT_VARIANCE: f64 = 1.0 / ((1u64 << 48) as f64 * 3.0);

/// What the rounding error of a layer's products depends on.
#[derive(Debug, Clone, Copy)]
struct LayerSize {
    inputs: usize,
    /// The square of the largest weight.
    largest: f64,
}

impl LayerSize {
    fn of(weight: &[f32], inputs: usize) -> Self {
        Self {
            inputs,
            largest: largest_size(weight).powi(2),
        }
    }

    /// On an input whose squares sum to `squares`.
    fn on(&self, squares: f64) -> Variance {
        let depth = DEPTH_BLOCK.min(self.inputs) as f64;
        let blocks = self.inputs.div_ceil(DEPTH_BLOCK) as f64;
        Variance {
            wandering: UNIT_VARIANCE * depth * self.largest * squares,
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
    /// Of the result that is moved the most.
    fn of(self, results: &[f32]) -> f64 {
        self.wandering + self.drift * largest_size(results).powi(2)
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
        /// With the sum of the squared weights of the last layer.
        gate: Option<(LayerSize, f64)>,
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
                        let layer = LayerSize::of(&hidden.weight, 3 * dim);
                        (layer, sum_of_squares(&last.weight))
                    }),
            },
        };
        Self {
            fusion,
            stretch: largest_size(&weights.norm.weight)
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
        let squares = |part: usize| sum_of_squares(&parts[part * block.dim..][..block.dim]);
        let (image, text) = (squares(0), squares(1));
        let branch = |number: usize| &fused.branches[number][row * fused.stride..][..hidden_dim];
        match &self.fusion {
            FusionSize::Concat(layer) => FusedError {
                fused: layer.on(image + text).of(branch(0)).sqrt(),
                gate: 0.0,
                gate_logit: 0.0,
            },
            FusionSize::Gated {
                image: image_layer,
                text: text_layer,
                interaction,
                gate: gate_layer,
            } => {
                let product = squares(2);
                let gate = fused.gate[row];
                let gate_logit = gate_layer.as_ref().map_or(0.0, |(layer, weights)| {
                    let hidden = &fused.gate_hidden[row * fused.gate_stride..];
                    let hidden = &hidden[..fused.gate_stride];
                    (layer.on(image + text + product).of(hidden) * weights).sqrt()
                });
                let gate_logit = 3.0 * gate_logit;
                let gate_error = gate * (1.0 - gate) * gate_logit;
                let mut unit = gate.powi(2) * image_layer.on(image).of(branch(0))
                    + (1.0 - gate).powi(2) * text_layer.on(text).of(branch(1));
                if let Some((layer, scale)) = interaction {
                    unit += scale.powi(2) * layer.on(product).of(branch(2));
                }
                // An error of the gate moves all units at once, each by the difference of the
                // branches, which are not negative.
                let between = sum_of_squares(branch(0)) + sum_of_squares(branch(1));
                FusedError {
                    fused: (unit + between * gate_error.powi(2)).sqrt(),
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

/// The largest absolute value. NaN is passed over: a row with NaN has NaN slopes too.
fn largest_size(values: &[f32]) -> f64 {
    // Eight at a time; a single running maximum would wait for each comparison.
    let mut largest = [0.0f32; 8];
    let whole = values.chunks_exact(8);
    let rest = whole.remainder();
    let mut take = |values: &[f32]| {
        for (most, value) in largest.iter_mut().zip(values) {
            let size = value.abs();
            *most = if size > *most { size } else { *most };
        }
    };
    whole.for_each(&mut take);
    take(rest);
    f64::from(largest.into_iter().fold(0.0, f32::max))
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
    fn the_largest_size_is_found_everywhere() {
        for len in 1..40 {
            for at in 0..len {
                let mut values = vec![0.5f32; len];
                values[at] = -3.0;
                assert_eq!(largest_size(&values), 3.0, "{at} of {len}");
            }
        }
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
