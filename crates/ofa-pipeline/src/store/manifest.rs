//! `manifest.json` of a feature store: with it the store is finished.

use std::collections::BTreeMap;
use std::ops::Range;

use ofa_data::SkipReason;
use serde::{Deserialize, Serialize};

use super::{Fingerprints, MANIFEST};
use crate::blobs::BlobStore;
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
    /// Records of the whole dataset.
    pub dataset_records: u64,
    /// The records that this store covers; all of them unless it is a part.
    pub range: Range<u64>,
    /// Records that have features.
    pub rows: u64,
    /// Records that have none, by reason.
    pub skipped: BTreeMap<SkipReason, u64>,
    /// Width of an embedding.
    pub dim: usize,
    /// Number of shards.
    pub shards: u32,
    /// Records of the dataset that each shard covers.
    pub shard_records: u64,
}

impl StoreManifest {
    /// What `format` says.
    pub const FORMAT: &str = "ofa-feature-store";
    /// What `version` says.
    pub const VERSION: &str = "1";

    /// Reads the manifest of a store; `None` where it has none.
    ///
    /// # Errors
    /// [`Error::Storage`] where it cannot be read, [`Error::Malformed`] where it is not ours.
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
        let manifest: Self = serde_json::from_slice(&bytes)
            .map_err(|error| malformed(format!("line {}", error.line()), error.to_string()))?;
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

    /// Checks that every record of the range is counted once.
    ///
    /// # Errors
    /// [`Error::Counts`] where the sum is another one.
    pub fn check(&self) -> Result<()> {
        let records = self.range.end - self.range.start;
        let skipped = self.skipped.values().sum();
        let sum = self.rows + skipped;
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
