use crate::config::value::{Section, shown};
use crate::{Error, Result};
use serde_json::Value;
use std::collections::BTreeSet;

const FILE: &str = "model.safetensors.index.json";

/// `model.safetensors.index.json`: the shards of a checkpoint.
///
/// # Example
/// ```
/// let json = br#"{"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}"#;
/// let index = ofa_clip::WeightIndex::from_json(json).unwrap();
/// assert_eq!(index.files().count(), 2);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeightIndex {
    files: BTreeSet<String>,
}

impl WeightIndex {
    /// Reads the index.
    ///
    /// # Errors
    /// - [`Error::Json`]: the bytes are not JSON.
    /// - [`Error::Config`]: there is no `weight_map` of names to file names, or a file name
    ///   leads out of the folder.
    pub fn from_json(bytes: &[u8]) -> Result<Self> {
        let json: Value = serde_json::from_slice(bytes).map_err(|source| Error::Json {
            file: FILE.into(),
            source,
        })?;
        let root = Section::root(FILE, &json)?;
        let map = match root.get("weight_map") {
            Some(Value::Object(map)) if !map.is_empty() => map,
            found => {
                let found = found.map_or_else(|| "nothing".into(), shown);
                return Err(root.error("weight_map", "tensor names and their files", found));
            }
        };
        let mut files = BTreeSet::new();
        for (tensor, file) in map {
            // A shard stands beside its index: anything else in a downloaded file is an
            // attempt to make the caller open some other path.
            match file.as_str().filter(|name| is_plain_name(name)) {
                Some(name) => files.insert(name.to_owned()),
                None => {
                    let key = format!("weight_map.{tensor}");
                    return Err(root.error(&key, "the name of a file beside it", shown(file)));
                }
            };
        }
        Ok(Self { files })
    }

    /// The names of the shards, each once, in order.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(String::as_str)
    }
}

pub(super) fn is_plain_name(name: &str) -> bool {
    !name.is_empty() && name != "." && name != ".." && !name.contains(['/', '\\', ':', '\0'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_each_shard_once_in_order() {
        let index =
            WeightIndex::from_json(br#"{"weight_map": {"a": "2", "b": "1", "c": "2"}}"#).unwrap();
        assert_eq!(index.files().collect::<Vec<_>>(), ["1", "2"]);
    }

    #[test]
    fn a_shard_outside_the_folder_is_refused() {
        for name in ["../x", "/etc/passwd", "a\\b", "", "..", "C:x"] {
            let json = serde_json::json!({"weight_map": {"a": name}}).to_string();
            let message = WeightIndex::from_json(json.as_bytes())
                .unwrap_err()
                .to_string();
            assert!(message.contains("`weight_map.a`"), "{message}");
        }
    }

    #[test]
    fn an_index_without_a_weight_map_is_refused() {
        for json in ["{}", r#"{"weight_map": []}"#, r#"{"weight_map": {}}"#] {
            assert!(WeightIndex::from_json(json.as_bytes()).is_err());
        }
    }
}
