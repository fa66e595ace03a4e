//! `manifest.json` of a feature store: with it the store is finished.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{Fingerprints, MANIFEST, ReasonCounts};
use crate::blobs::BlobStore;
use crate::encode::MultiImage;
use crate::error::{Error, Result};

/// What a finished feature store holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreManifest {
    /// Always [`StoreManifest::FORMAT`].
    pub format: String,
    /// Always [`StoreManifest::VERSION`].
    pub version: String,
    /// The program that wrote it.
    pub ofa_version: String,
    /// Of the dataset and the encoder.
    pub fingerprints: Fingerprints,
    /// SHA-256 over what the encoder is told beside its weights: configuration, preprocessing
    /// and vocabulary.
    #[serde(default)]
    pub encoder_settings: Option<String>,
    /// Records of the whole dataset; of an imported store, as far as its rows reach.
    pub dataset_records: u64,
    /// The records that this store covers; all of them unless it is a part.
    pub range: Range<u64>,
    /// Records that have features.
    pub rows: u64,
    /// Records that have none, by reason.
    pub skipped: ReasonCounts,
    /// Records of the range that have neither features nor a reason: those of which an imported
    /// file does not say what became of them. 0 in a store that was encoded.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unaccounted: u64,
    /// Images that were found under another name or left out, by kind of note.
    #[serde(default, skip_serializing_if = "ReasonCounts::is_empty")]
    pub notes: ReasonCounts,
    /// What became of records with several images.
    #[serde(default)]
    pub multi_image: MultiImage,
    /// Width of an embedding.
    pub dim: usize,
    /// Number of shards.
    pub shards: u32,
    /// Records of the dataset that each shard covers; of an imported store, rows of each shard.
    pub shard_records: u64,
}

impl StoreManifest {
    /// What `format` says.
    pub const FORMAT: &str = "ofa-feature-store";
    /// What `version` says.
    pub const VERSION: &str = "1";

    /// Reads the manifest of a store; `None` where it has none, or one that is not of this
    /// project, as a `manifest.json` of another program beside foreign features.
    ///
    /// # Errors
    /// [`Error::Storage`] where it cannot be read, [`Error::Malformed`] where it is of this
    /// project and broken, or of a later version.
    pub fn read(store: &dyn BlobStore) -> Result<Option<Self>> {
        let Some(bytes) = store
            .read(MANIFEST)
            .map_err(|error| Error::storage(store, MANIFEST, error))?
        else {
            return Ok(None);
        };
        let malformed = |place: String, found: String| Error::Malformed {
            name: format!("{}/{MANIFEST}", store.location()),
            place,
            expected: format!("the manifest of a feature store, version {}", Self::VERSION),
            found,
            advice: "is this the folder that `ofa encode` wrote?",
        };
        let json: serde_json::Value = match serde_json::from_slice(&bytes) {
            Ok(json) => json,
            Err(_) if !contains(&bytes, Self::FORMAT.as_bytes()) => return Ok(None),
            Err(error) => {
                let place = format!("line {}", error.line());
                return Err(malformed(place, error.to_string()));
            }
        };
        if json["format"] != Self::FORMAT {
            return Ok(None);
        }
        let manifest: Self = serde_json::from_value(json)
            .map_err(|error| malformed("the whole file".to_owned(), error.to_string()))?;
        if manifest.format != Self::FORMAT || manifest.version != Self::VERSION {
            let found = format!("{} version {}", manifest.format, manifest.version);
            return Err(malformed("`format`".to_owned(), found));
        }
        Ok(Some(manifest))
    }

    /// Writes the manifest into a store.
    ///
    /// # Errors
    /// [`Error::Storage`] where it cannot be written.
    pub fn write(&self, store: &dyn BlobStore) -> Result<()> {
        let mut json = serde_json::to_vec_pretty(self).expect("plain data");
        json.push(b'\n');
        store
            .write(MANIFEST, &json)
            .map_err(|error| Error::storage(store, MANIFEST, error))
    }

    /// Checks that every record of the range is counted once, those of which nothing is known
    /// included.
    ///
    /// # Errors
    /// [`Error::Counts`] where the sum is another one.
    pub fn check(&self) -> Result<()> {
        let records = self.range.end - self.range.start;
        let skipped = self.skipped.values().sum();
        let sum = self.rows + skipped + self.unaccounted;
        if sum == records {
            return Ok(());
        }
        Err(Error::Counts {
            records,
            scored: self.rows,
            skipped,
            sum,
            advice: "the store was changed from outside; encode into a new folder",
        })
    }
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

fn contains(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|window| window == word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::native::Folder;

    #[test]
    fn a_manifest_of_another_program_is_none_and_a_broken_one_of_ours_is_an_error() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let store = Folder::new(home.path());
        let read = |text: &str| {
            store.write(MANIFEST, text.as_bytes()).expect("written");
            StoreManifest::read(&store)
        };
        assert_eq!(read("{\"files\": []}").expect("not ours"), None);
        assert_eq!(read("not JSON").expect("not ours"), None);
        let broken = read("{\"format\": \"ofa-feature-store\", ");
        assert!(broken.is_err());
        let lacking = read("{\"format\": \"ofa-feature-store\", \"version\": \"1\"}");
        let message = lacking.expect_err("ours").to_string();
        assert!(message.contains("manifest.json"), "{message}");
    }
}
