//! Whether a checkpoint is a CLIP, told from `config.json` before the weights are fetched.

use anyhow::{Context, Result, bail, ensure};
use ofa_clip::ClipConfig;
use serde_json::Value;

/// Refuses everything but a CLIP dual encoder, by name.
///
/// `from` says where `config` comes from: a repository or a file. What the encoder's own reader
/// accepts passes; whether the sizes are those of the weights is seen when the encoder is loaded.
///
/// # Errors
/// No JSON object, another architecture, only one half of a CLIP, nothing that tells the
/// architecture, or a value with which no CLIP can be built.
pub(super) fn check(config: &[u8], from: &str) -> Result<()> {
    let json: Value = serde_json::from_slice(config)
        .with_context(|| format!("{from}: config.json is not valid JSON"))?;
    ensure!(json.is_object(), "{from}: config.json: expected an object");
    match json["model_type"].as_str() {
        Some("clip") | None => {}
        Some(model_type @ ("siglip" | "siglip2")) => bail!(
            "{from} is a SigLIP model (model_type {model_type}): not supported. SigLIP has \
             another tokeniser, another pooling and no end token. {EXPECTED}"
        ),
        Some(model_type @ ("clip_text_model" | "clip_vision_model")) => bail!(
            "{from} holds one half of a CLIP (model_type {model_type}): both the image and the \
             text tower are needed. {EXPECTED}"
        ),
        Some(other) => bail!("{from} is of model_type {other}: not supported. {EXPECTED}"),
    }
    ensure!(
        TELLING.iter().any(|key| !json[*key].is_null()),
        "{from}: config.json tells no architecture: it has neither model_type nor \
         architectures, text_config or vision_config. {EXPECTED}"
    );
    ClipConfig::from_json(config).with_context(|| from.to_owned())?;
    Ok(())
}

/// Keys of which a CLIP's configuration has at least one.
const TELLING: [&str; 6] = [
    "model_type",
    "architectures",
    "text_config",
    "vision_config",
    "text_config_dict",
    "vision_config_dict",
];

const EXPECTED: &str = "Expected a CLIP in Hugging Face layout, as openai/clip-vit-base-patch32 is";

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(config: &str) -> String {
        let error = check(config.as_bytes(), "some/repo").unwrap_err();
        format!("{error:#}")
    }

    #[test]
    fn other_architectures_are_refused_by_name() {
        for (config, name) in [
            (r#"{"model_type": "siglip"}"#, "SigLIP"),
            (r#"{"model_type": "siglip2"}"#, "siglip2"),
            (r#"{"model_type": "chinese_clip"}"#, "chinese_clip"),
            (r#"{"model_type": "clip_vision_model"}"#, "one half"),
            (
                r#"{"model_type": "clip", "architectures": ["CLIPForImageClassification"]}"#,
                "CLIPForImageClassification",
            ),
            (
                r#"{"architectures": ["LlamaForCausalLM"]}"#,
                "LlamaForCausalLM",
            ),
            (
                r#"{"architectures": ["SiglipModel"], "text_config": {}}"#,
                "SiglipModel",
            ),
            ("{}", "tells no architecture"),
            (r#"{"hidden_size": 4096}"#, "tells no architecture"),
            (r#"{"model_type": 3}"#, "model_type"),
            (
                r#"{"model_type": "clip", "text_config": {"hidden_act": "relu"}}"#,
                "text_config.hidden_act",
            ),
        ] {
            let message = refusal(config);
            assert!(message.contains(name), "{message}");
            assert!(message.contains("some/repo"), "{message}");
        }
        assert!(refusal("<html>").contains("not valid JSON"));
        assert!(refusal("[]").contains("an object"));
    }

    #[test]
    fn clip_passes() {
        let golden = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../tests/goldens/checkpoint/clip/config.json"
        );
        let config = std::fs::read(golden).expect("the golden is committed");
        check(&config, "golden").unwrap();
        // Missing keys have defaults, so much may be missing.
        for config in [
            r#"{"model_type": "clip"}"#,
            r#"{"architectures": ["CLIPModel"]}"#,
            r#"{"text_config": {}, "vision_config": {}}"#,
            r#"{"model_type": "clip", "vision_config": {}}"#,
        ] {
            check(config.as_bytes(), "some/repo").unwrap();
        }
    }
}
