"""CLIP's two towers as ONNX graphs, put together operator by operator as exporters write them.

The weights are f32 copies of the f16 ones of the Hugging Face folder: both hold the same numbers.
"""

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper

OPSET = 17
# The newest version of the format that the runtimes of this operator set all read.
IR_VERSION = 8


class Graph:
    """A graph that grows at its end: each method adds an operator and gives the name of what it makes."""

    def __init__(self, weights):
        self.weights = weights
        self.nodes = []
        self.constants = {}

    def node(self, kind, *inputs, **attributes):
        output = f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], name=output, **attributes))
        return output

    def constant(self, name, values):
        self.constants[name] = np.asarray(values, order="C")
        return name

    def whole_numbers(self, *values):
        name = "whole_" + "_".join(map(str, values)).replace("-", "minus")
        return self.constant(name, np.array(values, np.int64))

    def weight(self, name):
        return self.constant(name, self.weights[name].astype(np.float32))

    def linear(self, values, name, bias=True):
        # PyTorch keeps [outputs, inputs].
        matrix = self.constant(f"{name}.weight", self.weights[f"{name}.weight"].astype(np.float32).T)
        product = self.node("MatMul", values, matrix)
        return self.node("Add", product, self.weight(f"{name}.bias")) if bias else product

    def norm(self, values, name, config):
        weight, bias = self.weight(f"{name}.weight"), self.weight(f"{name}.bias")
        return self.node("LayerNormalization", values, weight, bias, axis=-1, epsilon=config["layer_norm_eps"])

    def quick_gelu(self, values):
        slope = self.constant("quick_gelu_slope", np.array(1.702, np.float32))
        gate = self.node("Sigmoid", self.node("Mul", values, slope))
        return self.node("Mul", values, gate)

    def attention(self, values, name, config, mask):
        width, heads = config["hidden_size"], config["num_attention_heads"]
        split = self.whole_numbers(0, 0, heads, width // heads)

        def part(which, order):
            made = self.linear(values, f"{name}.{which}")
            return self.node("Transpose", self.node("Reshape", made, split), perm=order)

        query, key = part("q_proj", [0, 2, 1, 3]), part("k_proj", [0, 2, 3, 1])
        scale = self.constant(f"attention_scale_{width}", np.array((width // heads) ** -0.5, np.float32))
        scores = self.node("Mul", self.node("MatMul", query, key), scale)
        if mask:
            scores = self.node("Add", scores, mask)
        shares = self.node("Softmax", scores, axis=-1)
        mixed = self.node("MatMul", shares, part("v_proj", [0, 2, 1, 3]))
        mixed = self.node("Transpose", mixed, perm=[0, 2, 1, 3])
        return self.linear(self.node("Reshape", mixed, self.whole_numbers(0, 0, width)), f"{name}.out_proj")

    def layers(self, hidden, tower, config, mask=None):
        for layer in range(config["num_hidden_layers"]):
            name = f"{tower}.encoder.layers.{layer}"
            normed = self.norm(hidden, f"{name}.layer_norm1", config)
            hidden = self.node("Add", hidden, self.attention(normed, f"{name}.self_attn", config, mask))
            wide = self.linear(self.norm(hidden, f"{name}.layer_norm2", config), f"{name}.mlp.fc1")
            wide = self.linear(self.quick_gelu(wide), f"{name}.mlp.fc2")
            hidden = self.node("Add", hidden, wide)
        return hidden

    def model(self, name, given, made, embeddings):
        """The whole: `given` and `made` are `(name, type, shape)`."""
        self.nodes.append(helper.make_node("Identity", [embeddings], [made[0]], name=made[0]))
        tensors = [numpy_helper.from_array(values, name) for name, values in self.constants.items()]
        described = [helper.make_tensor_value_info(*one) for one in (given, made)]
        graph = helper.make_graph(self.nodes, name, described[:1], described[1:], tensors)
        opsets = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="ofa-bench")
        checker.check_model(model)
        return model


def vision_tower(config, weights):
    """`pixel_values` [images, 3, side, side] to `image_embeds` [images, projection]."""
    vision = config["vision_config"]
    width, side, patch = vision["hidden_size"], vision["image_size"], vision["patch_size"]
    graph = Graph(weights)
    kernel = graph.weight("vision_model.embeddings.patch_embedding.weight")
    patches = graph.node("Conv", "pixel_values", kernel, kernel_shape=[patch, patch], strides=[patch, patch])
    patches = graph.node("Reshape", patches, graph.whole_numbers(0, width, -1))
    patches = graph.node("Transpose", patches, perm=[0, 2, 1])
    images = graph.node("Shape", "pixel_values", start=0, end=1)
    shape = graph.node("Concat", images, graph.whole_numbers(1, width), axis=0)
    first = graph.node("Expand", graph.weight("vision_model.embeddings.class_embedding"), shape)
    hidden = graph.node("Concat", first, patches, axis=1)
    hidden = graph.node("Add", hidden, graph.weight("vision_model.embeddings.position_embedding.weight"))
    hidden = graph.norm(hidden, "vision_model.pre_layrnorm", vision)
    hidden = graph.layers(hidden, "vision_model", vision)
    pooled = graph.node("Gather", hidden, graph.constant("first_token", np.array(0, np.int64)), axis=1)
    pooled = graph.norm(pooled, "vision_model.post_layernorm", vision)
    embeddings = graph.linear(pooled, "visual_projection", bias=False)
    return graph.model(
        "clip_vision",
        ("pixel_values", TensorProto.FLOAT, ["images", 3, side, side]),
        ("image_embeds", TensorProto.FLOAT, ["images", config["projection_dim"]]),
        embeddings,
    )


def text_tower(config, weights):
    """`input_ids` [texts, tokens] to `text_embeds` [texts, projection]; pooled at the first end token."""
    text = config["text_config"]
    most = text["max_position_embeddings"]
    graph = Graph(weights)
    length = graph.node("Shape", "input_ids", start=1, end=2)
    zero = graph.whole_numbers(0)
    tokens = graph.node("Gather", graph.weight("text_model.embeddings.token_embedding.weight"), "input_ids")
    places = graph.weight("text_model.embeddings.position_embedding.weight")
    hidden = graph.node("Add", tokens, graph.node("Slice", places, zero, length, zero))
    # Large and finite, as exporters write it: a row of infinities alone would have no softmax.
    later = np.triu(np.full((most, most), np.finfo(np.float32).min, np.float32), 1)
    both = graph.node("Concat", length, length, axis=0)
    corner = graph.whole_numbers(0, 0)
    mask = graph.node("Slice", graph.constant("causal_mask", later), corner, both, graph.whole_numbers(0, 1))
    hidden = graph.layers(hidden, "text_model", text, mask)
    hidden = graph.norm(hidden, "text_model.final_layer_norm", text)
    is_end = graph.node("Equal", "input_ids", graph.whole_numbers(text["eos_token_id"]))
    is_end = graph.node("Cast", is_end, to=TensorProto.INT32)
    end = graph.node("ArgMax", is_end, axis=1, keepdims=1)
    pooled = graph.node("GatherND", hidden, end, batch_dims=1)
    embeddings = graph.linear(pooled, "text_projection", bias=False)
    return graph.model(
        "clip_text",
        ("input_ids", TensorProto.INT64, ["texts", "tokens"]),
        ("text_embeds", TensorProto.FLOAT, ["texts", config["projection_dim"]]),
        embeddings,
    )
