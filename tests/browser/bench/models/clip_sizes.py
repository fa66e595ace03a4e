"""The two sizes that models are made in, as `config.json` of Hugging Face has them."""

MEAN = [0.48145466, 0.4578275, 0.40821073]
STD = [0.26862954, 0.26130258, 0.27577711]


def _config(projection, text, vision):
    both = {"hidden_act": "quick_gelu", "layer_norm_eps": 1e-5, "projection_dim": projection}
    vocabulary = text["vocab_size"]
    special = {
        "bos_token_id": vocabulary - 2,
        "eos_token_id": vocabulary - 1,
        "pad_token_id": vocabulary - 1,
        "max_position_embeddings": 77,
    }
    return {
        "architectures": ["CLIPModel"],
        "model_type": "clip",
        "projection_dim": projection,
        "logit_scale_init_value": 2.6592,
        "torch_dtype": "float16",
        "text_config": {"model_type": "clip_text_model", **both, **special, **text},
        "vision_config": {"model_type": "clip_vision_model", "num_channels": 3, **both, **vision},
    }


def _tower(width, layers, heads):
    return {
        "hidden_size": width,
        "intermediate_size": 4 * width,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
    }


CONFIGS = {
    # openai/clip-vit-base-patch32.
    "vit_b_32": _config(
        512,
        text={"vocab_size": 49408, **_tower(512, 12, 8)},
        vision={"image_size": 224, "patch_size": 32, **_tower(768, 12, 12)},
    ),
    # Of the same parts, to check them in seconds.
    "small": _config(
        64,
        text={"vocab_size": 2000, **_tower(64, 2, 2)},
        vision={"image_size": 64, "patch_size": 16, **_tower(96, 2, 3)},
    ),
}


def preprocessor_config(side, **changes):
    """`preprocessor_config.json` of CLIP for images of this side."""
    return {
        "image_processor_type": "CLIPImageProcessor",
        "do_convert_rgb": True,
        "do_resize": True,
        "size": {"shortest_edge": side},
        "resample": 3,
        "do_center_crop": True,
        "crop_size": {"height": side, "width": side},
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": True,
        "image_mean": MEAN,
        "image_std": STD,
        **changes,
    }
