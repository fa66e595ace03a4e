//! What a checkpoint says of the training, as plain data.

use ofa_data::{ByteSource, for_each_chunk};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::selector_pt::{CENTERS, EARLY, WEIGHTS};
use crate::error::Result;
use crate::torch::{Node, TorchFile};

/// Largest value that is kept, as JSON: the header of a selector file is read whole.
const MOST_BYTES: usize = 1 << 20;

/// Everything beside the tensors that is plain data, under its own names, and `imported`: which
/// file it was.
pub(super) fn training(
    file: &TorchFile,
    source: &dyn ByteSource,
    notes: &mut Vec<String>,
) -> Result<Value> {
    let mut hash = Sha256::new();
    for_each_chunk(source, 0, |_, bytes| {
        hash.update(bytes);
        Ok(true)
    })?;
    let sha256: String = hash
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let base = file.name().rsplit(['/', '\\']).next().unwrap_or_default();
    let mut training = Map::new();
    training.insert(
        "imported".to_owned(),
        json!({ "file": base, "bytes": source.len(), "sha256": sha256 }),
    );
    let root = file.root();
    for (key, value) in root.pairs().into_iter().flatten() {
        let Some(key) = key.text() else { continue };
        if [WEIGHTS, EARLY, CENTERS].contains(&key) || training.contains_key(key) {
            continue;
        }
        match plain(file, value) {
            Ok(json) => {
                training.insert(key.to_owned(), json);
            }
            Err(problem) => notes.push(format!("{key} is left out: {problem}")),
        }
    }
    Ok(Value::Object(training))
}

fn plain(file: &TorchFile, value: Node<'_>) -> Result<Value, String> {
    let json = match scalar_tensor(file, value) {
        Some(json) => json,
        None => value.json()?,
    };
    let bytes = json.to_string().len();
    if bytes > MOST_BYTES {
        return Err(format!(
            "it takes {bytes} bytes, at most {MOST_BYTES} are kept"
        ));
    }
    Ok(json)
}

/// A number that was saved as a tensor without axes, as accuracies often are.
fn scalar_tensor(file: &TorchFile, value: Node<'_>) -> Option<Value> {
    use crate::torch::Dtype;
    if !value.is_tensor() {
        return None;
    }
    let tensor = file.tensor(value, "scalar").ok()?;
    if !tensor.shape.is_empty() {
        return None;
    }
    let bytes = file.bytes(&tensor).ok()?;
    Some(match tensor.dtype {
        Dtype::F32 => f64::from(f32::from_le_bytes(bytes.try_into().ok()?)).into(),
        Dtype::F64 => f64::from_le_bytes(bytes.try_into().ok()?).into(),
        Dtype::I64 => i64::from_le_bytes(bytes.try_into().ok()?).into(),
        _ => return None,
    })
}
