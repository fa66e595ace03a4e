//! The layers before the layer norm.
use std::ops::Range;

use super::rows::{IntegerBlock, PARTS, RowBlock};
use crate::arithmetic::integers::IntegerMatrix;
use crate::arithmetic::{InstructionSet, PackedMatrix, dot_wide, for_each_width};
use crate::selector::{Fusion, FusionMode, SelectorConfig, SelectorWeights};

/// A matrix that a part of the rows is multiplied by.
pub(super) trait PartMatrix {
    /// The rows that it takes.
    type Rows;
    fn new(set: InstructionSet, weight: &[f32], outputs: usize, inputs: usize) -> Self;
    /// How many rows there are.
    fn count(rows: &Self::Rows) -> usize;
    /// Values from one row of a product to the next.
    fn stride(&self) -> usize;
    /// Writes `[rows, stride]`, the products with part `nth` of the rows.
    fn multiply(&self, set: InstructionSet, rows: &Self::Rows, nth: usize, products: &mut Vec<f64>);
}

impl PartMatrix for IntegerMatrix {
    type Rows = IntegerBlock;

    fn new(set: InstructionSet, weight: &[f32], outputs: usize, inputs: usize) -> Self {
        Self::new(set, weight, outputs, inputs)
    }

    fn count(rows: &IntegerBlock) -> usize {
        rows.rows
    }

    fn stride(&self) -> usize {
        self.stride()
    }

    fn multiply(
        &self,
        set: InstructionSet,
        rows: &IntegerBlock,
        nth: usize,
        products: &mut Vec<f64>,
    ) {
        self.multiply(set, &rows.parts[nth], products);
    }
}

impl PartMatrix for PackedMatrix<f64> {
    type Rows = RowBlock<f64>;

    fn new(_: InstructionSet, weight: &[f32], outputs: usize, inputs: usize) -> Self {
        Self::new(weight, outputs, inputs, f64::from)
    }

    fn count(rows: &RowBlock<f64>) -> usize {
        rows.rows
    }

    fn stride(&self) -> usize {
        self.padded_outputs()
    }

    fn multiply(
        &self,
        set: InstructionSet,
        rows: &RowBlock<f64>,
        nth: usize,
        products: &mut Vec<f64>,
    ) {
        products.resize(rows.rows * self.padded_outputs(), 0.0);
        let from = rows.parts.get(nth * rows.dim..).unwrap_or_default();
        self.multiply(set, from, PARTS * rows.dim, rows.rows, products);
    }
}

/// What a part of the rows is multiplied by: the weights of its branch, then those that the gate's hidden
/// layer has for it.
#[derive(Debug, Clone)]
pub(super) struct Part<M> {
    pub(super) matrix: M,
    /// Columns of the branch; none where the mode has no such branch.
    pub(super) branch: usize,
    /// Columns of the gate's hidden layer; none without a gate.
    pub(super) gate: usize,
}

/// The layers before the layer norm, with products by `M` and everything that joins them in f64.
#[derive(Debug, Clone)]
pub(super) struct FusionLayers<M> {
    hidden_dim: usize,
    /// Image, text and their product, as far as they are used.
    pub(super) parts: [Option<Part<M>>; PARTS],
    joining: Joining,
}

#[derive(Debug, Clone)]
enum Joining {
    Concat {
        bias: Vec<f64>,
    },
    Gated {
        image_bias: Vec<f64>,
        text_bias: Vec<f64>,
        interaction_scale: f64,
        gate: Option<Gate>,
    },
}

#[derive(Debug, Clone)]
struct Gate {
    hidden_bias: Vec<f64>,
    weight: Vec<f64>,
    bias: f64,
}

/// What the layers make of some rows, and room for what is on the way there.
#[derive(Default)]
pub(super) struct Fused {
    /// `[rows, hidden_dim]`.
    pub(super) values: Vec<f64>,
    /// `[rows]`.
    pub(super) gate: Vec<f64>,
    /// `[rows]`: the sum of the squares of what the gate weighs against each other.
    pub(super) branch_squares: Vec<f64>,
    products: [Vec<f64>; PARTS],
    scratch: Scratch,
}

/// The columns of some inputs, of `[outputs, inputs]`.
fn columns(weight: &[f32], inputs: usize, range: Range<usize>) -> Vec<f32> {
    let rows = weight.chunks_exact(inputs);
    rows.flat_map(|row| &row[range.clone()]).copied().collect()
}

pub(super) fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&value| f64::from(value)).collect()
}

/// What each part is multiplied by, for its branch and for the gate.
pub(super) fn part_weights(
    config: &SelectorConfig,
    weights: &SelectorWeights,
) -> [(Vec<f32>, Vec<f32>); PARTS] {
    let dim = config.feature_dim;
    let part = |nth: usize| nth * dim..(nth + 1) * dim;
    match &weights.fusion {
        Fusion::Concat(dense) => {
            let of_part = |nth| (columns(&dense.weight, 2 * dim, part(nth)), Vec::new());
            [of_part(0), of_part(1), Default::default()]
        }
        // A file may hold parts that its mode does not use.
        Fusion::Gated(gated) => {
            let gate = (gated.gate.as_ref()).filter(|_| config.fusion_mode.has_gate());
            let of_gate = |nth| match gate {
                Some((hidden, _)) => columns(&hidden.weight, PARTS * dim, part(nth)),
                None => Vec::new(),
            };
            let interaction = (gated.interaction.as_ref())
                .filter(|_| config.fusion_mode != FusionMode::NoInteraction)
                .map(|(weight, _)| weight.clone());
            [
                (gated.image.weight.clone(), of_gate(0)),
                (gated.text.weight.clone(), of_gate(1)),
                (interaction.unwrap_or_default(), of_gate(2)),
            ]
        }
    }
}

impl<M: PartMatrix> FusionLayers<M> {
    /// Prepares weights that were checked against `config`.
    pub(super) fn new(
        set: InstructionSet,
        config: &SelectorConfig,
        weights: &SelectorWeights,
    ) -> Self {
        let dim = config.feature_dim;
        let parts = part_weights(config, weights).map(|(branch, gate)| {
            let (of_branch, of_gate) = (branch.len() / dim, gate.len() / dim);
            let outputs = of_branch + of_gate;
            (outputs > 0).then(|| Part {
                matrix: M::new(set, &[branch, gate].concat(), outputs, dim),
                branch: of_branch,
                gate: of_gate,
            })
        });
        let joining = match &weights.fusion {
            Fusion::Concat(dense) => Joining::Concat {
                bias: wide(&dense.bias),
            },
            Fusion::Gated(gated) => Joining::Gated {
                image_bias: wide(&gated.image.bias),
                text_bias: wide(&gated.text.bias),
                interaction_scale: (gated.interaction.as_ref())
                    .map_or(0.0, |(_, scale)| f64::from(*scale)),
                gate: (gated.gate.as_ref())
                    .filter(|_| config.fusion_mode.has_gate())
                    .map(|(hidden, last)| Gate {
                        hidden_bias: wide(&hidden.bias),
                        weight: wide(&last.weight),
                        bias: f64::from(last.bias[0]),
                    }),
            },
        };
        Self {
            hidden_dim: config.hidden_dim,
            parts,
            joining,
        }
    }

    /// Applies the layers, in place of what they made before.
    pub(super) fn apply(&self, set: InstructionSet, rows: &M::Rows, fused: &mut Fused) {
        let Fused {
            values,
            gate,
            branch_squares,
            products,
            scratch,
        } = fused;
        for (nth, (part, products)) in self.parts.iter().zip(&mut *products).enumerate() {
            if let Some(part) = part {
                part.matrix.multiply(set, rows, nth, products);
            }
        }
        let products: [Products<'_>; PARTS] = std::array::from_fn(|nth| {
            let part = self.parts[nth].as_ref();
            part.map_or_else(Products::default, |part| Products {
                values: &products[nth],
                stride: part.matrix.stride(),
                branch: part.branch,
                gate: part.gate,
            })
        });
        values.resize(M::count(rows) * self.hidden_dim, 0.0);
        gate.clear();
        branch_squares.clear();
        for (row, values) in values.chunks_exact_mut(self.hidden_dim).enumerate() {
            let (of_row, squares) = self.joining.join(&products, row, scratch, values);
            gate.push(of_row);
            branch_squares.push(squares);
        }
    }
}

/// Products of rows and a part's matrix.
#[derive(Default)]
struct Products<'a> {
    values: &'a [f64],
    stride: usize,
    branch: usize,
    gate: usize,
}

impl Products<'_> {
    fn branch(&self, row: usize) -> &[f64] {
        &self.values[row * self.stride..][..self.branch]
    }

    fn gate(&self, row: usize) -> &[f64] {
        &self.values[row * self.stride + self.branch..][..self.gate]
    }
}

/// Room for a row on its way.
#[derive(Default)]
struct Scratch {
    hidden: Vec<f64>,
    image: Vec<f64>,
    text: Vec<f64>,
}

impl Joining {
    /// Writes what goes into the layer norm; gives the gate and the squares of the branches.
    fn join(
        &self,
        [image, text, interaction]: &[Products<'_>; PARTS],
        row: usize,
        scratch: &mut Scratch,
        fused: &mut [f64],
    ) -> (f64, f64) {
        let Scratch {
            hidden,
            image: of_image,
            text: of_text,
        } = scratch;
        match self {
            Self::Concat { bias } => {
                add_two(image.branch(row), text.branch(row), bias, fused);
                (0.5, 0.0)
            }
            Self::Gated {
                image_bias,
                text_bias,
                interaction_scale,
                gate,
            } => {
                let gate = gate.as_ref().map_or(0.5, |gate| {
                    hidden.resize(gate.hidden_bias.len(), 0.0);
                    add_two(image.gate(row), text.gate(row), &gate.hidden_bias, hidden);
                    add_rectified(interaction.gate(row), hidden);
                    let logit = dot_wide(hidden, &gate.weight) + gate.bias;
                    1.0 / (1.0 + libm::exp(-logit))
                });
                of_image.resize(fused.len(), 0.0);
                of_text.resize(fused.len(), 0.0);
                with_bias_rectified(image.branch(row), image_bias, of_image);
                with_bias_rectified(text.branch(row), text_bias, of_text);
                weigh(of_image, of_text, gate, fused);
                let interaction = interaction.branch(row);
                if !interaction.is_empty() {
                    add_scaled(interaction, *interaction_scale, fused);
                }
                let squares = dot_wide(of_image, of_image) + dot_wide(of_text, of_text);
                (gate, squares)
            }
        }
    }
}

/// `max(0, x)` that lets NaN pass, so that it is seen at the end.
#[inline(always)]
pub(super) fn rectified(value: f64) -> f64 {
    if value < 0.0 { 0.0 } else { value }
}

for_each_width! {
    /// `to = a + b + bias`.
    fn add_two(a: &[f64], b: &[f64], bias: &[f64], to: &mut [f64]) {
        sum_of_three
    }

    /// `to = max(0, to + x)`.
    fn add_rectified(x: &[f64], to: &mut [f64]) {
        sum_rectified
    }

    /// `to = max(0, x + bias)`.
    fn with_bias_rectified(x: &[f64], bias: &[f64], to: &mut [f64]) {
        biased_rectified
    }

    /// `to = gate image + (1 - gate) text`.
    fn weigh(image: &[f64], text: &[f64], gate: f64, to: &mut [f64]) {
        weighed
    }

    /// `to += scale x`.
    pub(super) fn add_scaled(x: &[f64], scale: f64, to: &mut [f64]) {
        sum_scaled
    }
}

#[inline(always)]
fn sum_of_three(a: &[f64], b: &[f64], bias: &[f64], to: &mut [f64]) {
    for (((to, a), b), bias) in to.iter_mut().zip(a).zip(b).zip(bias) {
        *to = (a + b) + bias;
    }
}

#[inline(always)]
fn sum_rectified(x: &[f64], to: &mut [f64]) {
    for (to, x) in to.iter_mut().zip(x) {
        *to = rectified(*to + x);
    }
}

#[inline(always)]
fn biased_rectified(x: &[f64], bias: &[f64], to: &mut [f64]) {
    for ((to, x), bias) in to.iter_mut().zip(x).zip(bias) {
        *to = rectified(x + bias);
    }
}

#[inline(always)]
fn weighed(image: &[f64], text: &[f64], gate: f64, to: &mut [f64]) {
    let rest = 1.0 - gate;
    for ((to, image), text) in to.iter_mut().zip(image).zip(text) {
        *to = gate * image + rest * text;
    }
}

#[inline(always)]
fn sum_scaled(x: &[f64], scale: f64, to: &mut [f64]) {
    for (to, x) in to.iter_mut().zip(x) {
        *to += scale * x;
    }
}
