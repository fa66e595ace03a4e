//! What a batch goes through, forwards and backwards.
use rayon::prelude::*;

use super::product::{Into, Matrix, multiply};
use super::{HostBatch, Parameters, ROWS};

const LAYER_NORM_EPS: f32 = ofa_core::selector::LAYER_NORM_EPS as f32;

/// The gate of a fusion that learns none.
const FIXED_GATE: f32 = 0.5;

const IMAGE: &str = "image_branch.0.weight";
const IMAGE_BIAS: &str = "image_branch.0.bias";
const TEXT: &str = "text_branch.0.weight";
const TEXT_BIAS: &str = "text_branch.0.bias";
const INTERACTION: &str = "interaction_branch.weight";
const INTERACTION_SCALE: &str = "interaction_scale";
const GATE_HIDDEN: &str = "gate.0.weight";
const GATE_HIDDEN_BIAS: &str = "gate.0.bias";
const GATE: &str = "gate.2.weight";
const GATE_BIAS: &str = "gate.2.bias";
const CONCAT: &str = "concat.weight";
const CONCAT_BIAS: &str = "concat.bias";
const NORM: &str = "output.0.weight";
const NORM_BIAS: &str = "output.0.bias";
const OUTPUT: &str = "output.3.weight";
const OUTPUT_BIAS: &str = "output.3.bias";

/// What the layers make of a batch of `b` rows, and the gradients of it. What a fusion mode lacks is
/// empty.
///
/// # Shapes
/// `d` is the width of an embedding, `h` of the hidden layers, `g` of the gate's, `k` the classes.
#[derive(Default)]
pub(super) struct Activations {
    /// `[b, d]`: image times text.
    interaction: Vec<f32>,
    /// `[b, h]`, after its activation, as are the text's and the gate's.
    image_hidden: Vec<f32>,
    /// `[b, h]`.
    text_hidden: Vec<f32>,
    /// `[b, h]`, before its scale.
    interaction_hidden: Vec<f32>,
    /// `[b, g]`.
    gate_hidden: Vec<f32>,
    /// `[b]`.
    gate: Vec<f32>,
    /// `[b, h]`: the fused rows of `concat`, and then of all the rows as the layer norm leaves them
    /// before its scale and shift.
    normal: Vec<f32>,
    /// `[b]`: what the layer norm multiplied by.
    norm_scale: Vec<f32>,
    /// `[b, h]`: what goes into the last layer.
    hidden: Vec<f32>,
    /// `[b, k]`, and then the loss's gradient with respect to them.
    logits: Vec<f32>,
    /// `[b, h]`: the gradient of `hidden`, and then of the fused rows.
    d_fused: Vec<f32>,
    /// `[b, h]`.
    d_image: Vec<f32>,
    /// `[b, h]`.
    d_text: Vec<f32>,
    /// `[b, h]`.
    d_interaction: Vec<f32>,
    /// `[b, g]`.
    d_gate_hidden: Vec<f32>,
}

/// Parts of the fusion that a classifier may lack.
#[derive(Clone, Copy)]
struct Parts {
    is_concat: bool,
    has_gate: bool,
    has_interaction: bool,
}

impl Parts {
    fn of(parameters: &Parameters) -> Self {
        Self {
            is_concat: parameters.contains_key(CONCAT),
            has_gate: parameters.contains_key(GATE_HIDDEN),
            has_interaction: parameters.contains_key(INTERACTION),
        }
    }
}

impl Activations {
    /// The mean cross-entropy of a batch; its gradient with respect to the logits is left in their
    /// place.
    pub(super) fn forward(&mut self, parameters: &Parameters, batch: &HostBatch<'_>) -> f32 {
        let parts = Parts::of(parameters);
        let rows = batch.labels.len();
        let (d, h) = (batch.image.len() / rows, parameters[NORM].len());
        self.resize(parameters, parts, rows, d);
        let (image, text) = (Matrix::new(batch.image, d), Matrix::new(batch.text, d));
        if parts.is_concat {
            let weight = &parameters[CONCAT];
            for (from, left) in [(0, image), (d, text)] {
                let right = Matrix::part(weight, 2 * d, from, d).turned();
                multiply(whole(&mut self.normal, h, from > 0), left, right);
            }
        } else {
            self.interact(batch);
            let weight = |name: &str| Matrix::new(&parameters[name], d).turned();
            multiply(
                whole(&mut self.image_hidden, h, false),
                image,
                weight(IMAGE),
            );
            multiply(whole(&mut self.text_hidden, h, false), text, weight(TEXT));
            let interaction = Matrix::new(&self.interaction, d);
            if parts.has_interaction {
                let into = whole(&mut self.interaction_hidden, h, false);
                multiply(into, interaction, weight(INTERACTION));
            }
            if parts.has_gate {
                let (weight, g) = (&parameters[GATE_HIDDEN], parameters[GATE].len());
                for (from, left) in [(0, image), (d, text), (2 * d, interaction)] {
                    let right = Matrix::part(weight, 3 * d, from, d).turned();
                    multiply(whole(&mut self.gate_hidden, g, from > 0), left, right);
                }
            }
        }
        self.fuse(parameters, parts, batch.dropout);
        let right = Matrix::new(&parameters[OUTPUT], h).turned();
        let classes = parameters[OUTPUT_BIAS].len();
        let left = Matrix::new(&self.hidden, h);
        multiply(whole(&mut self.logits, classes, false), left, right);
        self.cross_entropy(&parameters[OUTPUT_BIAS], batch.labels)
    }

    /// The gradients of all parameters, after [`forward`](Self::forward) on the same batch.
    pub(super) fn backward(
        &mut self,
        parameters: &Parameters,
        batch: &HostBatch<'_>,
        gradients: &mut Parameters,
    ) {
        let parts = Parts::of(parameters);
        let rows = batch.labels.len();
        let (d, h) = (batch.image.len() / rows, parameters[NORM].len());
        let classes = parameters[OUTPUT_BIAS].len();
        let d_logits = Matrix::new(&self.logits, classes);
        weight_gradient(
            gradients,
            OUTPUT,
            d_logits,
            Matrix::new(&self.hidden, h),
            h,
            0,
        );
        let output = Matrix::new(&parameters[OUTPUT], h);
        multiply(whole(&mut self.d_fused, h, false), d_logits, output);
        self.part(parameters, parts, batch.dropout, gradients);

        let (image, text) = (Matrix::new(batch.image, d), Matrix::new(batch.text, d));
        if parts.is_concat {
            for (from, right) in [(0, image), (d, text)] {
                let left = Matrix::new(&self.d_fused, h);
                weight_gradient(gradients, CONCAT, left, right, 2 * d, from);
            }
            return;
        }
        let interaction = Matrix::new(&self.interaction, d);
        weight_gradient(gradients, IMAGE, Matrix::new(&self.d_image, h), image, d, 0);
        weight_gradient(gradients, TEXT, Matrix::new(&self.d_text, h), text, d, 0);
        if parts.has_interaction {
            let left = Matrix::new(&self.d_interaction, h);
            weight_gradient(gradients, INTERACTION, left, interaction, d, 0);
        }
        if parts.has_gate {
            let left = Matrix::new(&self.d_gate_hidden, parameters[GATE].len());
            for (from, right) in [(0, image), (d, text), (2 * d, interaction)] {
                weight_gradient(gradients, GATE_HIDDEN, left, right, 3 * d, from);
            }
        }
    }

    fn resize(&mut self, parameters: &Parameters, parts: Parts, rows: usize, d: usize) {
        let h = parameters[NORM].len();
        let classes = parameters[OUTPUT_BIAS].len();
        let when = |is_there: bool, len: usize| if is_there { len } else { 0 };
        let (gated, gate) = (!parts.is_concat, parameters.get(GATE).map_or(0, Vec::len));
        for (buffer, len) in [
            (&mut self.interaction, when(gated, rows * d)),
            (&mut self.image_hidden, when(gated, rows * h)),
            (&mut self.text_hidden, when(gated, rows * h)),
            (
                &mut self.interaction_hidden,
                when(parts.has_interaction, rows * h),
            ),
            (&mut self.gate_hidden, rows * gate),
            (&mut self.gate, rows),
            (&mut self.normal, rows * h),
            (&mut self.norm_scale, rows),
            (&mut self.hidden, rows * h),
            (&mut self.logits, rows * classes),
            (&mut self.d_fused, rows * h),
            (&mut self.d_image, when(gated, rows * h)),
            (&mut self.d_text, when(gated, rows * h)),
            (
                &mut self.d_interaction,
                when(parts.has_interaction, rows * h),
            ),
            (&mut self.d_gate_hidden, rows * gate),
        ] {
            buffer.resize(len, 0.0);
        }
    }

    fn interact(&mut self, batch: &HostBatch<'_>) {
        const PIECE: usize = 1 << 15;
        let pieces = (self.interaction.par_chunks_mut(PIECE))
            .zip(batch.image.par_chunks(PIECE))
            .zip(batch.text.par_chunks(PIECE));
        pieces.for_each(|((products, image), text)| {
            for ((product, &image), &text) in products.iter_mut().zip(image).zip(text) {
                *product = image * text;
            }
        });
    }

    /// From the products of the first layers to what goes into the last.
    fn fuse(&mut self, parameters: &Parameters, parts: Parts, dropout: Option<&[f32]>) {
        let h = parameters[NORM].len();
        let g = parameters.get(GATE).map_or(0, Vec::len);
        let values = |name: &str| parameters.get(name).map_or(&[][..], Vec::as_slice);
        let scale = values(INTERACTION_SCALE).first().copied().unwrap_or(0.0);
        let mut image = self.image_hidden.chunks_mut(ROWS * h);
        let mut text = self.text_hidden.chunks_mut(ROWS * h);
        let mut interaction = self.interaction_hidden.chunks(ROWS * h);
        let mut gate_hidden = self.gate_hidden.chunks_mut((ROWS * g).max(1));
        let mut gate = self.gate.chunks_mut(ROWS);
        let mut norm_scale = self.norm_scale.chunks_mut(ROWS);
        let mut hidden = self.hidden.chunks_mut(ROWS * h);
        let mut dropout = dropout.map(|mask| mask.chunks(ROWS * h));
        let pieces: Vec<_> = (self.normal.chunks_mut(ROWS * h))
            .map(|normal| {
                let image = image.next().unwrap_or_default();
                let text = text.next().unwrap_or_default();
                let interaction = interaction.next().unwrap_or_default();
                let gate_hidden = gate_hidden.next().unwrap_or_default();
                let gates = gate.next().expect("a gate for each row");
                let norm_scales = norm_scale.next().expect("a scale for each row");
                let hidden = hidden.next().expect("a hidden row for each row");
                let mask = dropout.as_mut().map(|mask| mask.next().expect("for each"));
                (
                    normal,
                    image,
                    text,
                    interaction,
                    gate_hidden,
                    gates,
                    norm_scales,
                    hidden,
                    mask,
                )
            })
            .collect();
        pieces.into_par_iter().for_each(
            |(normal, image, text, interaction, gate_hidden, gates, norm_scales, hidden, mask)| {
                for (row, normal) in normal.chunks_exact_mut(h).enumerate() {
                    let at = row * h..(row + 1) * h;
                    if parts.is_concat {
                        gates[row] = FIXED_GATE;
                        add(normal, values(CONCAT_BIAS));
                    } else {
                        let (image, text) = (&mut image[at.clone()], &mut text[at.clone()]);
                        add_and_rectify(image, values(IMAGE_BIAS));
                        add_and_rectify(text, values(TEXT_BIAS));
                        gates[row] = FIXED_GATE;
                        if parts.has_gate {
                            let hidden = &mut gate_hidden[row * g..(row + 1) * g];
                            add_and_rectify(hidden, values(GATE_HIDDEN_BIAS));
                            let logit = dot(hidden, values(GATE)) + values(GATE_BIAS)[0];
                            gates[row] = 1.0 / (1.0 + libm::expf(-logit));
                        }
                        let gate = gates[row];
                        for ((fused, &image), &text) in normal.iter_mut().zip(&*image).zip(&*text) {
                            *fused = text + gate * (image - text);
                        }
                        if parts.has_interaction {
                            let branch = &interaction[at.clone()];
                            for (fused, &value) in normal.iter_mut().zip(branch) {
                                *fused += scale * value;
                            }
                        }
                    }
                    norm_scales[row] = normalise(normal);
                    let hidden = &mut hidden[at.clone()];
                    let norm = values(NORM).iter().zip(values(NORM_BIAS));
                    for ((hidden, &value), (&weight, &bias)) in
                        hidden.iter_mut().zip(&*normal).zip(norm)
                    {
                        *hidden = (value * weight + bias).max(0.0);
                    }
                    if let Some(mask) = mask {
                        let mask = &mask[at];
                        hidden
                            .iter_mut()
                            .zip(mask)
                            .for_each(|(value, kept)| *value *= kept);
                    }
                }
            },
        );
    }

    /// The mean loss; leaves its gradient in the place of the logits.
    fn cross_entropy(&mut self, bias: &[f32], labels: &[usize]) -> f32 {
        let classes = bias.len();
        let share = 1.0 / labels.len() as f32;
        let losses: Vec<f64> = (self.logits.par_chunks_mut(ROWS * classes))
            .zip(labels.par_chunks(ROWS))
            .map(|(logits, labels)| {
                let rows = logits.chunks_exact_mut(classes).zip(labels);
                rows.map(|(row, &label)| {
                    add(row, bias);
                    let largest = row.iter().copied().fold(f32::NEG_INFINITY, larger);
                    let of_label = row[label] - largest;
                    for value in row.iter_mut() {
                        *value = libm::expf(*value - largest);
                    }
                    let total = sum(row);
                    let scale = share / total;
                    row.iter_mut().for_each(|value| *value *= scale);
                    row[label] -= share;
                    f64::from(libm::logf(total) - of_label)
                })
                .sum::<f64>()
            })
            .collect();
        (losses.into_iter().sum::<f64>() / labels.len() as f64) as f32
    }

    /// From the gradient of the hidden rows to those of the first layers' products, and the gradients
    /// of all that is no matrix.
    fn part(
        &mut self,
        parameters: &Parameters,
        parts: Parts,
        dropout: Option<&[f32]>,
        gradients: &mut Parameters,
    ) {
        let h = parameters[NORM].len();
        let classes = parameters[OUTPUT_BIAS].len();
        let g = parameters.get(GATE).map_or(0, Vec::len);
        let mut d_image = self.d_image.chunks_mut(ROWS * h);
        let mut d_text = self.d_text.chunks_mut(ROWS * h);
        let mut d_interaction = self.d_interaction.chunks_mut(ROWS * h);
        let mut d_gate_hidden = self.d_gate_hidden.chunks_mut((ROWS * g).max(1));
        let pieces: Vec<_> = (self.d_fused.chunks_mut(ROWS * h))
            .enumerate()
            .map(|(nth, d_fused)| {
                let d_image = d_image.next().unwrap_or_default();
                let d_text = d_text.next().unwrap_or_default();
                let d_interaction = d_interaction.next().unwrap_or_default();
                let d_gate_hidden = d_gate_hidden.next().unwrap_or_default();
                (
                    nth * ROWS,
                    d_fused,
                    d_image,
                    d_text,
                    d_interaction,
                    d_gate_hidden,
                )
            })
            .collect();
        let forward = Forward {
            normal: &self.normal,
            norm_scale: &self.norm_scale,
            image: &self.image_hidden,
            text: &self.text_hidden,
            interaction: &self.interaction_hidden,
            gate_hidden: &self.gate_hidden,
            gate: &self.gate,
            d_logits: &self.logits,
            dropout,
        };
        let sums: Vec<Sums> = pieces
            .into_par_iter()
            .map(
                |(first, d_fused, d_image, d_text, d_interaction, d_gate_hidden)| {
                    let mut sums = Sums::zeros(h, g, classes);
                    for (row, d_fused) in d_fused.chunks_exact_mut(h).enumerate() {
                        let at = row * h..(row + 1) * h;
                        forward.fused_gradient(parameters, first + row, d_fused, &mut sums);
                        if parts.is_concat {
                            add(&mut sums.fused_bias, d_fused);
                            continue;
                        }
                        let (d_image, d_text) = (&mut d_image[at.clone()], &mut d_text[at.clone()]);
                        let d_gate = forward.branch_gradients(
                            first + row,
                            d_fused,
                            d_image,
                            d_text,
                            &mut sums,
                        );
                        if parts.has_interaction {
                            let branch = &mut d_interaction[at];
                            forward.interaction_gradient(
                                parameters,
                                first + row,
                                d_fused,
                                branch,
                                &mut sums,
                            );
                        }
                        if parts.has_gate {
                            let hidden = &mut d_gate_hidden[row * g..(row + 1) * g];
                            forward.gate_gradient(
                                parameters,
                                first + row,
                                d_gate,
                                hidden,
                                &mut sums,
                            );
                        }
                    }
                    sums
                },
            )
            .collect();
        Sums::write(&sums, gradients);
    }
}

/// What the way forwards left behind.
struct Forward<'a> {
    normal: &'a [f32],
    norm_scale: &'a [f32],
    image: &'a [f32],
    text: &'a [f32],
    interaction: &'a [f32],
    gate_hidden: &'a [f32],
    gate: &'a [f32],
    d_logits: &'a [f32],
    dropout: Option<&'a [f32]>,
}

impl Forward<'_> {
    /// Through dropout, activation and layer norm: a row's gradient of `hidden` becomes that of the
    /// fused row.
    fn fused_gradient(
        &self,
        parameters: &Parameters,
        row: usize,
        gradient: &mut [f32],
        sums: &mut Sums,
    ) {
        let h = gradient.len();
        let classes = sums.output_bias.len();
        add(
            &mut sums.output_bias,
            &self.d_logits[row * classes..(row + 1) * classes],
        );
        let at = row * h..(row + 1) * h;
        let normal = &self.normal[at.clone()];
        if let Some(mask) = self.dropout {
            let mask = &mask[at];
            gradient
                .iter_mut()
                .zip(mask)
                .for_each(|(value, kept)| *value *= kept);
        }
        let (weights, biases) = (&parameters[NORM], &parameters[NORM_BIAS]);
        let norm = weights.iter().zip(biases);
        let of_norm = sums.norm.iter_mut().zip(&mut sums.norm_bias);
        for (((gradient, &value), (&weight, &bias)), (of_weight, of_bias)) in
            gradient.iter_mut().zip(normal).zip(norm).zip(of_norm)
        {
            let passed = if value * weight + bias > 0.0 {
                *gradient
            } else {
                0.0
            };
            *of_weight += passed * value;
            *of_bias += passed;
            *gradient = passed * weight;
        }
        let mean = sum(gradient) / h as f32;
        let along = dot(gradient, normal) / h as f32;
        let scale = self.norm_scale[row];
        for (gradient, &value) in gradient.iter_mut().zip(normal) {
            *gradient = scale * (*gradient - mean - value * along);
        }
    }

    /// The gradients before the activations of both branches; gives that of the gate.
    fn branch_gradients(
        &self,
        row: usize,
        gradient: &[f32],
        d_image: &mut [f32],
        d_text: &mut [f32],
        sums: &mut Sums,
    ) -> f32 {
        let at = row * gradient.len()..(row + 1) * gradient.len();
        let (image, text) = (&self.image[at.clone()], &self.text[at]);
        let gate = self.gate[row];
        let rest = 1.0 - gate;
        let branches = image.iter().zip(text);
        let gradients = d_image.iter_mut().zip(&mut *d_text);
        for (((d_image, d_text), (&image, &text)), &gradient) in
            gradients.zip(branches).zip(gradient)
        {
            *d_image = if image > 0.0 { gate * gradient } else { 0.0 };
            *d_text = if text > 0.0 { rest * gradient } else { 0.0 };
        }
        add(&mut sums.image_bias, d_image);
        add(&mut sums.text_bias, d_text);
        dot(gradient, image) - dot(gradient, text)
    }

    fn interaction_gradient(
        &self,
        parameters: &Parameters,
        row: usize,
        gradient: &[f32],
        branch: &mut [f32],
        sums: &mut Sums,
    ) {
        let at = row * gradient.len()..(row + 1) * gradient.len();
        sums.interaction_scale += dot(gradient, &self.interaction[at]);
        let scale = parameters[INTERACTION_SCALE][0];
        for (branch, &gradient) in branch.iter_mut().zip(gradient) {
            *branch = scale * gradient;
        }
    }

    fn gate_gradient(
        &self,
        parameters: &Parameters,
        row: usize,
        d_gate: f32,
        d_hidden: &mut [f32],
        sums: &mut Sums,
    ) {
        let gate = self.gate[row];
        let d_logit = d_gate * gate * (1.0 - gate);
        sums.gate_bias += d_logit;
        let hidden = &self.gate_hidden[row * d_hidden.len()..(row + 1) * d_hidden.len()];
        let weights = parameters[GATE].iter().zip(&mut sums.gate);
        for ((d_hidden, &hidden), (&weight, of_weight)) in
            d_hidden.iter_mut().zip(hidden).zip(weights)
        {
            *of_weight += d_logit * hidden;
            *d_hidden = if hidden > 0.0 { d_logit * weight } else { 0.0 };
        }
        add(&mut sums.gate_hidden_bias, d_hidden);
    }
}

/// Gradients that are sums over rows, of a piece of the batch.
struct Sums {
    norm: Vec<f32>,
    norm_bias: Vec<f32>,
    output_bias: Vec<f32>,
    /// Of `concat`.
    fused_bias: Vec<f32>,
    image_bias: Vec<f32>,
    text_bias: Vec<f32>,
    interaction_scale: f32,
    gate: Vec<f32>,
    gate_bias: f32,
    gate_hidden_bias: Vec<f32>,
}

impl Sums {
    fn zeros(h: usize, g: usize, classes: usize) -> Self {
        let zeros = |len: usize| vec![0.0; len];
        Self {
            norm: zeros(h),
            norm_bias: zeros(h),
            output_bias: zeros(classes),
            fused_bias: zeros(h),
            image_bias: zeros(h),
            text_bias: zeros(h),
            interaction_scale: 0.0,
            gate: zeros(g),
            gate_bias: 0.0,
            gate_hidden_bias: zeros(g),
        }
    }

    /// Writes the sums over all pieces where there is such a parameter.
    fn write(pieces: &[Self], gradients: &mut Parameters) {
        let mut write = |name: &str, of: &dyn Fn(&Self) -> &[f32]| {
            if let Some(gradient) = gradients.get_mut(name) {
                gradient.fill(0.0);
                pieces.iter().for_each(|piece| add(gradient, of(piece)));
            }
        };
        write(NORM, &|piece| &piece.norm);
        write(NORM_BIAS, &|piece| &piece.norm_bias);
        write(OUTPUT_BIAS, &|piece| &piece.output_bias);
        write(CONCAT_BIAS, &|piece| &piece.fused_bias);
        write(IMAGE_BIAS, &|piece| &piece.image_bias);
        write(TEXT_BIAS, &|piece| &piece.text_bias);
        write(INTERACTION_SCALE, &|piece| {
            std::slice::from_ref(&piece.interaction_scale)
        });
        write(GATE, &|piece| &piece.gate);
        write(GATE_BIAS, &|piece| std::slice::from_ref(&piece.gate_bias));
        write(GATE_HIDDEN_BIAS, &|piece| &piece.gate_hidden_bias);
    }
}

/// The gradient of a weight, or of `right`'s columns of it from `from`: `left^T @ right`.
fn weight_gradient(
    gradients: &mut Parameters,
    name: &str,
    left: Matrix<'_>,
    right: Matrix<'_>,
    width: usize,
    from: usize,
) {
    let values = gradients.get_mut(name).expect("one for each parameter");
    let into = Into {
        values,
        width,
        from,
        adds: false,
    };
    multiply(into, left.turned(), right);
}

/// All of a matrix as where a product goes.
fn whole(values: &mut [f32], width: usize, adds: bool) -> Into<'_> {
    Into {
        values,
        width,
        from: 0,
        adds,
    }
}

fn add(to: &mut [f32], values: &[f32]) {
    to.iter_mut()
        .zip(values)
        .for_each(|(to, value)| *to += value);
}

fn add_and_rectify(values: &mut [f32], bias: &[f32]) {
    for (value, bias) in values.iter_mut().zip(bias) {
        // NaN passes, so that a loss that is none is seen.
        let moved = *value + bias;
        *value = if moved < 0.0 { 0.0 } else { moved };
    }
}

/// Mean 0 and variance 1; gives what the centred row was multiplied by.
fn normalise(row: &mut [f32]) -> f32 {
    let count = row.len() as f32;
    let mean = sum(row) / count;
    row.iter_mut().for_each(|value| *value -= mean);
    let scale = 1.0 / (dot(row, row) / count + LAYER_NORM_EPS).sqrt();
    row.iter_mut().for_each(|value| *value *= scale);
    scale
}

/// The larger; NaN where one is.
fn larger(most: f32, value: f32) -> f32 {
    if value < most { most } else { value }
}

fn sum(values: &[f32]) -> f32 {
    terms(values, values, |value, _| value)
}

fn dot(x: &[f32], y: &[f32]) -> f32 {
    terms(x, y, |x, y| x * y)
}

/// The sum of terms over eight partial sums, so that they need not wait for each other.
fn terms(x: &[f32], y: &[f32], term: impl Fn(f32, f32) -> f32) -> f32 {
    let mut partial = [0.0f32; 8];
    let (xs, ys) = (x.chunks_exact(8), y.chunks_exact(8));
    let rest = xs.remainder().iter().zip(ys.remainder());
    for (x, y) in xs.zip(ys) {
        for (lane, sum) in partial.iter_mut().enumerate() {
            *sum += term(x[lane], y[lane]);
        }
    }
    for (sum, (&x, &y)) in partial.iter_mut().zip(rest) {
        *sum += term(x, y);
    }
    let [a, b, c, d, e, f, g, h] = partial;
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}
