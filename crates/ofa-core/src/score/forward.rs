//! The selector's forward pass for a block of rows.
use std::ops::Range;

use crate::arithmetic::{InstructionSet, PackedMatrix, dot_f64, dot_wide, sum};
use crate::features::{FeatureRows, normalise, widen};
use crate::selector::{Dense, Fusion, FusionMode, LAYER_NORM_EPS, SelectorConfig, SelectorWeights};

/// Probabilities below this count as this in the entropy's logarithm.
const SMALLEST_PROBABILITY: f64 = 1e-12;

/// Widened embeddings of some rows.
pub(super) struct RowBlock {
    rows: usize,
    dim: usize,
    /// `[rows, 3 * dim]`: image, text and their product.
    parts: Vec<f32>,
}

impl RowBlock {
    pub(super) fn load(features: &impl FeatureRows, rows: Range<usize>) -> Self {
        let dim = features.dim();
        let mut parts = vec![0.0f32; rows.len() * 3 * dim];
        for (row, parts) in rows.clone().zip(parts.chunks_exact_mut(3 * dim)) {
            let (image, rest) = parts.split_at_mut(dim);
            let (text, interaction) = rest.split_at_mut(dim);
            widen(features.image(row), image);
            widen(features.text(row), text);
            for ((product, &image), &text) in interaction.iter_mut().zip(&*image).zip(&*text) {
                *product = image * text;
            }
        }
        Self {
            rows: rows.len(),
            dim,
            parts,
        }
    }

    /// The joint features `[rows, 2 * dim]`.
    pub(super) fn joint(&self) -> Vec<f32> {
        let dim = self.dim;
        let mut joint = vec![0.0f32; self.rows * 2 * dim];
        for (to, from) in joint
            .chunks_exact_mut(2 * dim)
            .zip(self.parts.chunks_exact(3 * dim))
        {
            to.copy_from_slice(&from[..2 * dim]);
            normalise(to);
        }
        joint
    }
}

/// What a classifier says about some rows.
pub(super) struct Outputs {
    pub(super) confidence: Vec<f32>,
    pub(super) entropy: Vec<f32>,
    pub(super) gate: Vec<f32>,
}

/// A linear layer prepared for products.
#[derive(Debug, Clone)]
struct Layer {
    matrix: PackedMatrix<f32>,
    bias: Option<Vec<f32>>,
}

impl Layer {
    fn new(dense: &Dense, inputs: usize) -> Self {
        Self {
            matrix: PackedMatrix::new(&dense.weight, dense.bias.len(), inputs, |w| w),
            bias: Some(dense.bias.clone()),
        }
    }

    /// `[rows, padded]` of the layer on a part of the block that starts at column `from`.
    fn apply(&self, set: InstructionSet, block: &RowBlock, from: usize) -> Vec<f32> {
        let stride = self.matrix.padded_outputs();
        let mut result = vec![0.0f32; block.rows * stride];
        let rows = &block.parts[from..];
        self.matrix
            .multiply(set, rows, 3 * block.dim, block.rows, &mut result);
        if let Some(bias) = &self.bias {
            for row in result.chunks_exact_mut(stride) {
                row.iter_mut()
                    .zip(bias)
                    .for_each(|(value, bias)| *value += bias);
            }
        }
        result
    }

    /// As [`Self::apply`], then `max(0, x)`.
    fn apply_relu(&self, set: InstructionSet, block: &RowBlock, from: usize) -> Vec<f32> {
        let mut result = self.apply(set, block, from);
        for value in &mut result {
            *value = if *value > 0.0 { *value } else { 0.0 };
        }
        result
    }

    fn stride(&self) -> usize {
        self.matrix.padded_outputs()
    }
}

#[derive(Debug, Clone)]
struct Gate {
    hidden: Layer,
    weight: Vec<f32>,
    bias: f64,
}

impl Gate {
    fn apply(&self, set: InstructionSet, block: &RowBlock) -> Vec<f64> {
        let hidden = self.hidden.apply_relu(set, block, 0);
        let width = self.weight.len();
        hidden
            .chunks_exact(self.hidden.stride())
            .map(|row| {
                let logit = dot_f64(&row[..width], &self.weight) + self.bias;
                1.0 / (1.0 + libm::exp(-logit))
            })
            .collect()
    }
}

#[derive(Debug, Clone)]
enum FusionLayers {
    Gated(Box<GatedLayers>),
    Concat(Layer),
}

#[derive(Debug, Clone)]
struct GatedLayers {
    image: Layer,
    text: Layer,
    interaction: Option<(Layer, f64)>,
    gate: Option<Gate>,
}

/// One classifier prepared for scoring.
#[derive(Debug, Clone)]
pub(super) struct Network {
    fusion: FusionLayers,
    norm_weight: Vec<f64>,
    norm_bias: Vec<f64>,
    output: PackedMatrix<f64>,
    output_bias: Vec<f64>,
}

impl Network {
    /// Prepares weights that were checked against `config`.
    pub(super) fn new(config: &SelectorConfig, weights: &SelectorWeights) -> Self {
        let dim = config.feature_dim;
        let wide = |values: &[f32]| values.iter().map(|&v| f64::from(v)).collect();
        let fusion = match &weights.fusion {
            Fusion::Concat(dense) => FusionLayers::Concat(Layer::new(dense, 2 * dim)),
            Fusion::Gated(gated) => FusionLayers::Gated(Box::new(GatedLayers {
                image: Layer::new(&gated.image, dim),
                text: Layer::new(&gated.text, dim),
                // A file may hold parts that its mode does not use.
                interaction: gated
                    .interaction
                    .as_ref()
                    .filter(|_| config.fusion_mode != FusionMode::NoInteraction)
                    .map(|(weight, scale)| {
                        let matrix = PackedMatrix::new(weight, config.hidden_dim, dim, |w| w);
                        (Layer { matrix, bias: None }, f64::from(*scale))
                    }),
                gate: gated
                    .gate
                    .as_ref()
                    .filter(|_| config.fusion_mode != FusionMode::StaticGate)
                    .map(|(hidden, last)| Gate {
                        hidden: Layer::new(hidden, 3 * dim),
                        weight: last.weight.clone(),
                        bias: f64::from(last.bias[0]),
                    }),
            })),
        };
        Self {
            fusion,
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

    /// Confidence, entropy and gate of each row.
    pub(super) fn forward(&self, set: InstructionSet, block: &RowBlock) -> Outputs {
        let (mut hidden, gate) = self.fuse(set, block);
        for row in hidden.chunks_exact_mut(self.norm_weight.len()) {
            self.normalise_and_rectify(row);
        }
        let stride = self.output.padded_outputs();
        let mut logits = vec![0.0f64; block.rows * stride];
        let width = self.norm_weight.len();
        self.output
            .multiply(set, &hidden, width, block.rows, &mut logits);

        let (mut confidence, mut entropy) = (Vec::new(), Vec::new());
        let mut powers = vec![0.0f64; self.output_bias.len()];
        let mut terms = powers.clone();
        for row in logits.chunks_exact_mut(stride) {
            let row = &mut row[..self.output_bias.len()];
            row.iter_mut()
                .zip(&self.output_bias)
                .for_each(|(logit, bias)| *logit += bias);
            let (c, e) = confidence_and_entropy(row, &mut powers, &mut terms);
            confidence.push(c as f32);
            entropy.push(e as f32);
        }
        Outputs {
            confidence,
            entropy,
            gate: gate.into_iter().map(|gate| gate as f32).collect(),
        }
    }

    /// `fused` `[rows, hidden_dim]` and the gate `[rows]`.
    fn fuse(&self, set: InstructionSet, block: &RowBlock) -> (Vec<f64>, Vec<f64>) {
        let width = self.norm_weight.len();
        let dim = block.dim;
        let mut fused = vec![0.0f64; block.rows * width];
        let rows = fused.chunks_exact_mut(width).enumerate();
        match &self.fusion {
            FusionLayers::Concat(layer) => {
                let result = layer.apply(set, block, 0);
                for (r, fused) in rows {
                    for (to, &from) in fused.iter_mut().zip(&result[r * layer.stride()..]) {
                        *to = f64::from(from);
                    }
                }
                (fused, vec![0.5; block.rows])
            }
            FusionLayers::Gated(layers) => {
                let GatedLayers {
                    image,
                    text,
                    interaction,
                    gate,
                } = &**layers;
                let gate = match gate {
                    Some(gate) => gate.apply(set, block),
                    None => vec![0.5; block.rows],
                };
                let stride = image.stride();
                let image = image.apply_relu(set, block, 0);
                let text = text.apply_relu(set, block, dim);
                let interaction = interaction
                    .as_ref()
                    .map(|(l, scale)| (l.apply(set, block, 2 * dim), *scale));
                for (r, fused) in rows {
                    let row = r * stride..r * stride + width;
                    let (g, rest) = (gate[r], 1.0 - gate[r]);
                    let branches = image[row.clone()].iter().zip(&text[row.clone()]);
                    for (to, (&image, &text)) in fused.iter_mut().zip(branches) {
                        *to = g * f64::from(image) + rest * f64::from(text);
                    }
                    if let Some((interaction, scale)) = &interaction {
                        for (to, &value) in fused.iter_mut().zip(&interaction[row]) {
                            *to += scale * f64::from(value);
                        }
                    }
                }
                (fused, gate)
            }
        }
    }

    /// Layer norm, then `max(0, x)`, in place.
    fn normalise_and_rectify(&self, row: &mut [f64]) {
        let count = row.len() as f64;
        let mean = sum(row) / count;
        row.iter_mut().for_each(|value| *value -= mean);
        let scale = 1.0 / (dot_wide(row, row) / count + LAYER_NORM_EPS).sqrt();
        for ((value, weight), bias) in row.iter_mut().zip(&self.norm_weight).zip(&self.norm_bias) {
            let normal = *value * scale * weight + bias;
            *value = if normal > 0.0 { normal } else { 0.0 };
        }
    }
}

/// Largest probability and entropy of `softmax(logits)`.
fn confidence_and_entropy(logits: &[f64], powers: &mut [f64], terms: &mut [f64]) -> (f64, f64) {
    let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    for (power, &logit) in powers.iter_mut().zip(logits) {
        *power = libm::exp(logit - largest);
    }
    let total = sum(powers);
    let log_total = libm::log(total);
    let smallest_log = libm::log(SMALLEST_PROBABILITY);
    for ((term, &power), &logit) in terms.iter_mut().zip(&*powers).zip(logits) {
        let p = power / total;
        // ln p without a logarithm for each class.
        let log = if p < SMALLEST_PROBABILITY {
            smallest_log
        } else {
            (logit - largest) - log_total
        };
        *term = -(p * log);
    }
    (1.0 / total, sum(terms))
}
