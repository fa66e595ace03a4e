//! The manifest beside a subset.

use ofa_core::selection::ClusterQuota;
use serde::{Deserialize, Serialize};

use super::{Method, Positions, SubsetInputs, SubsetRequest, TextOnly};
use crate::error::{Error, Result};
use crate::store::{Fingerprints, ReasonCounts};

/// What a subset is and how it came about. Equal inputs give an equal manifest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SubsetManifest {
    /// Always `ofa-subset`.
    pub format: String,
    /// Always `1`.
    pub version: String,
    /// The program that wrote it.
    pub ofa_version: String,
    /// Of the dataset and the encoder.
    pub fingerprints: Fingerprints,
    /// SHA-256 of the selector file, where it is known.
    pub selector: Option<String>,
    /// Records of the dataset: `scored`, every count in `skipped` and `not_scored` together.
    pub records: u64,
    /// Records with a score, among which the budget is chosen.
    pub scored: u64,
    /// Records without a score, by reason.
    pub skipped: ReasonCounts,
    /// Records without a score whose reason is not known here.
    pub not_scored: u64,
    /// The budget.
    pub budget: BudgetManifest,
    /// How records were chosen.
    pub method: Method,
    /// The seed.
    pub seed: u64,
    /// Whether each cluster had its quota; otherwise the pool was one.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub cluster_quotas: bool,
    /// Whether records that the alignment filter sets aside came last.
    #[serde(default, skip_serializing_if = "is_no")]
    pub alignment_filter: bool,
    /// How many records the alignment filter set aside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_aside: Option<u64>,
    /// Records that had to be in the subset.
    #[serde(default, skip_serializing_if = "Positions::is_empty")]
    pub pinned: Positions,
    /// Records that must not be in the subset.
    #[serde(default, skip_serializing_if = "Positions::is_empty")]
    pub excluded: Positions,
    /// What became of text-only records.
    pub text_only: TextOnly,
    /// Records chosen by their score.
    pub chosen: u64,
    /// Text-only records that were kept beside them.
    pub text_only_kept: u64,
    /// Records of the subset: `chosen` and `text_only_kept` together.
    pub written: u64,
    /// Size and quota of every cluster that has records.
    pub quotas: Vec<ClusterManifest>,
    /// The file that was written.
    pub output: Option<OutputManifest>,
    /// Positions in the dataset of all records of the subset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub positions: Option<Positions>,
}

/// A budget as it was asked for, and what it came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetManifest {
    /// As the user wrote it.
    pub requested: String,
    /// In records.
    pub count: u64,
}

/// A cluster's share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterManifest {
    /// Its number, from 0.
    pub cluster: usize,
    /// Scored records in it.
    pub size: u64,
    /// Records chosen from it.
    pub quota: u64,
}

/// Images that were copied beside a subset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImagesManifest {
    /// Files that were written.
    pub files: u64,
    /// Their length in bytes.
    pub bytes: u64,
    /// Images that could not be read, or whose name could not be used.
    pub left_out: u64,
    /// Images that have another name than their path, since that was taken or is no name.
    #[serde(default)]
    pub renamed: u64,
}

/// A written subset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputManifest {
    /// The dataset's format, which the subset keeps unless it was converted.
    pub format: String,
    /// The dataset's format, where the subset was converted to another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub converted_from: Option<String>,
    /// How many files it is; their names, lengths and SHA-256 are what `sha256` is over, where it
    /// is several.
    #[serde(default = "one")]
    pub files: u64,
    /// Length in bytes.
    pub bytes: u64,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
    /// Images that were copied beside it, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub images: Option<ImagesManifest>,
}

fn one() -> u64 {
    1
}

fn yes() -> bool {
    true
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_yes(value: &bool) -> bool {
    *value
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_no(value: &bool) -> bool {
    !value
}

impl SubsetManifest {
    /// Draws up the account, and refuses one that does not add up.
    pub(super) fn account(
        inputs: &SubsetInputs<'_>,
        request: &SubsetRequest,
        budget: &str,
        clusters: &[ClusterQuota],
        skipped: ReasonCounts,
        chosen: u64,
        text_only_kept: u64,
    ) -> Result<Self> {
        let records = inputs.dataset.len();
        let scored = inputs.scores.index.len() as u64;
        let reasons: u64 = skipped.values().sum();
        let Some(not_scored) = records.checked_sub(scored + reasons) else {
            return Err(Error::Counts {
                records,
                scored,
                skipped: reasons,
                sum: scored + reasons,
                advice: "dataset, scores and features are not of one run",
            });
        };
        Ok(Self {
            format: "ofa-subset".to_owned(),
            version: "1".to_owned(),
            ofa_version: env!("CARGO_PKG_VERSION").to_owned(),
            fingerprints: Fingerprints {
                dataset: Some(inputs.dataset.fingerprint().to_owned()),
                encoder: inputs.origin.fingerprints.encoder.clone(),
            },
            selector: inputs.origin.selector.clone(),
            records,
            scored,
            skipped,
            not_scored,
            budget: BudgetManifest {
                requested: budget.to_owned(),
                count: chosen,
            },
            method: request.method,
            seed: request.seed,
            cluster_quotas: request.quotas,
            alignment_filter: request.alignment_filter,
            set_aside: None,
            pinned: request.constraints.pinned.iter().copied().collect(),
            excluded: request.constraints.excluded.iter().copied().collect(),
            text_only: request.text_only,
            chosen,
            text_only_kept,
            written: chosen + text_only_kept,
            quotas: (0..)
                .zip(clusters)
                .filter(|(_, cluster)| cluster.size > 0)
                .map(|(number, cluster)| ClusterManifest {
                    cluster: number,
                    size: cluster.size,
                    quota: cluster.quota,
                })
                .collect(),
            output: None,
            positions: None,
        })
    }

    /// As JSON text.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let mut json = serde_json::to_vec_pretty(self).expect("plain data");
        json.push(b'\n');
        json
    }
}
