//! Tensors read back from a device.
use burn::tensor::Tensor;
use burn::tensor::backend::Backend;

use crate::{Error, Result};

/// The values of a tensor, row by row.
pub(crate) fn read<B: Backend, const D: usize>(
    tensor: Tensor<B, D>,
    what: &'static str,
) -> Result<Vec<f32>> {
    let failed = |problem: String| Error::Backend { what, problem };
    let data = tensor.try_into_data().map_err(|e| failed(e.to_string()))?;
    data.convert::<f32>()
        .into_vec()
        .map_err(|e| failed(format!("{e:?}")))
}
