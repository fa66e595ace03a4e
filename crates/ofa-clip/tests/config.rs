//! `config.json` in the forms that models which people use have it: written after the public
//! files, without the many keys of text generation that no CLIP heeds. The expected sizes are
//! those that `CLIPConfig` of `transformers` 5.23 reads from these very texts.

use ofa_clip::{Activation, ClipConfig, EndTokenRule};

/// `openai/clip-vit-base-patch16`.
const OPENAI_B_16: &str = r#"{
  "architectures": ["CLIPModel"],
  "initializer_factor": 1.0,
  "logit_scale_init_value": 2.6592,
  "model_type": "clip",
  "projection_dim": 512,
  "text_config": {
    "_name_or_path": "", "add_cross_attention": false, "architectures": null,
    "attention_dropout": 0.0, "bad_words_ids": null, "bos_token_id": 0, "chunk_size_feed_forward": 0,
    "cross_attention_hidden_size": null, "decoder_start_token_id": null, "dropout": 0.0,
    "eos_token_id": 2, "hidden_act": "quick_gelu", "hidden_size": 512,
    "id2label": {"0": "LABEL_0", "1": "LABEL_1"}, "initializer_factor": 1.0,
    "initializer_range": 0.02, "intermediate_size": 2048, "is_decoder": false,
    "label2id": {"LABEL_0": 0, "LABEL_1": 1}, "layer_norm_eps": 1e-05,
    "max_position_embeddings": 77, "model_type": "clip_text_model", "num_attention_heads": 8,
    "num_hidden_layers": 12, "pad_token_id": 1, "projection_dim": 512, "prefix": null,
    "torch_dtype": null, "vocab_size": 49408
  },
  "text_config_dict": null,
  "torch_dtype": "float32",
  "transformers_version": null,
  "vision_config": {
    "_name_or_path": "", "architectures": null, "attention_dropout": 0.0, "bos_token_id": null,
    "dropout": 0.0, "eos_token_id": null, "hidden_act": "quick_gelu", "hidden_size": 768,
    "image_size": 224, "initializer_factor": 1.0, "initializer_range": 0.02,
    "intermediate_size": 3072, "layer_norm_eps": 1e-05, "model_type": "clip_vision_model",
    "num_attention_heads": 12, "num_hidden_layers": 12, "pad_token_id": null, "patch_size": 16,
    "projection_dim": 512, "torch_dtype": null
  },
  "vision_config_dict": null
}"#;

/// `openai/clip-vit-large-patch14`.
const OPENAI_L_14: &str = r#"{
  "_name_or_path": "clip-vit-large-patch14/",
  "architectures": ["CLIPModel"],
  "initializer_factor": 1.0,
  "logit_scale_init_value": 2.6592,
  "model_type": "clip",
  "projection_dim": 768,
  "text_config": {
    "_name_or_path": "", "architectures": null, "attention_dropout": 0.0, "bos_token_id": 0,
    "dropout": 0.0, "eos_token_id": 2, "hidden_act": "quick_gelu", "hidden_size": 768,
    "initializer_factor": 1.0, "initializer_range": 0.02, "intermediate_size": 3072,
    "layer_norm_eps": 1e-05, "max_position_embeddings": 77, "model_type": "clip_text_model",
    "num_attention_heads": 12, "num_hidden_layers": 12, "pad_token_id": 1, "projection_dim": 768,
    "vocab_size": 49408
  },
  "text_config_dict": {
    "hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12,
    "num_hidden_layers": 12, "projection_dim": 768
  },
  "torch_dtype": "float32",
  "transformers_version": null,
  "vision_config": {
    "_name_or_path": "", "architectures": null, "attention_dropout": 0.0, "dropout": 0.0,
    "hidden_act": "quick_gelu", "hidden_size": 1024, "image_size": 224, "initializer_factor": 1.0,
    "initializer_range": 0.02, "intermediate_size": 4096, "layer_norm_eps": 1e-05,
    "model_type": "clip_vision_model", "num_attention_heads": 16, "num_hidden_layers": 24,
    "patch_size": 14, "projection_dim": 768
  },
  "vision_config_dict": {
    "hidden_size": 1024, "intermediate_size": 4096, "num_attention_heads": 16,
    "num_hidden_layers": 24, "patch_size": 14, "projection_dim": 768
  }
}"#;

/// `openai/clip-vit-large-patch14-336`, saved by hand: what is not the default alone.
const OPENAI_L_14_336: &str = r#"{
  "_name_or_path": "openai/clip-vit-large-patch14-336",
  "architectures": ["CLIPModel"],
  "initializer_factor": 1.0,
  "logit_scale_init_value": 2.6592,
  "model_type": "clip",
  "projection_dim": 768,
  "text_config": {
    "dropout": 0.0, "hidden_size": 768, "intermediate_size": 3072,
    "model_type": "clip_text_model", "num_attention_heads": 12, "projection_dim": 768
  },
  "torch_dtype": "float32",
  "transformers_version": "4.21.3",
  "vision_config": {
    "dropout": 0.0, "hidden_size": 1024, "image_size": 336, "intermediate_size": 4096,
    "model_type": "clip_vision_model", "num_attention_heads": 16, "num_hidden_layers": 24,
    "patch_size": 14, "projection_dim": 768
  }
}"#;

/// `laion/CLIP-ViT-B-32-laion2B-s34B-b79K`.
const LAION_B_32: &str = r#"{
  "_commit_hash": null,
  "architectures": ["CLIPModel"],
  "initializer_factor": 1.0,
  "logit_scale_init_value": 2.6592,
  "model_type": "clip",
  "projection_dim": 512,
  "text_config": {
    "attention_dropout": 0.0, "bos_token_id": 0, "dropout": 0.0, "eos_token_id": 2,
    "hidden_act": "gelu", "hidden_size": 512, "initializer_factor": 1.0,
    "initializer_range": 0.02, "intermediate_size": 2048, "layer_norm_eps": 1e-05,
    "max_position_embeddings": 77, "model_type": "clip_text_model", "num_attention_heads": 8,
    "num_hidden_layers": 12, "pad_token_id": 1, "vocab_size": 49408
  },
  "text_config_dict": {
    "hidden_act": "gelu", "hidden_size": 512, "intermediate_size": 2048,
    "max_position_embeddings": 77, "num_attention_heads": 8, "num_hidden_layers": 12,
    "vocab_size": 49408
  },
  "torch_dtype": "float32",
  "transformers_version": null,
  "vision_config": {
    "attention_dropout": 0.0, "dropout": 0.0, "hidden_act": "gelu", "hidden_size": 768,
    "image_size": 224, "initializer_factor": 1.0, "initializer_range": 0.02,
    "intermediate_size": 3072, "layer_norm_eps": 1e-05, "model_type": "clip_vision_model",
    "num_attention_heads": 12, "num_channels": 3, "num_hidden_layers": 12, "patch_size": 32
  },
  "vision_config_dict": {
    "hidden_act": "gelu", "hidden_size": 768, "image_size": 224, "intermediate_size": 3072,
    "num_attention_heads": 12, "num_hidden_layers": 12, "patch_size": 32
  }
}"#;

/// `laion/CLIP-ViT-H-14-laion2B-s32B-b79K`.
const LAION_H_14: &str = r#"{
  "_commit_hash": null,
  "architectures": ["CLIPModel"],
  "initializer_factor": 1.0,
  "logit_scale_init_value": 2.6592,
  "model_type": "clip",
  "projection_dim": 1024,
  "text_config": {
    "attention_dropout": 0.0, "bos_token_id": 0, "dropout": 0.0, "eos_token_id": 2,
    "hidden_act": "gelu", "hidden_size": 1024, "initializer_factor": 1.0,
    "initializer_range": 0.02, "intermediate_size": 4096, "layer_norm_eps": 1e-05,
    "max_position_embeddings": 77, "model_type": "clip_text_model", "num_attention_heads": 16,
    "num_hidden_layers": 24, "pad_token_id": 1, "projection_dim": 512, "vocab_size": 49408
  },
  "text_config_dict": {
    "hidden_act": "gelu", "hidden_size": 1024, "intermediate_size": 4096,
    "num_attention_heads": 16, "num_hidden_layers": 24
  },
  "torch_dtype": "float32",
  "transformers_version": null,
  "vision_config": {
    "attention_dropout": 0.0, "dropout": 0.0, "hidden_act": "gelu", "hidden_size": 1280,
    "image_size": 224, "initializer_factor": 1.0, "initializer_range": 0.02,
    "intermediate_size": 5120, "layer_norm_eps": 1e-05, "model_type": "clip_vision_model",
    "num_attention_heads": 16, "num_channels": 3, "num_hidden_layers": 32, "patch_size": 14,
    "projection_dim": 512
  },
  "vision_config_dict": {
    "hidden_act": "gelu", "hidden_size": 1280, "intermediate_size": 5120,
    "num_attention_heads": 16, "num_hidden_layers": 32, "patch_size": 14
  }
}"#;

fn read(json: &str) -> ClipConfig {
    ClipConfig::from_json(json.as_bytes()).unwrap()
}

/// Hidden size, intermediate size, layers and heads.
type Tower = [usize; 4];

fn check(json: &str, projection_dim: usize, text: Tower, vision: Tower, image: [usize; 2]) {
    let config = read(json);
    assert_eq!(config.projection_dim, projection_dim);
    let found = &config.text;
    assert_eq!(
        [
            found.hidden_size,
            found.intermediate_size,
            found.num_hidden_layers,
            found.num_attention_heads
        ],
        text
    );
    assert_eq!(
        (found.vocab_size, found.max_position_embeddings),
        (49408, 77)
    );
    assert_eq!(found.layer_norm_eps, 1e-5);
    let found = &config.vision;
    assert_eq!(
        [
            found.hidden_size,
            found.intermediate_size,
            found.num_hidden_layers,
            found.num_attention_heads
        ],
        vision
    );
    assert_eq!([found.image_size, found.patch_size], image);
    assert_eq!(found.layer_norm_eps, 1e-5);
}

#[test]
fn models_of_openai() {
    let text = [512, 2048, 12, 8];
    check(OPENAI_B_16, 512, text, [768, 3072, 12, 12], [224, 16]);
    assert_eq!(read(OPENAI_B_16).vision.positions(), 14 * 14 + 1);
    assert_eq!(read(OPENAI_B_16).text.end_token, EndTokenRule::Highest);

    let (text, vision) = ([768, 3072, 12, 12], [1024, 4096, 24, 16]);
    check(OPENAI_L_14, 768, text, vision, [224, 14]);
    // `text_config_dict` replaces the whole section, its wrong `eos_token_id` with it.
    assert_eq!(read(OPENAI_L_14).text.end_token, EndTokenRule::First(49407));

    check(OPENAI_L_14_336, 768, text, vision, [336, 14]);
    assert_eq!(read(OPENAI_L_14_336).vision.positions(), 24 * 24 + 1);
    for json in [OPENAI_B_16, OPENAI_L_14, OPENAI_L_14_336] {
        let config = read(json);
        assert_eq!(config.text.hidden_act, Activation::QuickGelu);
        assert_eq!(config.vision.hidden_act, Activation::QuickGelu);
    }
}

#[test]
fn models_of_laion() {
    let (text, vision) = ([512, 2048, 12, 8], [768, 3072, 12, 12]);
    check(LAION_B_32, 512, text, vision, [224, 32]);
    let (text, vision) = ([1024, 4096, 24, 16], [1280, 5120, 32, 16]);
    check(LAION_H_14, 1024, text, vision, [224, 14]);
    for json in [LAION_B_32, LAION_H_14] {
        let config = read(json);
        assert_eq!(config.text.hidden_act, Activation::Gelu);
        assert_eq!(config.vision.hidden_act, Activation::Gelu);
        assert_eq!(config.text.end_token, EndTokenRule::First(49407));
    }
}
