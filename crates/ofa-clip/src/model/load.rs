//! From tensors of a checkpoint to layers on a device.

use super::halves::{exact_halves, of_halves};
use super::host::{self, HostWeight};
use super::layers::{LayerNorm, Linear, Weight};
use crate::{Checkpoint, Result};
use burn::tensor::{DType, Tensor, TensorData, backend::Backend};
use ofa_products::Products;
use std::sync::Arc;

/// Reads weights and puts them on a device, one tensor at a time.
pub(super) struct Loader<'a, B: Backend> {
    pub(super) checkpoint: &'a Checkpoint<'a>,
    pub(super) device: &'a B::Device,
    /// Who multiplies with weights, where it is not the backend.
    pub(super) products: Option<Arc<dyn Products>>,
}

impl<'a, B: Backend> Loader<'a, B> {
    /// With the products of the backend and of this processor.
    pub(super) fn new(checkpoint: &'a Checkpoint<'a>, device: &'a B::Device) -> Self {
        Self {
            checkpoint,
            device,
            products: None,
        }
    }

    /// A tensor as it stands, flattened to rows of the last dimension.
    pub(super) fn rows(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        // Before any memory is asked for: a config can name sizes that no machine has.
        self.checkpoint.check(name, shape)?;
        let mut values = Vec::with_capacity(shape.iter().product());
        self.checkpoint
            .read_f32(name, shape, |_, piece| values.extend_from_slice(piece))?;
        Ok(values)
    }

    pub(super) fn tensor<const D: usize>(
        &self,
        values: Vec<f32>,
        shape: [usize; D],
    ) -> Tensor<B, D> {
        Tensor::from_data(TensorData::new(values, shape), self.device)
    }

    /// A matrix that is used through [`widened`](super::halves::widened): of f16 where the device has them and no value
    /// would be another, so that it takes half the memory; else of f32.
    pub(super) fn matrix(&self, values: Vec<f32>, shape: [usize; 2]) -> Tensor<B, 2> {
        let keeps_halves =
            !host::is_host_memory::<B>(self.device) && B::supports_dtype(self.device, DType::F16);
        match keeps_halves.then(|| exact_halves(&values)).flatten() {
            Some(halves) => {
                // Before the device is given them: this is where memory is at its peak.
                drop(values);
                of_halves(halves, shape, self.device)
            }
            None => self.tensor(values, shape),
        }
    }

    /// A layer norm: `NAME.weight` and `NAME.bias`.
    pub(super) fn layer_norm(&self, name: &str, width: usize, eps: f64) -> Result<LayerNorm<B>> {
        let gamma_values = self.rows(&format!("{name}.weight"), &[width])?;
        let beta_values = self.rows(&format!("{name}.bias"), &[width])?;
        Ok(LayerNorm {
            gamma: self.tensor(gamma_values.clone(), [width]),
            beta: self.tensor(beta_values.clone(), [width]),
            gamma_values,
            beta_values,
            epsilon: eps,
        })
    }

    /// A projection without bias, `NAME.weight` of the given shape `[out, in…]`.
    pub(super) fn projection(&self, name: &str, shape: &[usize]) -> Result<Linear<B>> {
        let name = format!("{name}.weight");
        self.checkpoint.check(&name, shape)?;
        let (outputs, inputs) = (shape[0], shape[1..].iter().product());
        let mut weight = vec![0.0; inputs * outputs];
        self.turn(&name, shape, 1.0, &mut weight, outputs)?;
        Ok(self.layer(weight, [inputs, outputs], Vec::new()))
    }

    /// Several linear layers on the same input, side by side as one.
    ///
    /// `parts` are the layers' names and the factor each is multiplied with.
    pub(super) fn linear(
        &self,
        parts: &[(&str, f32)],
        inputs: usize,
        outputs: usize,
    ) -> Result<Linear<B>> {
        for (name, _) in parts {
            let weight = format!("{name}.weight");
            self.checkpoint.check(&weight, &[outputs, inputs])?;
        }
        let width = parts.len() * outputs;
        let mut weight = vec![0.0; inputs * width];
        let mut bias = Vec::with_capacity(width);
        for (part, (name, factor)) in parts.iter().enumerate() {
            self.turn(
                &format!("{name}.weight"),
                &[outputs, inputs],
                *factor,
                &mut weight[part * outputs..],
                width,
            )?;
            let values = self.rows(&format!("{name}.bias"), &[outputs])?;
            bias.extend(values.into_iter().map(|value| value * factor));
        }
        Ok(self.layer(weight, [inputs, width], bias))
    }

    /// A layer of a weight `[in, out]` and of a bias, which may be empty.
    fn layer(&self, weight: Vec<f32>, shape: [usize; 2], bias: Vec<f32>) -> Linear<B> {
        let on_host = host::is_host_memory::<B>(self.device);
        let weight = match on_host {
            true => HostWeight::new(weight, shape, self.products.as_ref()),
            false => Err(weight),
        };
        let weight = match weight {
            Ok(weight) => Weight::Host(weight),
            Err(weight) => Weight::Backend(self.matrix(weight, shape)),
        };
        Linear {
            weight,
            bias: (!bias.is_empty()).then(|| self.tensor(bias.clone(), [1, bias.len()])),
            bias_values: bias,
        }
    }

    /// Reads `[out, in…]` and writes `[in…, out]` into a matrix with rows of `stride`.
    fn turn(
        &self,
        name: &str,
        shape: &[usize],
        factor: f32,
        into: &mut [f32],
        stride: usize,
    ) -> Result<()> {
        let inputs: usize = shape[1..].iter().product();
        self.checkpoint.read_f32(name, shape, |position, values| {
            // A piece is whole rows of the last dimension, not always whole outputs: a
            // patch embedding has `[out, 3, p, p]`.
            let mut rest = values;
            let mut position = position;
            while !rest.is_empty() {
                let (output, input) = (position / inputs, position % inputs);
                let whole = rest.len() / inputs;
                if input == 0 && whole > 0 {
                    let (outputs, after) = rest.split_at(whole * inputs);
                    for input in 0..inputs {
                        let column = outputs[input..].iter().step_by(inputs);
                        let row = &mut into[input * stride + output..];
                        for (to, from) in row.iter_mut().zip(column) {
                            *to = from * factor;
                        }
                    }
                    position += outputs.len();
                    rest = after;
                } else {
                    let (part, after) = rest.split_at((inputs - input).min(rest.len()));
                    for (offset, from) in part.iter().enumerate() {
                        into[(input + offset) * stride + output] = from * factor;
                    }
                    position += part.len();
                    rest = after;
                }
            }
        })
    }
}
