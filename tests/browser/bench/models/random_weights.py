"""Random weights of a CLIP model by the names that Hugging Face gives them.

The scales are those that CLIP is initialised with, so that activations have the sizes that they have in
a real model and nothing overflows or vanishes. All values are f16: both libraries read the same numbers.
"""

import numpy as np


def random_weights(config, seed=2024):
    """Tensors by name, f16. Equal configs and seeds give equal weights."""
    generator = np.random.default_rng(seed)
    weights = {}

    def add(name, shape, scale, around=0.0):
        values = around + scale * generator.standard_normal(shape, dtype=np.float32)
        weights[name] = values.astype(np.float16)

    def linear(name, inputs, outputs, scale):
        add(f"{name}.weight", (outputs, inputs), scale)
        add(f"{name}.bias", (outputs,), 0.02)

    def norm(name, width):
        add(f"{name}.weight", (width,), 0.05, around=1.0)
        add(f"{name}.bias", (width,), 0.05)

    def layers(tower, prefix):
        width, wide, count = tower["hidden_size"], tower["intermediate_size"], tower["num_hidden_layers"]
        inner = width**-0.5 * (2 * count) ** -0.5
        for layer in range(count):
            name = f"{prefix}.encoder.layers.{layer}"
            norm(f"{name}.layer_norm1", width)
            for part in ("q_proj", "k_proj", "v_proj"):
                # Four times as large: with the initial scale every token would look at all others alike.
                linear(f"{name}.self_attn.{part}", width, width, 4 * inner)
            linear(f"{name}.self_attn.out_proj", width, width, width**-0.5)
            norm(f"{name}.layer_norm2", width)
            linear(f"{name}.mlp.fc1", width, wide, (2 * width) ** -0.5)
            linear(f"{name}.mlp.fc2", wide, width, inner)

    vision, text, projection = config["vision_config"], config["text_config"], config["projection_dim"]
    weights["logit_scale"] = np.array(4.6, np.float16)

    width, patch = vision["hidden_size"], vision["patch_size"]
    positions = (vision["image_size"] // patch) ** 2 + 1
    add("vision_model.embeddings.class_embedding", (width,), width**-0.5)
    add("vision_model.embeddings.patch_embedding.weight", (width, 3, patch, patch), 0.02)
    add("vision_model.embeddings.position_embedding.weight", (positions, width), 0.02)
    norm("vision_model.pre_layrnorm", width)
    layers(vision, "vision_model")
    norm("vision_model.post_layernorm", width)
    add("visual_projection.weight", (projection, width), width**-0.5)

    width = text["hidden_size"]
    add("text_model.embeddings.token_embedding.weight", (text["vocab_size"], width), 0.02)
    add("text_model.embeddings.position_embedding.weight", (text["max_position_embeddings"], width), 0.01)
    layers(text, "text_model")
    norm("text_model.final_layer_norm", width)
    add("text_projection.weight", (projection, width), width**-0.5)
    return weights
