//! The selector's forward pass for a block of rows.
use super::layers::{Fused, FusionLayers, add_scaled, rectified, wide};
use super::rounding::{Rounding, ScoreError, Slopes};
use super::rows::{IntegerBlock, RowBlock};
use crate::arithmetic::integers::IntegerMatrix;
use crate::arithmetic::{
    InstructionSet, PackedMatrix, dot_wide, for_each_width, powers_below, sum,
};
use crate::selector::{LAYER_NORM_EPS, SelectorConfig, SelectorWeights};

/// Probabilities below this count as this in the entropy's logarithm.
const SMALLEST_PROBABILITY: f64 = 1e-12;

/// Its logarithm.
const SMALLEST_LOG: f64 = -27.631_021_115_928_547;

/// What a classifier says about some rows.
pub(super) struct Outputs {
    pub(super) confidence: Vec<f32>,
    pub(super) entropy: Vec<f32>,
    pub(super) gate: Vec<f32>,
}

/// One classifier prepared for scoring.
///
/// The products before the layer norm are those of integers, exact, and everything else is f64. A row whose
/// scores may have moved too far by what rounding to integers took ([`Rounding`]) is computed again with all
/// products in f64.
#[derive(Debug, Clone)]
pub(super) struct Network {
    fast: FusionLayers<IntegerMatrix>,
    exact: FusionLayers<PackedMatrix<f64>>,
    rounding: Rounding,
    norm_weight: Vec<f64>,
    norm_bias: Vec<f64>,
    output: PackedMatrix<f64>,
    output_bias: Vec<f64>,
}

impl Network {
    /// Prepares weights that were checked against `config`.
    pub(super) fn new(
        set: InstructionSet,
        config: &SelectorConfig,
        weights: &SelectorWeights,
    ) -> Self {
        let fast = FusionLayers::new(set, config, weights);
        Self {
            rounding: Rounding::new(config, weights, &fast),
            fast,
            exact: FusionLayers::new(set, config, weights),
            norm_weight: wide(&weights.norm.weight),
            norm_bias: wide(&weights.norm.bias),
            output: PackedMatrix::new(
                &weights.output.weight,
                config.num_clusters,
                config.hidden_dim,
                f64::from,
            ),
            output_bias: wide(&weights.output.bias),
        }
    }

    /// Confidence, entropy and gate of each row, which is given twice.
    pub(super) fn forward(
        &self,
        set: InstructionSet,
        block: &RowBlock<f32>,
        integers: &IntegerBlock,
        fused: &mut Fused,
    ) -> Outputs {
        self.fast.apply(set, integers, fused);
        let mut scores = self.classify(set, fused);
        let again = self.inexact_rows(integers, fused, &scores);
        if !again.is_empty() {
            let mut exact = Fused::default();
            self.exact.apply(set, &block.widened(&again), &mut exact);
            let exact_scores = self.classify(set, &mut exact);
            for ((&row, scored), gate) in again.iter().zip(exact_scores).zip(exact.gate) {
                scores[row] = scored;
                fused.gate[row] = gate;
            }
        }
        Outputs {
            confidence: scores.iter().map(|row| row.confidence as f32).collect(),
            entropy: scores.iter().map(|row| row.entropy as f32).collect(),
            gate: fused.gate.iter().map(|&gate| gate as f32).collect(),
        }
    }

    /// The rows that integers are not good enough for.
    fn inexact_rows(
        &self,
        integers: &IntegerBlock,
        fused: &Fused,
        scores: &[RowScores],
    ) -> Vec<usize> {
        (0..integers.rows)
            .filter(|&row| self.error(integers, fused, scores, row).is_too_much())
            .collect()
    }

    /// How far the scores of a row may be off.
    fn error(
        &self,
        integers: &IntegerBlock,
        fused: &Fused,
        scores: &[RowScores],
        row: usize,
    ) -> ScoreError {
        let error = self.rounding.of_row(integers, fused, row);
        self.rounding.of_scores(error, scores[row].slopes)
    }

    /// Everything from the layer norm on; overwrites the fused values.
    fn classify(&self, set: InstructionSet, fused: &mut Fused) -> Vec<RowScores> {
        let width = self.norm_weight.len();
        let rows = fused.gate.len();
        let norm_scales: Vec<f64> = fused
            .values
            .chunks_exact_mut(width)
            .map(|row| self.normalise_and_rectify(row))
            .collect();
        let stride = self.output.padded_outputs();
        let mut logits = vec![0.0f64; rows * stride];
        self.output
            .multiply(set, &fused.values, width, rows, &mut logits);

        let mut softmax = Softmax::new(self.output_bias.len());
        let logits = logits.chunks_exact_mut(stride);
        logits
            .zip(norm_scales)
            .map(|(row, norm_scale)| {
                let row = &mut row[..self.output_bias.len()];
                row.iter_mut()
                    .zip(&self.output_bias)
                    .for_each(|(logit, bias)| *logit += bias);
                softmax.scores(row, norm_scale)
            })
            .collect()
    }

    /// Layer norm, then `max(0, x)`, in place. Gives what the centred row was multiplied by.
    fn normalise_and_rectify(&self, row: &mut [f64]) -> f64 {
        let count = row.len() as f64;
        let mean = sum(row) / count;
        row.iter_mut().for_each(|value| *value -= mean);
        let scale = 1.0 / (dot_wide(row, row) / count + LAYER_NORM_EPS).sqrt();
        scale_and_rectify(row, scale, &self.norm_weight, &self.norm_bias);
        scale
    }
}

for_each_width! {
    /// `max(0, scale weight x + bias)`, in place.
    fn scale_and_rectify(row: &mut [f64], scale: f64, weights: &[f64], bias: &[f64]) {
        scaled_and_rectified
    }

    /// Makes probabilities of powers that sum to `total`, and writes what each adds to the entropy.
    fn share_out(
        logits: &[f64],
        largest: f64,
        total: f64,
        log_total: f64,
        powers: &mut [f64],
        terms: &mut [f64]
    ) {
        shared_out
    }
}

#[inline(always)]
fn shared_out(
    logits: &[f64],
    largest: f64,
    total: f64,
    log_total: f64,
    powers: &mut [f64],
    terms: &mut [f64],
) {
    for ((term, power), &logit) in terms.iter_mut().zip(powers).zip(logits) {
        let p = *power / total;
        // ln p without a logarithm for each class.
        let log = if p < SMALLEST_PROBABILITY {
            SMALLEST_LOG
        } else {
            (logit - largest) - log_total
        };
        *term = -(p * log);
        *power = p;
    }
}

#[inline(always)]
fn scaled_and_rectified(row: &mut [f64], scale: f64, weights: &[f64], bias: &[f64]) {
    for ((value, weight), bias) in row.iter_mut().zip(weights).zip(bias) {
        *value = rectified(*value * scale * weight + bias);
    }
}

/// The scores of one row in f64.
struct RowScores {
    confidence: f64,
    entropy: f64,
    slopes: Slopes,
}

/// Softmax with room for its intermediate values.
struct Softmax {
    powers: Vec<f64>,
    terms: Vec<f64>,
}

impl Softmax {
    fn new(classes: usize) -> Self {
        Self {
            powers: vec![0.0; classes],
            terms: vec![0.0; classes],
        }
    }

    /// Largest probability and entropy of `softmax(logits)`, and how they change with the logits.
    /// NaN among the logits makes all of them NaN.
    fn scores(&mut self, logits: &[f64], norm_scale: f64) -> RowScores {
        let Self { powers, terms } = self;
        // NaN never compares as smaller, and so takes part in the differences below.
        let largest = logits.iter().fold(
            f64::NEG_INFINITY,
            |most, &l| if l < most { most } else { l },
        );
        powers_below(logits, largest, powers);
        let total = sum(powers);
        share_out(logits, largest, total, libm::log(total), powers, terms);
        let (p, confidence, entropy) = (&*powers, 1.0 / total, sum(terms));
        // d confidence / d logit k is c (1 - c) for the largest and -c p_k for the others.
        let others = dot_wide(p, p) - confidence * confidence;
        let slope = confidence * ((1.0 - confidence).powi(2) + others.max(0.0)).sqrt();
        // d entropy / d logit k is -p_k (ln p_k + entropy).
        add_scaled(p, -entropy, terms);
        RowScores {
            confidence,
            entropy,
            slopes: Slopes {
                confidence: slope,
                entropy: dot_wide(terms, terms).sqrt(),
                norm_scale,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::{FeatureMatrix, FeatureRows};
    use crate::rng::{Purpose, Rng};
    use crate::selector::FusionMode;
    use half::f16;

    #[test]
    fn the_logarithm_of_the_smallest_probability_is_that() {
        assert_eq!(SMALLEST_LOG, libm::log(SMALLEST_PROBABILITY));
    }

    #[test]
    fn nan_comes_out_as_nan() {
        assert!(rectified(f64::NAN).is_nan());
        assert_eq!((rectified(-1.0), rectified(2.0)), (0.0, 2.0));
        for at in 0..3 {
            let mut logits = [1.0, 3.0, 2.0];
            logits[at] = f64::NAN;
            let row = Softmax::new(3).scores(&logits, 1.0);
            assert!(row.confidence.is_nan() && row.entropy.is_nan(), "{at}");
            assert!(row.slopes.confidence.is_nan() && row.slopes.entropy.is_nan());
        }
    }

    /// The slopes against differences.
    #[test]
    fn slopes_are_the_norms_of_the_gradients() {
        let logits = [0.3, -1.2, 2.0, 1.9, 0.0];
        let mut softmax = Softmax::new(5);
        let at = softmax.scores(&logits, 1.0);
        let (mut confidence, mut entropy) = (0.0, 0.0);
        for k in 0..5 {
            let mut moved = logits;
            moved[k] += 1e-6;
            let there = softmax.scores(&moved, 1.0);
            confidence += ((there.confidence - at.confidence) / 1e-6).powi(2);
            entropy += ((there.entropy - at.entropy) / 1e-6).powi(2);
        }
        assert!((at.slopes.confidence - confidence.sqrt()).abs() < 1e-5);
        assert!((at.slopes.entropy - entropy.sqrt()).abs() < 1e-5);
    }

    /// A selector at PyTorch's default initialisation times `gain`, at the published sizes.
    fn network(mode: FusionMode, gain: f32) -> Network {
        let config = SelectorConfig {
            fusion_mode: mode,
            ..SelectorConfig::new(512, 128)
        };
        let mut rng = Rng::new(4, Purpose::Baseline, 0, 0);
        let weights = SelectorWeights::from_tensors(&config, "", |tensor| {
            let len = tensor.shape.iter().product();
            let fan_in = match tensor.name {
                "gate.0.bias" => 3 * 512,
                "gate.2.bias" => 128,
                "output.3.bias" => 256,
                "concat.bias" => 2 * 512,
                _ => *tensor.shape.get(1).unwrap_or(&512),
            };
            let bound = gain / (fan_in as f32).sqrt();
            Ok(Some(match tensor.name {
                "output.0.weight" => vec![1.0; len],
                "output.0.bias" => vec![0.0; len],
                "interaction_scale" => vec![0.1],
                _ => (0..len)
                    .map(|_| (rng.unit_f64() as f32 * 2.0 - 1.0) * bound)
                    .collect(),
            }))
        })
        .expect("every tensor is given");
        Network::new(InstructionSet::detect(), &config, &weights)
    }

    /// Unit rows; one coordinate is large, as in CLIP's embeddings.
    fn unit_rows(rows: usize) -> FeatureMatrix {
        let mut rng = Rng::new(5, Purpose::Baseline, 0, 0);
        let mut part = || -> Vec<f16> {
            (0..rows)
                .flat_map(|_| {
                    let mut row: Vec<f64> = (0..512).map(|_| rng.unit_f64() * 2.0 - 1.0).collect();
                    row[133] = 8.0;
                    let norm = row.iter().map(|v| v * v).sum::<f64>().sqrt();
                    row.into_iter().map(move |v| f16::from_f64(v / norm))
                })
                .collect()
        };
        let (image, text) = (part(), part());
        FeatureMatrix::new(512, image, text).expect("whole rows")
    }

    /// No row of an untrained selector is computed again, few where the weights have doubled; and
    /// whatever they are, no row is further off than it is said to be.
    #[test]
    fn rows_are_computed_again_where_integers_are_not_enough() {
        let set = InstructionSet::detect();
        let features = unit_rows(256);
        let mut block = RowBlock::default();
        block.load(&features, 0..features.rows());
        let mut integers = IntegerBlock::default();
        integers.refill(set, &block);
        for mode in FusionMode::ALL {
            for (gain, least, most) in [
                (1.0, 0.0, 0.0),
                (2.0, 0.0, 0.3),
                (8.0, 0.5, 1.0),
                (16.0, 0.2, 1.0),
            ] {
                let network = network(mode, gain);
                let mut fused = Fused::default();
                network.fast.apply(set, &integers, &mut fused);
                let scores = network.classify(set, &mut fused);
                let again = network.inexact_rows(&integers, &fused, &scores);
                let share = again.len() as f64 / block.rows as f64;

                let all: Vec<usize> = (0..block.rows).collect();
                let mut exact = Fused::default();
                network.exact.apply(set, &block.widened(&all), &mut exact);
                let exact_scores = network.classify(set, &mut exact);
                let (mut kept, mut worst, mut of_bound) = (0.0f64, 0.0f64, 0.0f64);
                for row in 0..block.rows {
                    let (rough, exactly) = (&scores[row], &exact_scores[row]);
                    let bound = network.error(&integers, &fused, &scores, row);
                    for (found, expected, bound) in [
                        (rough.confidence, exactly.confidence, bound.confidence),
                        (rough.entropy, exactly.entropy, bound.entropy),
                        (fused.gate[row], exact.gate[row], bound.gate),
                    ] {
                        let off = (found - expected).abs();
                        // f64 itself is off by a few of its own units.
                        of_bound = of_bound.max(off / (bound + 1e-14));
                        worst = worst.max(off);
                        if again.binary_search(&row).is_err() {
                            kept = kept.max(off);
                        }
                    }
                }
                println!(
                    "{mode} x{gain}: {share:.3} again; off by {worst:.1e}, kept {kept:.1e}; \
                     {of_bound:.2} of the bound"
                );
                assert!((least..=most).contains(&share), "{mode} x{gain}: {share}");
                assert!(of_bound < 0.75, "{mode} x{gain}: {of_bound}");
                assert!(kept < 2.5e-7, "{mode} x{gain}: {kept}");
            }
        }
    }
}
