//! Sizes and fusion mode of a selector.
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// How image and text are brought together. Written with `_`, read with `-` or `_`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub enum FusionMode {
    /// The learned gate between the branches, plus the interaction.
    #[default]
    Full,
    /// As `Full` with the gate fixed at 0.5.
    StaticGate,
    /// As `Full` without the interaction branch. The gate still sees the interaction.
    NoInteraction,
    /// A plain baseline: one linear layer on `[image; text]`, the gate reported as 0.5.
    Concat,
}

impl FusionMode {
    /// All modes.
    pub const ALL: [Self; 4] = [
        Self::Full,
        Self::StaticGate,
        Self::NoInteraction,
        Self::Concat,
    ];

    /// Whether the mode has a gate that is learned.
    pub fn has_gate(self) -> bool {
        matches!(self, Self::Full | Self::NoInteraction)
    }

    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::StaticGate => "static_gate",
            Self::NoInteraction => "no_interaction",
            Self::Concat => "concat",
        }
    }
}

impl fmt::Display for FusionMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl From<FusionMode> for &'static str {
    fn from(mode: FusionMode) -> Self {
        mode.name()
    }
}

impl FromStr for FusionMode {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let name = text.replace('-', "_");
        Self::ALL
            .into_iter()
            .find(|mode| mode.name() == name)
            .ok_or_else(|| Error::Config {
                field: "fusion_mode",
                expected: "one of full, static_gate, no_interaction, concat",
                found: text.to_string(),
            })
    }
}

impl TryFrom<String> for FusionMode {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

/// Sizes and fusion mode of a selector, as in the `config` of its file. A file may leave out
/// what follows from the shapes of its tensors
/// ([`Selector::from_safetensors`](super::Selector::from_safetensors)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelectorConfig {
    /// Width of one embedding (`d`).
    pub feature_dim: usize,
    /// Width of the fused representation (`h`).
    pub hidden_dim: usize,
    /// Width of the gate's hidden layer. Of no meaning, and perhaps 0, in the modes without a
    /// gate.
    pub gate_hidden_dim: usize,
    /// Number of clusters (`K`), the classes.
    pub num_clusters: usize,
    /// How the modalities are brought together; `full` where a file is silent.
    #[serde(default)]
    pub fusion_mode: FusionMode,
}

impl SelectorConfig {
    /// The published sizes: hidden 256, gate hidden 128, mode `full`.
    pub fn new(feature_dim: usize, num_clusters: usize) -> Self {
        Self {
            feature_dim,
            hidden_dim: 256,
            gate_hidden_dim: 128,
            num_clusters,
            fusion_mode: FusionMode::Full,
        }
    }

    /// Width of a joint feature: `2 * feature_dim`.
    pub fn joint_dim(&self) -> usize {
        2 * self.feature_dim
    }

    /// The largest size there can be, so that no product of two overflows.
    pub const LARGEST_SIZE: usize = 1 << 20;

    /// Checks that every size is between 1 and [`Self::LARGEST_SIZE`]; where there is no gate,
    /// the width of its hidden layer may be 0.
    ///
    /// # Errors
    /// [`Error::Config`] with the first field that is not.
    pub fn check(&self) -> Result<()> {
        for (field, value) in [
            ("feature_dim", self.feature_dim),
            ("hidden_dim", self.hidden_dim),
            ("gate_hidden_dim", self.gate_hidden_dim),
            ("num_clusters", self.num_clusters),
        ] {
            let least = match field {
                "gate_hidden_dim" => usize::from(self.fusion_mode.has_gate()),
                _ => 1,
            };
            if !(least..=Self::LARGEST_SIZE).contains(&value) {
                return Err(Error::Config {
                    field,
                    expected: "between 1 and 1048576",
                    found: value.to_string(),
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_read_with_dash_and_underscore() {
        for mode in FusionMode::ALL {
            assert_eq!(mode.name().parse(), Ok(mode));
            assert_eq!(mode.name().replace('_', "-").parse(), Ok(mode));
        }
        assert!(matches!(
            "gated".parse::<FusionMode>(),
            Err(Error::Config { .. })
        ));
    }

    #[test]
    fn config_json_has_the_documented_keys_in_order() {
        let config = SelectorConfig {
            fusion_mode: FusionMode::StaticGate,
            ..SelectorConfig::new(512, 128)
        };
        let json = serde_json::to_string(&config).expect("plain numbers");
        assert_eq!(
            json,
            r#"{"feature_dim":512,"hidden_dim":256,"gate_hidden_dim":128,"num_clusters":128,"fusion_mode":"static_gate"}"#
        );
        assert_eq!(
            serde_json::from_str::<SelectorConfig>(&json).expect("its own output"),
            config
        );
    }

    #[test]
    fn absent_mode_means_full_and_unknown_keys_are_fine() {
        let json = r#"{"feature_dim":4,"hidden_dim":3,"gate_hidden_dim":2,"num_clusters":5,"dropout":0.1}"#;
        let config: SelectorConfig = serde_json::from_str(json).expect("valid");
        assert_eq!(config.fusion_mode, FusionMode::Full);
        let dashed = json.replace("\"dropout\":0.1", "\"fusion_mode\":\"no-interaction\"");
        let config: SelectorConfig = serde_json::from_str(&dashed).expect("valid");
        assert_eq!(config.fusion_mode, FusionMode::NoInteraction);
    }

    #[test]
    fn sizes_are_checked() {
        let config = SelectorConfig {
            num_clusters: 0,
            ..SelectorConfig::new(4, 4)
        };
        assert!(matches!(
            config.check(),
            Err(Error::Config {
                field: "num_clusters",
                ..
            })
        ));
        assert!(SelectorConfig::new(usize::MAX, 4).check().is_err());
        for fusion_mode in FusionMode::ALL {
            let config = SelectorConfig {
                fusion_mode,
                gate_hidden_dim: 0,
                ..SelectorConfig::new(4, 4)
            };
            assert_eq!(config.check().is_err(), fusion_mode.has_gate());
        }
    }
}
