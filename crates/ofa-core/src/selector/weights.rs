//! The weights of a selector and the names of its tensors.
use super::{FusionMode, SelectorConfig};
use crate::{Error, Result};

/// The layer norm's epsilon.
pub const LAYER_NORM_EPS: f64 = 1e-5;

/// A linear layer in PyTorch's layout.
///
/// # Shapes
/// `weight` f32 `[outputs, inputs]` row-major, `bias` f32 `[outputs]`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Dense {
    /// `[outputs, inputs]`.
    pub weight: Vec<f32>,
    /// `[outputs]`.
    pub bias: Vec<f32>,
}

/// A layer norm over the hidden width.
///
/// # Shapes
/// Both f32 `[hidden_dim]`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LayerNorm {
    /// Scale.
    pub weight: Vec<f32>,
    /// Shift.
    pub bias: Vec<f32>,
}

/// The layers before the layer norm in the modes `full`, `static_gate` and `no_interaction`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GatedFusion {
    /// `image_branch.0`: `[hidden_dim, feature_dim]`.
    pub image: Dense,
    /// `text_branch.0`: `[hidden_dim, feature_dim]`.
    pub text: Dense,
    /// `interaction_branch.weight` `[hidden_dim, feature_dim]` and `interaction_scale`.
    /// `None` only in `no_interaction`.
    pub interaction: Option<(Vec<f32>, f32)>,
    /// `gate.0` `[gate_hidden_dim, 3 * feature_dim]` and `gate.2` `[1, gate_hidden_dim]`.
    /// `None` only in `static_gate`.
    pub gate: Option<(Dense, Dense)>,
}

/// The layers before the layer norm.
#[derive(Debug, Clone, PartialEq)]
pub enum Fusion {
    /// Two branches, a gate, an interaction.
    Gated(GatedFusion),
    /// `concat`: `[hidden_dim, 2 * feature_dim]`, the mode of that name.
    Concat(Dense),
}

/// All weights of one classifier.
#[derive(Debug, Clone, PartialEq)]
pub struct SelectorWeights {
    /// The layers before the layer norm.
    pub fusion: Fusion,
    /// `output.0`.
    pub norm: LayerNorm,
    /// `output.3`: `[num_clusters, hidden_dim]`.
    pub output: Dense,
}

/// Name and shape of a tensor of a classifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorShape {
    /// The parameter's name in the file, without a prefix.
    pub name: &'static str,
    /// Its shape; empty for a scalar.
    pub shape: Vec<usize>,
    /// Whether the fusion mode needs it. What it does not need is kept where it is there.
    pub required: bool,
}

impl SelectorWeights {
    /// The tensors of a classifier of this configuration, in name order.
    pub fn tensor_shapes(config: &SelectorConfig) -> Vec<TensorShape> {
        let SelectorConfig {
            feature_dim: d,
            hidden_dim: h,
            gate_hidden_dim: g,
            ..
        } = *config;
        let k = config.num_clusters;
        let mode = config.fusion_mode;
        let tensor = |name, shape: &[usize], required| TensorShape {
            name,
            shape: shape.to_vec(),
            required,
        };
        let output = [
            tensor("output.0.bias", &[h], true),
            tensor("output.0.weight", &[h], true),
            tensor("output.3.bias", &[k], true),
            tensor("output.3.weight", &[k, h], true),
        ];
        if mode == FusionMode::Concat {
            let mut tensors = vec![
                tensor("concat.bias", &[h], true),
                tensor("concat.weight", &[h, 2 * d], true),
            ];
            tensors.extend(output);
            return tensors;
        }
        let has_gate = mode.has_gate();
        let has_interaction = mode != FusionMode::NoInteraction;
        let mut tensors = vec![
            tensor("gate.0.bias", &[g], has_gate),
            tensor("gate.0.weight", &[g, 3 * d], has_gate),
            tensor("gate.2.bias", &[1], has_gate),
            tensor("gate.2.weight", &[1, g], has_gate),
            tensor("image_branch.0.bias", &[h], true),
            tensor("image_branch.0.weight", &[h, d], true),
            tensor("interaction_branch.weight", &[h, d], has_interaction),
            tensor("interaction_scale", &[], has_interaction),
        ];
        tensors.extend(output);
        tensors.push(tensor("text_branch.0.bias", &[h], true));
        tensors.push(tensor("text_branch.0.weight", &[h, d], true));
        tensors
    }

    /// Builds the weights from named tensors; `tensor` gives the values of a tensor where it is
    /// there, its shape already checked.
    ///
    /// # Errors
    /// Whatever `tensor` returns, and [`Error::TensorMissing`] (its name with `prefix`) for a
    /// required one that is not there. An optional part with only some of its tensors is treated
    /// as missing.
    pub fn from_tensors(
        config: &SelectorConfig,
        prefix: &str,
        mut tensor: impl FnMut(&TensorShape) -> Result<Option<Vec<f32>>>,
    ) -> Result<Self> {
        let mut found = std::collections::BTreeMap::new();
        for shape in Self::tensor_shapes(config) {
            match tensor(&shape)? {
                Some(values) => {
                    found.insert(shape.name, values);
                }
                None if shape.required => {
                    return Err(Error::TensorMissing {
                        name: format!("{prefix}{}", shape.name),
                        expected: shape.shape,
                        mode: config.fusion_mode.name(),
                    });
                }
                None => {}
            }
        }
        let mut take = |name: &str| found.remove(name);
        let mut dense = |weight: &str, bias: &str| {
            Some(Dense {
                weight: take(weight)?,
                bias: take(bias)?,
            })
        };
        let required = "required tensors were checked above";
        let fusion = if config.fusion_mode == FusionMode::Concat {
            Fusion::Concat(dense("concat.weight", "concat.bias").expect(required))
        } else {
            let gate =
                dense("gate.0.weight", "gate.0.bias").zip(dense("gate.2.weight", "gate.2.bias"));
            let image = dense("image_branch.0.weight", "image_branch.0.bias").expect(required);
            let text = dense("text_branch.0.weight", "text_branch.0.bias").expect(required);
            let interaction = take("interaction_branch.weight")
                .zip(take("interaction_scale").and_then(|scale| scale.first().copied()));
            Fusion::Gated(GatedFusion {
                image,
                text,
                interaction,
                gate,
            })
        };
        let mut take = |name: &str| found.remove(name).expect(required);
        let weights = Self {
            fusion,
            norm: LayerNorm {
                weight: take("output.0.weight"),
                bias: take("output.0.bias"),
            },
            output: Dense {
                weight: take("output.3.weight"),
                bias: take("output.3.bias"),
            },
        };
        weights.check(config, prefix)?;
        Ok(weights)
    }

    /// The tensor of this name, where the weights have it.
    pub fn tensor(&self, name: &str) -> Option<&[f32]> {
        let gated = match &self.fusion {
            Fusion::Gated(gated) => Some(gated),
            Fusion::Concat(_) => None,
        };
        let concat = match &self.fusion {
            Fusion::Gated(_) => None,
            Fusion::Concat(dense) => Some(dense),
        };
        let gate = gated.and_then(|g| g.gate.as_ref());
        let interaction = gated.and_then(|g| g.interaction.as_ref());
        Some(match name {
            "concat.weight" => &concat?.weight,
            "concat.bias" => &concat?.bias,
            "gate.0.weight" => &gate?.0.weight,
            "gate.0.bias" => &gate?.0.bias,
            "gate.2.weight" => &gate?.1.weight,
            "gate.2.bias" => &gate?.1.bias,
            "image_branch.0.weight" => &gated?.image.weight,
            "image_branch.0.bias" => &gated?.image.bias,
            "text_branch.0.weight" => &gated?.text.weight,
            "text_branch.0.bias" => &gated?.text.bias,
            "interaction_branch.weight" => &interaction?.0,
            "interaction_scale" => std::slice::from_ref(&interaction?.1),
            "output.0.weight" => &self.norm.weight,
            "output.0.bias" => &self.norm.bias,
            "output.3.weight" => &self.output.weight,
            "output.3.bias" => &self.output.bias,
            _ => return None,
        })
    }

    /// Checks shapes and values against a configuration; `prefix` goes before names in errors.
    ///
    /// # Errors
    /// [`Error::TensorMissing`], [`Error::TensorShape`], [`Error::TensorValue`].
    pub fn check(&self, config: &SelectorConfig, prefix: &str) -> Result<()> {
        for TensorShape {
            name,
            shape,
            required,
        } in Self::tensor_shapes(config)
        {
            let full_name = format!("{prefix}{name}");
            match self.tensor(name) {
                Some(values) => check_tensor(&full_name, &shape, values)?,
                None if required => {
                    return Err(Error::TensorMissing {
                        name: full_name,
                        expected: shape,
                        mode: config.fusion_mode.name(),
                    });
                }
                None => {}
            }
        }
        Ok(())
    }
}

/// Checks length and finiteness of a tensor.
pub(super) fn check_tensor(name: &str, shape: &[usize], values: &[f32]) -> Result<()> {
    if values.len() != shape.iter().product::<usize>() {
        return Err(Error::TensorShape {
            name: name.to_string(),
            expected: shape.to_vec(),
            found: vec![values.len()],
        });
    }
    match values.iter().position(|value| !value.is_finite()) {
        Some(element) => Err(Error::TensorValue {
            name: name.to_string(),
            element,
            value: values[element],
            problem: "every weight must be finite",
        }),
        None => Ok(()),
    }
}
