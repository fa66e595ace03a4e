//! Whether a checkpoint is a CLIP, told from `config.json` before the weights are fetched.

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

/// Refuses everything but a CLIP dual encoder, by name.
///
/// `from` says where `config` comes from: a repository or a file. Sizes are not looked at here;
/// they are compared with the weights when the encoder is loaded.
///
/// # Errors
/// No JSON object, no `model_type`, another architecture, or only one half of a CLIP.
pub(super) fn check(config: &[u8], from: &str) -> Result<()> {
    let config: Value = serde_json::from_slice(config)
        .with_context(|| format!("{from}: config.json is not valid JSON"))?;
    ensure!(
        config.is_object(),
        "{from}: config.json: expected an object"
    );
    let class = config["architectures"][0].as_str();
    let Some(model_type) = config["model_type"].as_str() else {
        let named = class.map_or(String::new(), |class| format!(" (architecture {class})"));
        bail!("{from}: config.json has no model_type{named}. {EXPECTED}");
    };
    match model_type {
        "clip" => {}
        "siglip" | "siglip2" => bail!(
            "{from} is a SigLIP model (model_type {model_type}): not supported. SigLIP has \
             another tokeniser, another pooling and no end token. {EXPECTED}"
        ),
        "clip_text_model" | "clip_vision_model" => bail!(
            "{from} holds one half of a CLIP (model_type {model_type}): both the image and the \
             text tower are needed. {EXPECTED}"
        ),
        other => bail!("{from} is of model_type {other}: not supported. {EXPECTED}"),
    }
    if let Some(class) = class.filter(|class| *class != "CLIPModel") {
        bail!("{from} holds a {class}, not the dual encoder CLIPModel. {EXPECTED}");
    }
    for tower in ["text_config", "vision_config"] {
        ensure!(
            config[tower].is_object() || config[format!("{tower}_dict")].is_object(),
            "{from}: config.json has no {tower}. {EXPECTED}"
        );
    }
    Ok(())
}

const EXPECTED: &str = "Expected a CLIP in Hugging Face layout, as openai/clip-vit-base-patch32 is";

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(config: &str) -> String {
        check(config.as_bytes(), "some/repo")
            .unwrap_err()
            .to_string()
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
                r#"{"model_type": "clip", "vision_config": {}}"#,
                "text_config",
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
    }
}
