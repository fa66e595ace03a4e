//! How records are chosen.
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// How records are chosen within a cluster.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Method {
    /// The least confident ones: the paper's rule.
    #[default]
    Confidence,
    /// A diverse sample of the least confident ones: exact k-DPPs over blocks of candidates.
    Kdpp,
    /// The most diverse of the least confident ones: the same blocks, greedily.
    KdppMap,
    /// Baseline: uniformly at random.
    Random,
    /// Baseline: those whose image and text are most alike.
    ClipScore,
    /// Baseline: each time the one that is farthest from all that are chosen, on joint features.
    KCenter,
}

impl Method {
    /// All methods.
    pub const ALL: [Self; 6] = [
        Self::Confidence,
        Self::Kdpp,
        Self::KdppMap,
        Self::Random,
        Self::ClipScore,
        Self::KCenter,
    ];

    /// Its name, as it is written on a command line and in a manifest.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Confidence => "confidence",
            Self::Kdpp => "kdpp",
            Self::KdppMap => "kdpp-map",
            Self::Random => "random",
            Self::ClipScore => "clip-score",
            Self::KCenter => "k-center",
        }
    }

    /// Whether it looks at embeddings, not at scores alone.
    pub fn needs_features(self) -> bool {
        !matches!(self, Self::Confidence | Self::Random)
    }

    /// Whether it can choose from the pool as a whole instead of by clusters.
    pub fn works_without_quotas(self) -> bool {
        matches!(self, Self::Confidence | Self::Random | Self::ClipScore)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Method {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|m| m.as_str() == text);
        found.ok_or_else(|| Error::Option {
            option: "method",
            expected: "confidence, kdpp, kdpp-map, random, clip-score or k-center",
            found: text.to_owned(),
        })
    }
}
