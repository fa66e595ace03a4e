//! The layers before the layer norm, in f32 or in f64.
use std::ops::Range;

use crate::arithmetic::widen;
use crate::arithmetic::{Float, InstructionSet, PackedMatrix, dot_wide};
use crate::features::{FeatureRows, normalise};
use crate::selector::{Dense, Fusion, FusionMode, SelectorConfig, SelectorWeights};

/// Widened embeddings of some rows.
pub(super) struct RowBlock<E> {
    pub(super) rows: usize,
    pub(super) dim: usize,
    /// `[rows, 3 * dim]`: image, text and their product. The product of two f16 is exact in f32.
    pub(super) parts: Vec<E>,
}

impl RowBlock<f32> {
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

    /// Some of the rows in f64.
    pub(super) fn widened(&self, rows: &[usize]) -> RowBlock<f64> {
        let width = 3 * self.dim;
        RowBlock {
            rows: rows.len(),
            dim: self.dim,
            parts: rows
                .iter()
                .flat_map(|&row| &self.parts[row * width..(row + 1) * width])
                .map(|&value| f64::from(value))
                .collect(),
        }
    }
}

/// A linear layer prepared for products.
#[derive(Debug, Clone)]
struct Layer<E> {
    matrix: PackedMatrix<E>,
    bias: Vec<E>,
}

impl<E: Float> Layer<E> {
    fn new(dense: &Dense, inputs: usize) -> Self {
        Self {
            matrix: PackedMatrix::new(&dense.weight, dense.bias.len(), inputs, E::from),
            bias: dense.bias.iter().map(|&bias| E::from(bias)).collect(),
        }
    }

    /// `[rows, padded]` of the layer on a part of the block that starts at column `from`.
    fn apply(&self, set: InstructionSet, block: &RowBlock<E>, from: usize) -> Vec<E> {
        let mut result = multiply(&self.matrix, set, block, from);
        for row in result.chunks_exact_mut(self.stride()) {
            row.iter_mut()
                .zip(&self.bias)
                .for_each(|(value, &bias)| *value += bias);
        }
        result
    }

    /// As [`Self::apply`], then [`rectified`].
    fn apply_relu(&self, set: InstructionSet, block: &RowBlock<E>, from: usize) -> Vec<E> {
        let mut result = self.apply(set, block, from);
        for value in &mut result {
            *value = rectified(*value);
        }
        result
    }

    fn stride(&self) -> usize {
        self.matrix.padded_outputs()
    }
}

fn multiply<E: Float>(
    matrix: &PackedMatrix<E>,
    set: InstructionSet,
    block: &RowBlock<E>,
    from: usize,
) -> Vec<E> {
    let mut result = vec![E::default(); block.rows * matrix.padded_outputs()];
    let rows = block.parts.get(from..).unwrap_or_default();
    matrix.multiply(set, rows, 3 * block.dim, block.rows, &mut result);
    result
}

/// `max(0, x)` that lets NaN pass, so that it is seen at the end.
pub(super) fn rectified<E: Float>(value: E) -> E {
    if value < E::default() {
        E::default()
    } else {
        value
    }
}

#[derive(Debug, Clone)]
struct Gate<E> {
    hidden: Layer<E>,
    weight: Vec<f64>,
    bias: f64,
}

impl<E: Float> Gate<E> {
    /// The gate's hidden layer `[rows, padded]` and the gate `[rows]`.
    fn apply(&self, set: InstructionSet, block: &RowBlock<E>) -> (Vec<E>, Vec<f64>) {
        let hidden = self.hidden.apply_relu(set, block, 0);
        let mut wide = vec![0.0f64; self.weight.len()];
        let gate = hidden
            .chunks_exact(self.hidden.stride())
            .map(|row| {
                wide.iter_mut()
                    .zip(row)
                    .for_each(|(to, &from)| *to = from.into());
                let logit = dot_wide(&wide, &self.weight) + self.bias;
                1.0 / (1.0 + libm::exp(-logit))
            })
            .collect();
        (hidden, gate)
    }
}

/// The layers before the layer norm, with products in `E`.
#[derive(Debug, Clone)]
pub(super) struct FusionLayers<E> {
    hidden_dim: usize,
    kind: Kind<E>,
}

#[derive(Debug, Clone)]
enum Kind<E> {
    Gated(Box<GatedLayers<E>>),
    Concat(Layer<E>),
}

#[derive(Debug, Clone)]
struct GatedLayers<E> {
    image: Layer<E>,
    text: Layer<E>,
    interaction: Option<(PackedMatrix<E>, f64)>,
    gate: Option<Gate<E>>,
}

/// What the layers make of some rows.
pub(super) struct Fused<E> {
    /// `[rows, hidden_dim]`.
    pub(super) values: Vec<f64>,
    /// `[rows]`.
    pub(super) gate: Vec<f64>,
    /// The results of the layers, `[rows, stride]`: `concat` alone, or image and text branch and
    /// the interaction where there is one.
    pub(super) branches: Vec<Vec<E>>,
    /// Values from one row of a branch to the next.
    pub(super) stride: usize,
    /// The gate's hidden layer `[rows, gate_stride]`; empty without one.
    pub(super) gate_hidden: Vec<E>,
    /// Values from one row of `gate_hidden` to the next.
    pub(super) gate_stride: usize,
}

impl<E: Float> FusionLayers<E> {
    /// Prepares weights that were checked against `config`.
    pub(super) fn new(config: &SelectorConfig, weights: &SelectorWeights) -> Self {
        let dim = config.feature_dim;
        let kind = match &weights.fusion {
            Fusion::Concat(dense) => Kind::Concat(Layer::new(dense, 2 * dim)),
            Fusion::Gated(gated) => Kind::Gated(Box::new(GatedLayers {
                image: Layer::new(&gated.image, dim),
                text: Layer::new(&gated.text, dim),
                // A file may hold parts that its mode does not use.
                interaction: gated
                    .interaction
                    .as_ref()
                    .filter(|_| config.fusion_mode != FusionMode::NoInteraction)
                    .map(|(weight, scale)| {
                        let matrix = PackedMatrix::new(weight, config.hidden_dim, dim, E::from);
                        (matrix, f64::from(*scale))
                    }),
                gate: gated
                    .gate
                    .as_ref()
                    .filter(|_| config.fusion_mode.has_gate())
                    .map(|(hidden, last)| Gate {
                        hidden: Layer::new(hidden, 3 * dim),
                        weight: last.weight.iter().map(|&w| f64::from(w)).collect(),
                        bias: f64::from(last.bias[0]),
                    }),
            })),
        };
        Self {
            hidden_dim: config.hidden_dim,
            kind,
        }
    }

    /// Applies the layers: products in `E`, everything that joins them in f64.
    pub(super) fn apply(&self, set: InstructionSet, block: &RowBlock<E>) -> Fused<E> {
        match &self.kind {
            Kind::Concat(layer) => self.concat(layer, set, block),
            Kind::Gated(layers) => self.gated(layers, set, block),
        }
    }

    fn concat(&self, layer: &Layer<E>, set: InstructionSet, block: &RowBlock<E>) -> Fused<E> {
        let result = layer.apply(set, block, 0);
        let stride = layer.stride();
        let values = result
            .chunks_exact(stride)
            .flat_map(|row| &row[..self.hidden_dim])
            .map(|&value| value.into())
            .collect();
        Fused {
            values,
            gate: vec![0.5; block.rows],
            branches: vec![result],
            stride,
            gate_hidden: Vec::new(),
            gate_stride: 0,
        }
    }

    fn gated(&self, layers: &GatedLayers<E>, set: InstructionSet, block: &RowBlock<E>) -> Fused<E> {
        let (gate_hidden, gate) = match &layers.gate {
            Some(gate) => gate.apply(set, block),
            None => (Vec::new(), vec![0.5; block.rows]),
        };
        let stride = layers.image.stride();
        let image = layers.image.apply_relu(set, block, 0);
        let text = layers.text.apply_relu(set, block, block.dim);
        let interaction = (layers.interaction.as_ref())
            .map(|(matrix, scale)| (multiply(matrix, set, block, 2 * block.dim), *scale));
        let mut values = vec![0.0f64; block.rows * self.hidden_dim];
        for (r, fused) in values.chunks_exact_mut(self.hidden_dim).enumerate() {
            let row = r * stride..r * stride + self.hidden_dim;
            let (g, rest) = (gate[r], 1.0 - gate[r]);
            let branches = image[row.clone()].iter().zip(&text[row.clone()]);
            for (to, (&image, &text)) in fused.iter_mut().zip(branches) {
                *to = g * image.into() + rest * text.into();
            }
            if let Some((interaction, scale)) = &interaction {
                for (to, &value) in fused.iter_mut().zip(&interaction[row]) {
                    *to += scale * value.into();
                }
            }
        }
        let mut branches = vec![image, text];
        branches.extend(interaction.map(|(values, _)| values));
        let gate_stride = layers.gate.as_ref().map_or(0, |gate| gate.hidden.stride());
        Fused {
            values,
            gate,
            branches,
            stride,
            gate_hidden,
            gate_stride,
        }
    }
}
