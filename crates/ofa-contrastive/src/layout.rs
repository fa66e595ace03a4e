//! Weights by their names in a Hugging Face checkpoint.

use std::collections::BTreeMap;

use half::f16;
use safetensors::tensor::{Dtype, TensorView};

use crate::{Error, Result};

/// The values of a tensor.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// The shape in the checkpoint.
    pub shape: Vec<usize>,
    /// The values, row by row.
    pub values: Vec<f32>,
}

/// The tensors of a checkpoint by name.
pub type Parameters = BTreeMap<String, Array>;

/// A `model.safetensors` with the values rounded to f16.
///
/// # Errors
/// [`Error::Backend`] where the file cannot be put together.
pub fn to_safetensors_f16(parameters: &Parameters) -> Result<Vec<u8>> {
    let rounded: Vec<(&str, &[usize], Vec<u8>)> = parameters
        .iter()
        .map(|(name, array)| {
            let bytes = array.values.iter();
            let bytes = bytes.flat_map(|&value| f16::from_f32(value).to_le_bytes());
            (name.as_str(), array.shape.as_slice(), bytes.collect())
        })
        .collect();
    let failed = |error: safetensors::SafeTensorError| Error::Backend(error.to_string());
    let views = rounded
        .iter()
        .map(|(name, shape, bytes)| {
            let view = TensorView::new(Dtype::F16, shape.to_vec(), bytes).map_err(failed)?;
            Ok((*name, view))
        })
        .collect::<Result<Vec<_>>>()?;
    let metadata = [("format".to_owned(), "pt".to_owned())].into();
    safetensors::serialize(views, Some(metadata)).map_err(failed)
}
