"""CLIP's two towers in numpy, as plainly as they can be written: what the graphs are checked against."""

import numpy as np


class Clip:
    """A model in f64, of weights by their Hugging Face names."""

    def __init__(self, config, weights):
        self.config = config
        self.weights = {name: tensor.astype(np.float64) for name, tensor in weights.items()}

    def image_embeds(self, pixel_values):
        """[images, 3, side, side] to [images, projection]."""
        config, weights = self.config["vision_config"], self.weights
        size, width = config["patch_size"], config["hidden_size"]
        images, channels, side, _ = pixel_values.shape
        across = side // size
        patches = pixel_values.astype(np.float64).reshape(images, channels, across, size, across, size)
        patches = patches.transpose(0, 2, 4, 1, 3, 5).reshape(images, across * across, -1)
        kernel = weights["vision_model.embeddings.patch_embedding.weight"].reshape(width, -1)
        first = weights["vision_model.embeddings.class_embedding"]
        first = np.broadcast_to(first, (images, 1, width))
        hidden = np.concatenate([first, patches @ kernel.T], axis=1)
        hidden = hidden + weights["vision_model.embeddings.position_embedding.weight"]
        hidden = self._norm("vision_model.pre_layrnorm", hidden, config)
        hidden = self._layers("vision_model", hidden, config, mask=0.0)
        pooled = self._norm("vision_model.post_layernorm", hidden[:, 0], config)
        return pooled @ weights["visual_projection.weight"].T

    def text_embeds(self, input_ids):
        """[texts, tokens] to [texts, projection]; pooled at the first end token of each."""
        config, weights = self.config["text_config"], self.weights
        length = input_ids.shape[1]
        hidden = weights["text_model.embeddings.token_embedding.weight"][input_ids]
        hidden = hidden + weights["text_model.embeddings.position_embedding.weight"][:length]
        mask = np.triu(np.full((length, length), -np.inf), 1)
        hidden = self._layers("text_model", hidden, config, mask)
        hidden = self._norm("text_model.final_layer_norm", hidden, config)
        end = (input_ids == config["eos_token_id"]).argmax(axis=1)
        return hidden[np.arange(len(end)), end] @ weights["text_projection.weight"].T

    def _layers(self, tower, hidden, config, mask):
        for layer in range(config["num_hidden_layers"]):
            name = f"{tower}.encoder.layers.{layer}"
            normed = self._norm(f"{name}.layer_norm1", hidden, config)
            hidden = hidden + self._attention(f"{name}.self_attn", normed, config, mask)
            normed = self._norm(f"{name}.layer_norm2", hidden, config)
            wide = self._linear(f"{name}.mlp.fc1", normed)
            hidden = hidden + self._linear(f"{name}.mlp.fc2", wide / (1 + np.exp(-1.702 * wide)))
        return hidden

    def _attention(self, name, hidden, config, mask):
        items, length, width = hidden.shape
        heads = config["num_attention_heads"]

        def split(part):
            values = self._linear(f"{name}.{part}", hidden)
            return values.reshape(items, length, heads, width // heads).transpose(0, 2, 1, 3)

        query, key, value = split("q_proj"), split("k_proj"), split("v_proj")
        scores = query @ key.transpose(0, 1, 3, 2) * (width // heads) ** -0.5 + mask
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores = scores / scores.sum(axis=-1, keepdims=True)
        mixed = (scores @ value).transpose(0, 2, 1, 3).reshape(items, length, width)
        return self._linear(f"{name}.out_proj", mixed)

    def _linear(self, name, values):
        return values @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def _norm(self, name, values, config):
        centred = values - values.mean(axis=-1, keepdims=True)
        scale = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + config["layer_norm_eps"])
        return centred / scale * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]
