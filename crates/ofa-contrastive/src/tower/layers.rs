//! Layers by their names in a checkpoint: built from weights, and written back to them.

use burn::module::{Module, Param};
use burn::tensor::module::linear;
use burn::tensor::{Tensor, TensorData, backend::Backend};

use crate::layout::{Array, Parameters};
use crate::{Error, Result};

/// Where the values of a weight come from.
pub(super) trait Weights {
    /// The values of the tensor of this name and shape, `[out, in…]`.
    fn values(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>>;
}

/// Weights of a checkpoint.
pub(super) struct Stored<'a>(pub(super) &'a Parameters);

impl Weights for Stored<'_> {
    fn values(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let length: usize = shape.iter().product();
        match self.0.get(name) {
            Some(array) if array.values.len() == length => Ok(array.values.clone()),
            Some(array) => Err(Error::Checkpoint {
                name: name.to_owned(),
                expected: format!("{shape:?}"),
                found: format!("{:?}", array.shape),
            }),
            None => Err(Error::Checkpoint {
                name: name.to_owned(),
                expected: format!("{shape:?}"),
                found: "no tensor of this name".to_owned(),
            }),
        }
    }
}

/// Builds layers on a device.
pub(super) struct Loader<'a, B: Backend> {
    weights: &'a mut dyn Weights,
    device: &'a B::Device,
}

impl<'a, B: Backend> Loader<'a, B> {
    pub(super) fn new(weights: &'a mut dyn Weights, device: &'a B::Device) -> Self {
        Self { weights, device }
    }

    pub(super) fn vector(&mut self, name: &str, width: usize) -> Result<Param<Tensor<B, 1>>> {
        let values = self.weights.values(name, &[width])?;
        Ok(self.parameter(values, [width]))
    }

    /// A table of rows, such as embeddings.
    pub(super) fn table(
        &mut self,
        name: &str,
        rows: usize,
        width: usize,
    ) -> Result<Param<Tensor<B, 2>>> {
        let values = self.weights.values(name, &[rows, width])?;
        Ok(self.parameter(values, [rows, width]))
    }

    /// A weight of a checkpoint, `[out, in…]`, as the matrix `[in, out]` that rows are multiplied
    /// with.
    pub(super) fn matrix(&mut self, name: &str, shape: &[usize]) -> Result<Param<Tensor<B, 2>>> {
        let values = self.weights.values(name, shape)?;
        let (outputs, inputs) = (shape[0], shape[1..].iter().product());
        Ok(self.parameter(transposed(&values, outputs, inputs), [inputs, outputs]))
    }

    pub(super) fn linear(
        &mut self,
        name: &str,
        inputs: usize,
        outputs: usize,
    ) -> Result<Linear<B>> {
        Ok(Linear {
            weight: self.matrix(&format!("{name}.weight"), &[outputs, inputs])?,
            bias: self.vector(&format!("{name}.bias"), outputs)?,
        })
    }

    pub(super) fn layer_norm(&mut self, name: &str, width: usize, eps: f64) -> Result<Norm<B>> {
        Ok(Norm {
            weight: self.vector(&format!("{name}.weight"), width)?,
            bias: self.vector(&format!("{name}.bias"), width)?,
            eps,
        })
    }

    fn parameter<const D: usize>(
        &self,
        values: Vec<f32>,
        shape: [usize; D],
    ) -> Param<Tensor<B, D>> {
        let data = TensorData::new(values, shape);
        Param::from_tensor(Tensor::from_data(data, self.device))
    }
}

/// `x W + b`.
#[derive(Module, Debug)]
pub(super) struct Linear<B: Backend> {
    /// `[in, out]`.
    pub(super) weight: Param<Tensor<B, 2>>,
    pub(super) bias: Param<Tensor<B, 1>>,
}

impl<B: Backend> Linear<B> {
    pub(super) fn forward(&self, rows: Tensor<B, 2>) -> Tensor<B, 2> {
        linear(rows, self.weight.val(), Some(self.bias.val()))
    }

    pub(super) fn store(&self, into: &mut Parameters, name: &str) -> Result<()> {
        store_matrix(into, &format!("{name}.weight"), &[], &self.weight)?;
        store(
            into,
            &format!("{name}.bias"),
            self.bias.dims().as_slice(),
            &self.bias,
        )
    }
}

/// Layer norm over the last dimension.
#[derive(Module, Debug)]
pub(super) struct Norm<B: Backend> {
    pub(super) weight: Param<Tensor<B, 1>>,
    pub(super) bias: Param<Tensor<B, 1>>,
    eps: f64,
}

impl<B: Backend> Norm<B> {
    pub(super) fn forward(&self, rows: Tensor<B, 2>) -> Tensor<B, 2> {
        let centred = rows.clone() - rows.mean_dim(1);
        let variance = (centred.clone() * centred.clone()).mean_dim(1);
        let scale = (variance + self.eps).sqrt().recip();
        centred * scale * self.weight.val().unsqueeze() + self.bias.val().unsqueeze()
    }

    pub(super) fn store(&self, into: &mut Parameters, name: &str) -> Result<()> {
        let shape = self.weight.dims();
        store(into, &format!("{name}.weight"), &shape, &self.weight)?;
        store(into, &format!("{name}.bias"), &shape, &self.bias)
    }
}

/// Writes a parameter as it stands.
pub(super) fn store<B: Backend, const D: usize>(
    into: &mut Parameters,
    name: &str,
    shape: &[usize],
    parameter: &Param<Tensor<B, D>>,
) -> Result<()> {
    let values = read(parameter.val())?;
    into.insert(
        name.to_owned(),
        Array {
            shape: shape.to_vec(),
            values,
        },
    );
    Ok(())
}

/// Writes `[in, out]` as `[out, in]`, or as `[out, …]` where a shape is given.
pub(super) fn store_matrix<B: Backend>(
    into: &mut Parameters,
    name: &str,
    shape: &[usize],
    parameter: &Param<Tensor<B, 2>>,
) -> Result<()> {
    let [inputs, outputs] = parameter.dims();
    let values = transposed(&read(parameter.val())?, inputs, outputs);
    let shape = match shape {
        [] => vec![outputs, inputs],
        given => given.to_vec(),
    };
    into.insert(name.to_owned(), Array { shape, values });
    Ok(())
}

pub(crate) fn read<B: Backend, const D: usize>(tensor: Tensor<B, D>) -> Result<Vec<f32>> {
    let data = tensor
        .try_into_data()
        .map_err(|error| Error::Backend(error.to_string()))?;
    data.convert::<f32>()
        .into_vec()
        .map_err(|error| Error::Backend(format!("{error:?}")))
}

fn transposed(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let mut turned = Vec::with_capacity(values.len());
    for column in 0..columns {
        turned.extend(values[column..].iter().step_by(columns).take(rows));
    }
    turned
}
