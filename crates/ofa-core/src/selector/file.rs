//! The selector file: safetensors with the authors' parameter names.
use std::collections::BTreeMap;

use half::{bf16, f16};
use safetensors::{Dtype, SafeTensors};
use serde_json::Value;

use super::{Selector, SelectorWeights, sizes};
use crate::tensor_file::{self, TensorSpec, TensorType};
use crate::{Error, Result};

/// The header's `format`.
pub const FORMAT: &str = "ofa-selector";
/// The header's `version`.
pub const VERSION: &str = "1";

pub(super) const CENTERS: &str = "cluster_centers";
const EARLY: &str = "early.";

impl Selector {
    /// Reads a selector from the bytes of its file.
    ///
    /// `interaction_scale` may have the shape `[]` or `[1]`; tensors may be F32, F16 or BF16.
    /// The early selector is read where any tensor has the prefix `early.`. Tensors of other
    /// names, and those that the fusion mode does not need, are passed over or kept.
    ///
    /// The header metadata may be missing, as in files that other programs wrote: without
    /// `format` and `version` the tensors decide whether it is a selector, and what `config` does
    /// not say follows from their shapes (the mode from which of them there are).
    ///
    /// # Errors
    /// [`Error::NotSafetensors`] for bytes that are no whole safetensors file;
    /// [`Error::Metadata`] for another `format` or `version`, or a `config` or `training` that is
    /// not as documented; [`Error::Config`] for impossible sizes; [`Error::TensorSizes`] where a
    /// size is neither in `config` nor in a tensor; [`Error::TensorMissing`],
    /// [`Error::TensorShape`], [`Error::TensorDtype`] and [`Error::TensorValue`] with the name of
    /// the tensor.
    pub fn from_safetensors(bytes: &[u8]) -> Result<Self> {
        let broken = |problem: safetensors::SafeTensorError| Error::NotSafetensors {
            problem: problem.to_string(),
        };
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(broken)?;
        let tensors = SafeTensors::deserialize(bytes).map_err(broken)?;
        let empty = Default::default();
        let metadata = header.metadata().as_ref().unwrap_or(&empty);
        let text = |key: &str| metadata.get(key).map(String::as_str);
        for (key, expected) in [("format", FORMAT), ("version", VERSION)] {
            if let Some(found) = text(key).filter(|&found| found != expected) {
                return Err(Error::Metadata {
                    key,
                    expected: format!("`{expected}` (is this a selector file of this program?)"),
                    found: format!("`{found}`"),
                });
            }
        }
        let shape = |name: &str| Some(tensors.tensor(name).ok()?.shape().to_vec());
        let config = sizes::StatedConfig::read(text("config"))?.complete(&shape)?;
        config.check()?;
        let training = match text("training") {
            None => None,
            Some(json) => match serde_json::from_str(json) {
                Ok(value @ Value::Object(_)) => Some(value),
                Ok(other) => return Err(training_error(other.to_string())),
                Err(problem) => return Err(training_error(problem.to_string())),
            },
        };

        let read = |name: &str, shape: &[usize]| read_tensor(&tensors, name, shape);
        let weights = SelectorWeights::from_tensors(&config, "", |t| read(t.name, &t.shape))?;
        let early = if tensors.names().iter().any(|name| name.starts_with(EARLY)) {
            Some(SelectorWeights::from_tensors(&config, EARLY, |t| {
                read(&format!("{EARLY}{}", t.name), &t.shape)
            })?)
        } else {
            None
        };
        let centers_shape = [config.num_clusters, config.joint_dim()];
        let cluster_centers =
            read(CENTERS, &centers_shape)?.ok_or_else(|| Error::TensorMissing {
                name: CENTERS.to_string(),
                expected: centers_shape.to_vec(),
                mode: config.fusion_mode.name(),
            })?;
        let selector = Self {
            config,
            weights,
            cluster_centers,
            early,
            training,
        };
        selector.check()?;
        Ok(selector)
    }

    /// The bytes of the selector's file, F32 or, with `half`, F16 (rounded to nearest even).
    /// Equal selectors (with the keys of `training` in the same order) give equal bytes.
    ///
    /// # Errors
    /// Those of [`Selector::check`]; [`Error::Metadata`] where `training` is no JSON object;
    /// [`Error::TensorValue`] where a weight is beyond the range of F16 and `half` is asked for.
    pub fn to_safetensors(&self, half: bool) -> Result<Vec<u8>> {
        self.check()?;
        let mut metadata: BTreeMap<String, String> = [
            ("format", FORMAT.to_string()),
            ("version", VERSION.to_string()),
            (
                "config",
                serde_json::to_string(&self.config).expect("numbers and a name"),
            ),
        ]
        .map(|(key, value)| (key.to_string(), value))
        .into();
        match &self.training {
            None => {}
            Some(training @ Value::Object(_)) => {
                metadata.insert("training".into(), training.to_string());
            }
            Some(other) => return Err(training_error(other.to_string())),
        }

        // Name order over everything: the early selector's prefix sorts among the others.
        let mut tensors: BTreeMap<String, (Vec<usize>, &[f32])> = BTreeMap::new();
        let shape = vec![self.config.num_clusters, self.config.joint_dim()];
        tensors.insert(CENTERS.to_string(), (shape, &self.cluster_centers));
        let parts = [("", Some(&self.weights)), (EARLY, self.early.as_ref())];
        for (prefix, weights) in parts.into_iter().filter_map(|(p, w)| Some((p, w?))) {
            for tensor in SelectorWeights::tensor_shapes(&self.config) {
                if let Some(values) = weights.tensor(tensor.name) {
                    tensors.insert(format!("{prefix}{}", tensor.name), (tensor.shape, values));
                }
            }
        }
        let dtype = if half {
            TensorType::F16
        } else {
            TensorType::F32
        };
        let specs: Vec<TensorSpec> = tensors
            .iter()
            .map(|(name, (shape, _))| TensorSpec {
                name: name.clone(),
                dtype,
                shape: shape.iter().map(|&n| n as u64).collect(),
            })
            .collect();
        let mut bytes = tensor_file::header(&metadata, &specs)?;
        for (name, (_, values)) in &tensors {
            if half {
                for (element, &value) in values.iter().enumerate() {
                    let narrow = f16::from_f32(value);
                    if !narrow.is_finite() {
                        return Err(Error::TensorValue {
                            name: name.clone(),
                            element,
                            value,
                            problem: "beyond the range of F16: write this selector as F32",
                        });
                    }
                    bytes.extend_from_slice(&narrow.to_le_bytes());
                }
            } else {
                values
                    .iter()
                    .for_each(|value| bytes.extend_from_slice(&value.to_le_bytes()));
            }
        }
        Ok(bytes)
    }
}

fn training_error(found: String) -> Error {
    Error::Metadata {
        key: "training",
        expected: "a JSON object".into(),
        found,
    }
}

/// The values of a tensor, widened to f32; `None` where there is no tensor of that name.
fn read_tensor(tensors: &SafeTensors<'_>, name: &str, shape: &[usize]) -> Result<Option<Vec<f32>>> {
    let Ok(view) = tensors.tensor(name) else {
        return Ok(None);
    };
    let scalar_as_vector = shape.is_empty() && view.shape() == [1];
    if view.shape() != shape && !scalar_as_vector {
        return Err(Error::TensorShape {
            name: name.to_string(),
            expected: shape.to_vec(),
            found: view.shape().to_vec(),
        });
    }
    let data = view.data();
    let pairs = || data.chunks_exact(2).map(|b| [b[0], b[1]]);
    Ok(Some(match view.dtype() {
        Dtype::F32 => data
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            .collect(),
        Dtype::F16 => pairs().map(|b| f16::from_le_bytes(b).to_f32()).collect(),
        Dtype::BF16 => pairs().map(|b| bf16::from_le_bytes(b).to_f32()).collect(),
        other => {
            return Err(Error::TensorDtype {
                name: name.to_string(),
                found: format!("{other:?}"),
            });
        }
    }))
}
