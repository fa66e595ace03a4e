//! `config.json` of a CLIP model, with the defaults `transformers` gives to missing keys.

mod text;
pub(crate) mod value;
mod vision;

pub use text::{EndTokenRule, TextConfig};
pub use vision::VisionConfig;

use crate::{Error, Result};
use serde_json::Value;
use value::Section;

/// Sizes and switches of a CLIP dual encoder.
///
/// # Example
/// ```
/// let config = ofa_clip::ClipConfig::from_json(br#"{"model_type": "clip"}"#).unwrap();
/// assert_eq!(config.vision.patch_size, 32);
/// assert_eq!(config.text.vocab_size, 49408);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ClipConfig {
    /// The image tower.
    pub vision: VisionConfig,
    /// The text tower.
    pub text: TextConfig,
    /// Width `d` of both embeddings.
    pub projection_dim: usize,
}

/// The non-linearity between the two layers of an MLP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// `x * sigmoid(1.702 x)`.
    QuickGelu,
    /// `x * Phi(x)` with the exact normal distribution function.
    Gelu,
}

impl ClipConfig {
    /// Reads `config.json`.
    ///
    /// Missing keys take the defaults of `transformers` (`CLIPConfig`, `CLIPTextConfig`,
    /// `CLIPVisionConfig`). Where the older `text_config_dict` or `vision_config_dict` is
    /// given, it replaces `text_config` or `vision_config`, as it does there.
    ///
    /// # Errors
    /// - [`Error::Json`]: the bytes are not JSON.
    /// - [`Error::UnsupportedModel`]: `model_type` is not `clip`, or `architectures` does
    ///   not name `CLIPModel`.
    /// - [`Error::Config`]: a key has the wrong type, or a value with which no model can be
    ///   built (a size of zero, heads that do not divide the hidden size, an unknown
    ///   activation).
    pub fn from_json(bytes: &[u8]) -> Result<Self> {
        let json: Value = serde_json::from_slice(bytes).map_err(|source| Error::Json {
            file: "config.json".into(),
            source,
        })?;
        let root = Section::root("config.json", &json)?;
        check_architecture(&root)?;
        let text = match root.section("text_config_dict")? {
            Some(section) => TextConfig::read(&section)?,
            None => TextConfig::read(&root.section_or_empty("text_config")?)?,
        };
        let vision = match root.section("vision_config_dict")? {
            Some(section) => VisionConfig::read(&section)?,
            None => VisionConfig::read(&root.section_or_empty("vision_config")?)?,
        };
        Ok(Self {
            vision,
            text,
            projection_dim: root.size("projection_dim", 512)?,
        })
    }
}

fn check_architecture(root: &Section<'_>) -> Result<()> {
    if let Some(model_type) = root.text("model_type")?
        && model_type != "clip"
    {
        return Err(Error::UnsupportedModel {
            key: "model_type",
            expected: "clip",
            found: model_type.to_owned(),
        });
    }
    let architectures = root.texts("architectures")?;
    if !architectures.is_empty() && !architectures.contains(&"CLIPModel") {
        return Err(Error::UnsupportedModel {
            key: "architectures",
            expected: "CLIPModel",
            found: architectures.join(", "),
        });
    }
    Ok(())
}

/// What both towers have in common.
struct Transformer {
    hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    hidden_act: Activation,
    layer_norm_eps: f64,
}

impl Transformer {
    fn read(section: &Section<'_>, hidden_size: usize, heads: usize) -> Result<Self> {
        let intermediate_default = 4 * hidden_size;
        let this = Self {
            hidden_size: section.size("hidden_size", hidden_size)?,
            intermediate_size: section.size("intermediate_size", intermediate_default)?,
            num_hidden_layers: section.size("num_hidden_layers", 12)?,
            num_attention_heads: section.size("num_attention_heads", heads)?,
            hidden_act: match section.text("hidden_act")?.unwrap_or("quick_gelu") {
                "quick_gelu" => Activation::QuickGelu,
                "gelu" => Activation::Gelu,
                other => {
                    return Err(section.error("hidden_act", "`quick_gelu` or `gelu`", other));
                }
            },
            layer_norm_eps: section.positive("layer_norm_eps", 1e-5)?,
        };
        if !this.hidden_size.is_multiple_of(this.num_attention_heads) {
            return Err(section.error(
                "num_attention_heads",
                &format!("a divisor of hidden_size {}", this.hidden_size),
                this.num_attention_heads,
            ));
        }
        Ok(this)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(json: &str) -> String {
        ClipConfig::from_json(json.as_bytes())
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn missing_keys_take_the_defaults_of_vit_b_32() {
        let config = ClipConfig::from_json(b"{}").unwrap();
        assert_eq!(config.projection_dim, 512);
        assert_eq!(config.vision.hidden_size, 768);
        assert_eq!(config.vision.intermediate_size, 3072);
        assert_eq!(config.vision.num_attention_heads, 12);
        assert_eq!(config.vision.image_size, 224);
        assert_eq!(config.vision.patches_per_side(), 7);
        assert_eq!(config.text.hidden_size, 512);
        assert_eq!(config.text.intermediate_size, 2048);
        assert_eq!(config.text.max_position_embeddings, 77);
        assert_eq!(config.text.hidden_act, Activation::QuickGelu);
        assert_eq!(config.text.end_token, EndTokenRule::First(49407));
    }

    #[test]
    fn a_missing_intermediate_size_does_not_follow_the_hidden_size() {
        let json = br#"{"text_config": {"hidden_size": 64}, "vision_config": {"hidden_size": 96}}"#;
        let config = ClipConfig::from_json(json).unwrap();
        assert_eq!(config.text.intermediate_size, 2048);
        assert_eq!(config.vision.intermediate_size, 3072);
    }

    #[test]
    fn config_dict_replaces_config() {
        let json = br#"{
            "text_config": {"hidden_size": 64, "eos_token_id": 2},
            "text_config_dict": {"hidden_size": 768, "num_attention_heads": 12},
            "vision_config": {"hidden_size": 96},
            "vision_config_dict": null
        }"#;
        let config = ClipConfig::from_json(json).unwrap();
        assert_eq!(config.text.hidden_size, 768);
        assert_eq!(config.text.end_token, EndTokenRule::First(49407));
        assert_eq!(config.vision.hidden_size, 96);
    }

    #[test]
    fn other_models_are_refused_by_name() {
        assert_eq!(
            error(r#"{"model_type": "siglip"}"#),
            "config.json: `model_type`: expected `clip`, found `siglip`; only CLIP models in Hugging Face layout are supported"
        );
        assert!(
            error(r#"{"model_type": "clip", "architectures": ["CLIPForImageClassification"]}"#)
                .contains("expected `CLIPModel`, found `CLIPForImageClassification`")
        );
    }

    #[test]
    fn values_no_model_can_have_are_refused() {
        let message = error(r#"{"vision_config": {"num_attention_heads": 5}}"#);
        assert_eq!(
            message,
            "config.json: `vision_config.num_attention_heads`: expected a divisor of hidden_size 768, found 5; correct the file if it was edited, otherwise use a model that fits this"
        );
        assert!(
            error(r#"{"text_config": {"hidden_act": "relu"}}"#)
                .contains("`text_config.hidden_act`: expected `quick_gelu` or `gelu`, found relu")
        );
        assert!(error(r#"{"projection_dim": 0}"#).contains("`projection_dim`"));
        assert!(error(r#"{"vision_config": {"image_size": [224, 224]}}"#).contains("image_size"));
        assert!(error(r#"{"vision_config": {"patch_size": 500}}"#).contains("patch_size"));
        assert!(error(r#"{"vision_config": {"num_channels": 1}}"#).contains("num_channels"));
        assert!(
            error(r#"{"text_config": {"max_position_embeddings": 1}}"#).contains(
                "`text_config.max_position_embeddings`: expected a whole number between 2 and 2147483647, found 1;"
            )
        );
        assert!(error(r#"{"text_config": 3}"#).contains("expected an object, found 3"));
        assert!(error("[]").contains("expected an object"));
        assert!(error("{").contains("cannot be read as JSON"));
    }
}
