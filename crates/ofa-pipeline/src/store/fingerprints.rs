//! Which dataset and which encoder something was made from.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Fingerprints of a dataset and an encoder; `None` where something came without one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprints {
    /// The dataset's: format, length and SHA-256 of its record file.
    #[serde(default)]
    pub dataset: Option<String>,
    /// The encoder's: SHA-256 over its source checkpoint's tensors.
    #[serde(default)]
    pub encoder: Option<String>,
}

impl Fingerprints {
    /// Takes both from a file's header metadata, keys `dataset` and `encoder`.
    #[must_use]
    pub fn from_metadata(metadata: &HashMap<String, String>) -> Self {
        Self {
            dataset: metadata.get("dataset").cloned(),
            encoder: metadata.get("encoder").cloned(),
        }
    }

    /// Takes from `other` what is not known here.
    pub(crate) fn complete(&mut self, other: Self) {
        self.dataset = self.dataset.take().or(other.dataset);
        self.encoder = self.encoder.take().or(other.encoder);
    }

    /// Checks that two inputs belong together. What has no fingerprint matches everything.
    ///
    /// `left` and `right` are what the message calls the two.
    ///
    /// # Errors
    /// [`Error::Fingerprints`] where both have one and they differ.
    pub fn check(&self, left: &str, other: &Self, right: &str) -> Result<()> {
        self.check_dataset(left, other.dataset.as_deref(), right)?;
        self.check_encoder(left, other.encoder.as_deref(), right)
    }

    /// As [`check`](Self::check), of the dataset alone.
    ///
    /// # Errors
    /// [`Error::Fingerprints`] where both have one and they differ.
    pub fn check_dataset(&self, left: &str, other: Option<&str>, right: &str) -> Result<()> {
        check("dataset", left, self.dataset.as_deref(), right, other)
    }

    /// As [`check`](Self::check), of the encoder alone.
    ///
    /// # Errors
    /// [`Error::Fingerprints`] where both have one and they differ.
    pub fn check_encoder(&self, left: &str, other: Option<&str>, right: &str) -> Result<()> {
        check("encoder", left, self.encoder.as_deref(), right, other)
    }
}

fn check(
    what: &'static str,
    left: &str,
    left_fingerprint: Option<&str>,
    right: &str,
    right_fingerprint: Option<&str>,
) -> Result<()> {
    match (left_fingerprint, right_fingerprint) {
        (Some(a), Some(b)) if a != b => Err(Error::Fingerprints {
            what,
            left: left.to_owned(),
            left_fingerprint: a.to_owned(),
            right: right.to_owned(),
            right_fingerprint: b.to_owned(),
        }),
        _ => Ok(()),
    }
}
