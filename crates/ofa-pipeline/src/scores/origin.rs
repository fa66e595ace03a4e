//! Where scores come from.

use ofa_core::quantiles::Quantiles;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::store::{Fingerprints, ReasonCounts};

/// What the manifest's `format` says.
const FORMAT: &str = "ofa-scores";
/// What its `version` says.
const VERSION: &str = "1";

/// What scores were made from: in a Parquet file's metadata, or in `<name>.manifest.json`.
///
/// A file from elsewhere has none of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ScoresOrigin {
    /// Of the dataset and the encoder.
    pub fingerprints: Fingerprints,
    /// SHA-256 of the selector file, in hexadecimal.
    pub selector: Option<String>,
    /// Records of the dataset, scored or not.
    pub dataset_records: Option<u64>,
    /// Records without a score, by reason.
    pub skipped: Option<ReasonCounts>,
    /// The selector's confidence on its validation core, where its file says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub training_confidence: Option<Quantiles>,
}

impl ScoresOrigin {
    /// As JSON with `format` and `version`.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let mut json = serde_json::json!({
            "format": FORMAT,
            "version": VERSION,
            "ofa_version": env!("CARGO_PKG_VERSION"),
        });
        if let (Some(json), Ok(serde_json::Value::Object(origin))) =
            (json.as_object_mut(), serde_json::to_value(self))
        {
            json.extend(origin);
        }
        let mut bytes = serde_json::to_vec_pretty(&json).expect("plain data");
        bytes.push(b'\n');
        bytes
    }

    /// Reads what [`to_json`](Self::to_json) wrote.
    ///
    /// # Errors
    /// [`Error::Malformed`] where it is something else.
    pub fn from_json(bytes: &[u8], name: &str) -> Result<Self> {
        let malformed = |place: String, found: String| Error::Malformed {
            name: name.to_owned(),
            place,
            expected: format!("the manifest of a scores file, version {VERSION}"),
            found,
            advice: "score the features again, or remove it: scores without one are taken as they are",
        };
        let json: serde_json::Value = serde_json::from_slice(bytes)
            .map_err(|error| malformed(format!("line {}", error.line()), error.to_string()))?;
        for (key, expected) in [("format", FORMAT), ("version", VERSION)] {
            if json[key] != expected {
                return Err(malformed(format!("`{key}`"), json[key].to_string()));
            }
        }
        serde_json::from_value(json)
            .map_err(|error| malformed("the whole file".to_owned(), error.to_string()))
    }
}

/// The name of the manifest beside a file: its ending replaced by `.manifest.json`.
#[must_use]
pub fn manifest_name(name: &str) -> String {
    let (folder, file) = name
        .rsplit_once('/')
        .map_or(("", name), |(folder, file)| (folder, file));
    let stem = match file.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => file,
    };
    let slash = if name.len() > file.len() { "/" } else { "" };
    format!("{folder}{slash}{stem}.manifest.json")
}

#[cfg(test)]
mod tests {
    use super::manifest_name;

    #[test]
    fn the_manifest_takes_the_place_of_the_ending() {
        assert_eq!(manifest_name("subset.json"), "subset.manifest.json");
        assert_eq!(
            manifest_name("a.b/llava.v1.jsonl"),
            "a.b/llava.v1.manifest.json"
        );
        assert_eq!(manifest_name("/x/subset"), "/x/subset.manifest.json");
        assert_eq!(manifest_name("/.json"), "/.json.manifest.json");
    }
}
