use super::{ExportDtype, index::is_plain_name};
use crate::config::value::{Section, shown};
use crate::{Error, Result};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;

const FORMAT: &str = "ofa-encoder";
const VERSION: &str = "1";

/// `ofa-encoder.json`: what a folder that was exported for the web is, and of which files.
///
/// # Example
/// ```
/// use ofa_clip::{EncoderIndex, ExportDtype, IndexedFile};
///
/// let config = IndexedFile { name: "config.json".into(), bytes: 2, sha256: "0".repeat(64) };
/// let index = EncoderIndex::new("f".repeat(64), ExportDtype::F16, 512, 0, vec![config]);
/// assert_eq!(EncoderIndex::from_json(&index.to_json()).unwrap(), index);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EncoderIndex {
    format: &'static str,
    version: &'static str,
    /// [Fingerprint](crate::Checkpoint::fingerprint) of the checkpoint that was exported.
    pub fingerprint: String,
    /// How the weights are stored.
    pub dtype: ExportDtype,
    /// Width of the embeddings.
    pub embedding_dim: usize,
    /// Bytes of all files of weights.
    pub weight_bytes: u64,
    /// Every file of the folder but this one.
    pub files: Vec<IndexedFile>,
}

/// One file of an exported encoder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IndexedFile {
    /// Its name in the folder.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// SHA-256 of its bytes, as 64 hexadecimal digits.
    pub sha256: String,
}

impl EncoderIndex {
    /// The file's name.
    pub const FILE: &'static str = "ofa-encoder.json";

    /// Puts an index together.
    pub fn new(
        fingerprint: String,
        dtype: ExportDtype,
        embedding_dim: usize,
        weight_bytes: u64,
        files: Vec<IndexedFile>,
    ) -> Self {
        Self {
            format: FORMAT,
            version: VERSION,
            fingerprint,
            dtype,
            embedding_dim,
            weight_bytes,
            files,
        }
    }

    /// The file's bytes.
    pub fn to_json(&self) -> Vec<u8> {
        let mut json = serde_json::to_vec_pretty(self).expect("an index is plain data");
        json.push(b'\n');
        json
    }

    /// Reads the file.
    ///
    /// # Errors
    /// - [`Error::Json`]: the bytes are not JSON.
    /// - [`Error::Config`]: it is no index, or of a version that is not read.
    pub fn from_json(bytes: &[u8]) -> Result<Self> {
        let json: Value = serde_json::from_slice(bytes).map_err(|source| Error::Json {
            file: Self::FILE.into(),
            source,
        })?;
        let root = Section::root(Self::FILE, &json)?;
        let found = |value: Option<&Value>| value.map_or_else(|| "nothing".into(), shown);
        for (key, expected) in [("format", FORMAT), ("version", VERSION)] {
            let value = root.get(key);
            if value.and_then(Value::as_str) != Some(expected) {
                return Err(root.error(key, &format!("{expected:?}"), found(value)));
            }
        }
        let number = |key: &str| {
            let value = root.get(key);
            let number = value.and_then(Value::as_u64);
            number.ok_or_else(|| root.error(key, "a whole number", found(value)))
        };
        let fingerprint = root.get("fingerprint");
        let dtype = root.get("dtype");
        let named = dtype.and_then(Value::as_str).and_then(ExportDtype::of_name);
        let entries = root.get("files");
        let Some(Value::Array(listed)) = entries.filter(|files| files[0].is_object()) else {
            return Err(root.error("files", "a list of files", found(entries)));
        };
        let mut names = BTreeSet::new();
        let mut files = Vec::with_capacity(listed.len());
        for (nth, entry) in listed.iter().enumerate() {
            let name = entry["name"].as_str().filter(|name| is_plain_name(name));
            let name = name.filter(|name| *name != Self::FILE && names.insert((*name).to_owned()));
            let sha256 = digest(&entry["sha256"]);
            let (Some(name), Some(bytes), Some(sha256)) = (name, entry["bytes"].as_u64(), sha256)
            else {
                let expected =
                    "`name` of a file beside it, each once, `bytes`, and `sha256` of 64 digits";
                return Err(root.error(&format!("files[{nth}]"), expected, shown(entry)));
            };
            files.push(IndexedFile {
                name: name.to_owned(),
                bytes,
                sha256: sha256.to_owned(),
            });
        }
        let dim = number("embedding_dim")?;
        Ok(Self::new(
            fingerprint
                .and_then(digest)
                .ok_or_else(|| {
                    root.error("fingerprint", "64 hexadecimal digits", found(fingerprint))
                })?
                .to_owned(),
            named.ok_or_else(|| root.error("dtype", "f32, f16 or q8", found(dtype)))?,
            usize::try_from(dim)
                .map_err(|_| root.error("embedding_dim", "a width", dim.to_string()))?,
            number("weight_bytes")?,
            files,
        ))
    }

    /// The entry of a file.
    pub fn file(&self, name: &str) -> Option<&IndexedFile> {
        self.files.iter().find(|file| file.name == name)
    }
}

fn digest(value: &Value) -> Option<&str> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    value
        .as_str()
        .filter(|text| text.len() == 64 && text.bytes().all(is_digit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_no_index_is_refused_with_the_place() {
        let file = json!({"name": "config.json", "bytes": 2, "sha256": "0".repeat(64)});
        let good = json!({
            "format": "ofa-encoder", "version": "1", "fingerprint": "a".repeat(64), "dtype": "q8",
            "embedding_dim": 4, "weight_bytes": 8, "files": [file],
        });
        assert!(EncoderIndex::from_json(good.to_string().as_bytes()).is_ok());
        for (pointer, value, place) in [
            ("/format", json!("other"), "`format`"),
            ("/version", json!("2"), "`version`"),
            ("/fingerprint", json!("A".repeat(64)), "`fingerprint`"),
            ("/dtype", json!("q4"), "`dtype`"),
            ("/embedding_dim", json!(-1), "`embedding_dim`"),
            ("/weight_bytes", json!(null), "`weight_bytes`"),
            ("/files", json!([]), "`files`"),
            ("/files/0/name", json!("../config.json"), "`files[0]`"),
            ("/files/0/name", json!("ofa-encoder.json"), "`files[0]`"),
            ("/files/0/bytes", json!(1.5), "`files[0]`"),
            ("/files/0/sha256", json!("0"), "`files[0]`"),
        ] {
            let mut bad = good.clone();
            *bad.pointer_mut(pointer).unwrap() = value;
            let message = EncoderIndex::from_json(bad.to_string().as_bytes())
                .unwrap_err()
                .to_string();
            assert!(message.contains(place), "{pointer}: {message}");
        }
        let mut twice = good;
        twice["files"] = json!([file, file]);
        assert!(EncoderIndex::from_json(twice.to_string().as_bytes()).is_err());
        assert!(EncoderIndex::from_json(b"<html>").is_err());
    }
}
