//! The sizes and the fusion mode of a selector file, from its `config` or from its tensors.
use serde::Deserialize;

use super::{FusionMode, SelectorConfig};
use crate::{Error, Result};

/// What the `config` of a file says; any of it may be missing.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub(super) struct StatedConfig {
    feature_dim: Option<usize>,
    hidden_dim: Option<usize>,
    gate_hidden_dim: Option<usize>,
    num_clusters: Option<usize>,
    fusion_mode: Option<FusionMode>,
}

/// The shape of a tensor, where there is one of that name.
type Shapes<'a> = dyn Fn(&str) -> Option<Vec<usize>> + 'a;

impl StatedConfig {
    /// Reads the header's `config`, which says nothing where it is missing.
    ///
    /// # Errors
    /// [`Error::Metadata`] where it is no JSON object, or a value in it is of the wrong type.
    pub(super) fn read(json: Option<&str>) -> Result<Self> {
        let Some(json) = json else {
            return Ok(Self::default());
        };
        serde_json::from_str(json).map_err(|problem| Error::Metadata {
            key: "config",
            expected: "a JSON object, in which feature_dim, hidden_dim, gate_hidden_dim and \
                       num_clusters are whole numbers and fusion_mode is a name"
                .into(),
            found: format!("`{json}` ({problem})"),
        })
    }

    /// Fills in what is not said from the tensors. What is said stands, and is compared with
    /// every tensor when that is read.
    ///
    /// # Errors
    /// [`Error::TensorSizes`] where the tensor that shows a size is missing or has another number
    /// of dimensions.
    pub(super) fn complete(self, shapes: &Shapes<'_>) -> Result<SelectorConfig> {
        let fusion_mode = self.fusion_mode.unwrap_or_else(|| mode_of(shapes));
        let (branch, layout) = match fusion_mode {
            FusionMode::Concat => ("concat.weight", "[hidden_dim, 2 * feature_dim]"),
            _ => ("image_branch.0.weight", "[hidden_dim, feature_dim]"),
        };
        let hidden_dim = match self.hidden_dim {
            Some(size) => size,
            None => matrix(shapes, branch, layout)?[0],
        };
        let feature_dim = match self.feature_dim {
            Some(size) => size,
            None => match (fusion_mode, matrix(shapes, branch, layout)?) {
                (FusionMode::Concat, [_, width]) if width % 2 == 0 => width / 2,
                (FusionMode::Concat, found) => return Err(no_size(branch, layout, Some(&found))),
                (_, [_, width]) => width,
            },
        };
        let gate_hidden_dim = match self.gate_hidden_dim {
            Some(size) => size,
            None if fusion_mode == FusionMode::Concat => 0,
            // A file of this mode may hold a gate that is not used.
            None if fusion_mode == FusionMode::StaticGate && shapes(GATE).is_none() => 0,
            None => matrix(shapes, GATE, "[gate_hidden_dim, 3 * feature_dim]")?[0],
        };
        let num_clusters = match self.num_clusters {
            Some(size) => size,
            None => matrix(shapes, "output.3.weight", "[num_clusters, hidden_dim]")?[0],
        };
        Ok(SelectorConfig {
            feature_dim,
            hidden_dim,
            gate_hidden_dim,
            num_clusters,
            fusion_mode,
        })
    }
}

const GATE: &str = "gate.0.weight";

/// The mode whose tensors there are.
fn mode_of(shapes: &Shapes<'_>) -> FusionMode {
    let any = |names: &[&str]| names.iter().any(|name| shapes(name).is_some());
    if any(&["concat.weight", "concat.bias"]) {
        FusionMode::Concat
    } else if !any(&[GATE, "gate.0.bias", "gate.2.weight", "gate.2.bias"]) {
        FusionMode::StaticGate
    } else if !any(&["interaction_branch.weight", "interaction_scale"]) {
        FusionMode::NoInteraction
    } else {
        FusionMode::Full
    }
}

fn matrix(shapes: &Shapes<'_>, name: &str, layout: &'static str) -> Result<[usize; 2]> {
    let shape = shapes(name);
    match shape.as_deref() {
        Some(&[rows, columns]) => Ok([rows, columns]),
        found => Err(no_size(name, layout, found)),
    }
}

fn no_size(name: &str, expected: &'static str, found: Option<&[usize]>) -> Error {
    Error::TensorSizes {
        name: name.to_string(),
        expected,
        found: found.map_or("no such tensor".into(), |shape| format!("{shape:?}")),
    }
}
