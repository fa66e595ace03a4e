//! The authors' `selector.pt`: a dict with `selector_state_dict`, `early_state_dict`,
//! `cluster_centers` and `config`, and what is known of the training.

use std::collections::BTreeMap;

use half::{bf16, f16};
use ofa_core::selector::{FORMAT, FusionMode, Selector, SelectorWeights, VERSION};
use ofa_core::tensor_file::{TensorSpec, TensorType, header};
use ofa_data::ByteSource;

use super::selector_training::training;
use crate::error::{Error, Result};
use crate::torch::{Dtype, Node, TorchFile};

pub(super) const WEIGHTS: &str = "selector_state_dict";
pub(super) const EARLY: &str = "early_state_dict";
pub(super) const CENTERS: &str = "cluster_centers";
pub(super) const CONFIG: &str = "config";

/// What wrappers of a model put before the names of its parameters.
const WRAPPERS: [&str; 2] = ["module.", "_orig_mod."];

/// A selector that was read from a checkpoint.
#[derive(Debug, Clone)]
pub struct SelectorImport {
    /// The selector, in f32.
    pub selector: Selector,
    /// What is to be said of it, in sentences.
    pub notes: Vec<String>,
}

/// Whether the saved value is of this layout.
pub(super) fn is_layout(root: Node<'_>) -> bool {
    root.entry(WEIGHTS).is_some()
}

/// Reads the selector.
///
/// # Errors
/// [`Error::Foreign`] where a part is missing or of another type, or where `config` and the
/// tensors disagree, with both.
pub(super) fn open(file: &TorchFile, source: &dyn ByteSource) -> Result<SelectorImport> {
    let root = file.root();
    let refuse = |problem: String| Error::foreign(file.name(), problem);
    let mut tensors = Tensors::new(file);
    let weights = root
        .entry(WEIGHTS)
        .ok_or_else(|| refuse(format!("{WEIGHTS} is missing")))?;
    tensors.add_all(weights, WEIGHTS, "")?;
    let early = root.entry(EARLY).filter(|node| !node.is_none());
    if let Some(early) = early {
        tensors.add_all(early, EARLY, "early.")?;
    }
    let centers = root.entry(CENTERS).ok_or_else(|| {
        refuse(format!(
            "{CENTERS} are missing; expected {WEIGHTS}, {CENTERS} and {CONFIG}, as the authors' \
             trainer saves them"
        ))
    })?;
    tensors.add(centers, CENTERS.to_owned(), CENTERS)?;
    let config = stated(file, root.entry(CONFIG).filter(|node| !node.is_none()))?;
    compare(file.name(), &config, &tensors.found)?;

    let mut notes = vec![];
    let training = training(file, source, &mut notes)?;
    let selector = Selector::from_safetensors(&tensors.safetensors(&config, &training)?)
        .map_err(|error| refuse(error.to_string()))?;
    notes.extend(tensors.notes(&selector));
    if early.is_none() {
        notes.push(
            "there is no early selector: scores will have no early_confidence, which the alignment \
             filter needs"
                .to_owned(),
        );
    }
    Ok(SelectorImport { selector, notes })
}

/// The settings in `config` that say what a selector is, by the names that our files have.
fn stated(
    file: &TorchFile,
    config: Option<Node<'_>>,
) -> Result<serde_json::Map<String, serde_json::Value>> {
    let mut stated = serde_json::Map::new();
    let Some(config) = config else {
        return Ok(stated);
    };
    let refuse = |key: &str, expected: &str, node: Node<'_>| {
        let found = node
            .json()
            .map_or_else(|_| node.kind().to_owned(), |json| json.to_string());
        Error::foreign(
            file.name(),
            format!("{CONFIG}, {key}: expected {expected}, found {found}"),
        )
    };
    if config.pairs().is_none() {
        return Err(refuse("the whole", "a dict", config));
    }
    let entry = |keys: &[&'static str]| {
        keys.iter().find_map(|&key| {
            let value = config.entry(key).filter(|value| !value.is_none());
            value.map(|value| (key, value))
        })
    };
    for (ours, keys) in [
        (
            "feature_dim",
            &["feature_dim", "feat_dim", "embed_dim", "embedding_dim"][..],
        ),
        ("hidden_dim", &["hidden_dim"]),
        ("gate_hidden_dim", &["gate_hidden_dim", "gate_dim"]),
        (
            "num_clusters",
            &["num_clusters", "n_clusters", "num_classes"],
        ),
    ] {
        if let Some((key, value)) = entry(keys) {
            let size = value.integer().and_then(|size| u64::try_from(size).ok());
            let size = size.ok_or_else(|| refuse(key, "a size", value))?;
            stated.insert(ours.to_owned(), size.into());
        }
    }
    if let Some((key, value)) = entry(&["fusion_mode", "fusion"]) {
        let mode = value
            .text()
            .and_then(|mode| mode.parse::<FusionMode>().ok());
        let expected = "one of full, static_gate, no_interaction, concat";
        let mode = mode.ok_or_else(|| refuse(key, expected, value))?;
        stated.insert("fusion_mode".to_owned(), mode.name().into());
    }
    Ok(stated)
}

/// Refuses sizes that are not those of the tensors.
fn compare(
    name: &str,
    config: &serde_json::Map<String, serde_json::Value>,
    tensors: &BTreeMap<String, Tensor>,
) -> Result<()> {
    for (key, tensor, axis, factor) in [
        ("hidden_dim", "image_branch.0.weight", 0, 1),
        ("feature_dim", "image_branch.0.weight", 1, 1),
        ("hidden_dim", "concat.weight", 0, 1),
        ("feature_dim", "concat.weight", 1, 2),
        ("gate_hidden_dim", "gate.0.weight", 0, 1),
        ("num_clusters", "output.3.weight", 0, 1),
        ("num_clusters", CENTERS, 0, 1),
        ("feature_dim", CENTERS, 1, 2),
    ] {
        let (Some(size), Some(found)) = (
            config.get(key).and_then(|size| size.as_u64()),
            tensors.get(tensor),
        ) else {
            continue;
        };
        if found.shape.get(axis).copied() != size.checked_mul(factor) {
            let problem = format!(
                "{CONFIG} says {key} {size}, but the tensor {tensor} has the shape {:?}; \
                 the two are not of one selector",
                found.shape
            );
            return Err(Error::foreign(name, problem));
        }
    }
    Ok(())
}

struct Tensor {
    shape: Vec<u64>,
    values: Vec<f32>,
}

/// The tensors of a checkpoint, by the names that our files have.
struct Tensors<'a> {
    file: &'a TorchFile,
    found: BTreeMap<String, Tensor>,
    widened: bool,
    /// Values of f64, and how many of them are not the same in f32.
    narrowed: u64,
    changed: u64,
    unwrapped: Option<&'static str>,
}

impl<'a> Tensors<'a> {
    fn new(file: &'a TorchFile) -> Self {
        Self {
            file,
            found: BTreeMap::new(),
            widened: false,
            narrowed: 0,
            changed: 0,
            unwrapped: None,
        }
    }

    /// Takes a state dict; `prefix` goes before the names.
    fn add_all(&mut self, dict: Node<'_>, place: &str, prefix: &str) -> Result<()> {
        let refuse =
            |problem: String| Error::foreign(self.file.name(), format!("{place}: {problem}"));
        let pairs = dict.pairs().ok_or_else(|| {
            let found = dict.kind();
            refuse(format!(
                "expected a state dict (names and tensors), found {found}"
            ))
        })?;
        for (key, value) in pairs {
            let Some(key) = key.text() else {
                let found = key.kind();
                return Err(refuse(format!(
                    "expected the name of a tensor, found {found}"
                )));
            };
            let mut name = key;
            while let Some(wrapper) = WRAPPERS
                .into_iter()
                .find(|wrapper| name.starts_with(wrapper))
            {
                name = &name[wrapper.len()..];
                self.unwrapped = Some(wrapper);
            }
            let name = format!("{prefix}{name}");
            if self.found.contains_key(&name) {
                return Err(refuse(format!("the tensor {key} is there twice")));
            }
            self.add(value, name, &format!("{place}, {key}"))?;
        }
        Ok(())
    }

    fn add(&mut self, value: Node<'_>, name: String, place: &str) -> Result<()> {
        let refuse =
            |problem: String| Error::foreign(self.file.name(), format!("{place}: {problem}"));
        let (shape, float, bytes) = match value.numpy_array().map_err(refuse)? {
            Some(array) => {
                let float = match array.dtype {
                    crate::torch::NumpyType::Float(2) => Dtype::F16,
                    crate::torch::NumpyType::Float(4) => Dtype::F32,
                    crate::torch::NumpyType::Float(8) => Dtype::F64,
                    _ => return Err(refuse("expected floats, found whole numbers".to_owned())),
                };
                (array.shape.clone(), float, array.bytes.to_vec())
            }
            None => {
                let tensor = self.file.tensor(value, place)?;
                let bytes = self.file.bytes(&tensor)?;
                (tensor.shape, tensor.dtype, bytes)
            }
        };
        let values = match float {
            Dtype::F32 => elements(&bytes, f32::from_le_bytes),
            Dtype::F16 => elements(&bytes, |bytes| f16::from_le_bytes(bytes).to_f32()),
            Dtype::BF16 => elements(&bytes, |bytes| bf16::from_le_bytes(bytes).to_f32()),
            Dtype::F64 => {
                let wide = elements(&bytes, f64::from_le_bytes);
                self.narrowed += wide.len() as u64;
                let narrow = wide.iter().map(|&value| {
                    let narrow = value as f32;
                    self.changed += u64::from(f64::from(narrow) != value);
                    narrow
                });
                narrow.collect()
            }
            // Counters of layers and the like, of which no selector is made.
            _ => return Ok(()),
        };
        self.widened |= matches!(float, Dtype::F16 | Dtype::BF16);
        self.found.insert(name, Tensor { shape, values });
        Ok(())
    }

    /// As a selector file, which then is read as any other.
    fn safetensors(
        &self,
        config: &serde_json::Map<String, serde_json::Value>,
        training: &serde_json::Value,
    ) -> Result<Vec<u8>> {
        let metadata = [
            ("format", FORMAT.to_owned()),
            ("version", VERSION.to_owned()),
            ("config", serde_json::to_string(config).expect("plain data")),
            ("training", training.to_string()),
        ];
        let metadata = metadata.map(|(key, value)| (key.to_owned(), value)).into();
        let specs: Vec<TensorSpec> = self
            .found
            .iter()
            .map(|(name, tensor)| TensorSpec {
                name: name.clone(),
                dtype: TensorType::F32,
                shape: tensor.shape.clone(),
            })
            .collect();
        let mut bytes = header(&metadata, &specs)?;
        for tensor in self.found.values() {
            bytes.extend(tensor.values.iter().flat_map(|value| value.to_le_bytes()));
        }
        Ok(bytes)
    }

    fn notes(&self, selector: &Selector) -> Vec<String> {
        let mut notes = vec![];
        if let Some(wrapper) = self.unwrapped {
            notes.push(format!(
                "the names of the tensors begin with `{wrapper}`, which is left out"
            ));
        }
        if self.widened {
            notes.push("weights of half precision are widened to f32, which is exact".to_owned());
        }
        if self.narrowed > 0 {
            notes.push(format!(
                "weights of f64 are rounded to f32: {} of {} values are not the same",
                self.changed, self.narrowed
            ));
        }
        let known: Vec<&str> = SelectorWeights::tensor_shapes(&selector.config)
            .iter()
            .map(|tensor| tensor.name)
            .collect();
        let unknown: Vec<&str> = self
            .found
            .keys()
            .map(String::as_str)
            .filter(|name| {
                *name != CENTERS && !known.contains(&name.strip_prefix("early.").unwrap_or(name))
            })
            .collect();
        if !unknown.is_empty() {
            notes.push(format!(
                "tensors of which a selector of mode {} has no use are left out: {}",
                selector.config.fusion_mode,
                unknown.join(", ")
            ));
        }
        notes
    }
}

fn elements<const N: usize, T>(bytes: &[u8], element: impl Fn([u8; N]) -> T) -> Vec<T> {
    bytes
        .as_chunks::<N>()
        .0
        .iter()
        .copied()
        .map(element)
        .collect()
}
