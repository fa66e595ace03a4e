"""Scores of selectors in all fusion modes, computed with PyTorch in float64.

Large selectors (the published sizes) are made from integers by a hash, so that the test makes
the very same weights and only the scores are stored. Small ones are stored as selector files
that the `safetensors` package wrote, in F32, F16 and BF16. Run: python generate.py
"""
import json
import pathlib

import torch
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).parent
F64 = torch.float64
MASK = (1 << 64) - 1


def mix(seed, counter):
    """SplitMix64 at a position of its sequence."""
    z = (seed + (counter + 1) * 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def hashed(seed, shape, exponent):
    """f32 in (-2^exponent, 2^exponent): 24-bit whole numbers times a power of two."""
    count = 1
    for size in shape:
        count *= size
    values = [(mix(seed, i) >> 40) - (1 << 23) for i in range(count)]
    return (torch.tensor(values, dtype=F64) * 2.0 ** (exponent - 23)).reshape(shape)


def shapes(mode, d, h, g, k):
    """Name, shape and exponent of every parameter that the mode uses."""
    output = [
        ("output.0.weight", [h], 0), ("output.0.bias", [h], -3),
        ("output.3.weight", [k, h], -4), ("output.3.bias", [k], -4),
    ]
    if mode == "concat":
        return [("concat.weight", [h, 2 * d], -5), ("concat.bias", [h], -5)] + output
    parts = [
        ("image_branch.0.weight", [h, d], -4), ("image_branch.0.bias", [h], -4),
        ("text_branch.0.weight", [h, d], -4), ("text_branch.0.bias", [h], -4),
    ]
    if mode != "no_interaction":
        parts += [("interaction_branch.weight", [h, d], 0), ("interaction_scale", [], 0)]
    if mode != "static_gate":
        parts += [
            ("gate.0.weight", [g, 3 * d], -2), ("gate.0.bias", [g], -5),
            ("gate.2.weight", [1, g], 0), ("gate.2.bias", [1], -2),
        ]
    return parts + output


def parameters(mode, d, h, g, k, seed, output_gain, exponent_of_all=None):
    weights = {}
    for number, (name, shape, exponent) in enumerate(shapes(mode, d, h, g, k)):
        if exponent_of_all is not None:
            exponent = exponent_of_all
        exponent += output_gain if name == "output.3.weight" else 0
        weights[name] = hashed(seed + number, shape, exponent)
    return weights


def features(rows, d, seed):
    """f16 image and text; the first rows are special cases."""
    def part(seed):
        values = [(mix(seed, i) >> 53) - 1024 for i in range(rows * d)]
        return torch.tensor(values, dtype=F64).reshape(rows, d)

    # Norms near 0.8 for d = 512 and near 0.5 for d = 12.
    scale = 2.0**-14 if d > 100 else 2.0**-12
    image, text = part(seed) * scale, part(seed + 1) * scale
    image[0] = 0.0
    image[1], text[1] = 0.0, 0.0
    text[2] = image[2]
    text[3] = -image[3]
    image[4] *= 8.0
    assert torch.equal(image.half().to(F64), image) and torch.equal(text.half().to(F64), text)
    return image, text


def classify(mode, w, image, text):
    interaction = image * text
    linear = torch.nn.functional.linear
    gate = torch.full([len(image), 1], 0.5, dtype=F64)
    if mode == "concat":
        fused = linear(torch.cat([image, text], 1), w["concat.weight"], w["concat.bias"])
    else:
        if mode != "static_gate":
            hidden = linear(
                torch.cat([image, text, interaction], 1), w["gate.0.weight"], w["gate.0.bias"]
            ).relu()
            gate = linear(hidden, w["gate.2.weight"], w["gate.2.bias"]).sigmoid()
        left = linear(image, w["image_branch.0.weight"], w["image_branch.0.bias"]).relu()
        right = linear(text, w["text_branch.0.weight"], w["text_branch.0.bias"]).relu()
        fused = gate * left + (1 - gate) * right
        if mode != "no_interaction":
            fused = fused + w["interaction_scale"] * linear(
                interaction, w["interaction_branch.weight"]
            )
    width = fused.shape[1:]
    normal = torch.nn.functional.layer_norm(
        fused, width, w["output.0.weight"], w["output.0.bias"], eps=1e-5
    )
    logits = linear(normal.relu(), w["output.3.weight"], w["output.3.bias"])
    p = logits.softmax(1)
    return p.max(1).values, -(p * p.clamp_min(1e-12).log()).sum(1), gate[:, 0]


def score(mode, w, early, centers, image, text):
    confidence, entropy, gate = classify(mode, w, image, text)
    joint = torch.nn.functional.normalize(torch.cat([image, text], 1), dim=1)
    distance = torch.cdist(joint, centers, compute_mode="donot_use_mm_for_euclid_dist")
    nearest, cluster = distance.topk(2, dim=1, largest=False)
    assert (nearest[:, 1] - nearest[:, 0]).min() > 1e-5, "no near ties in the golden"
    cluster = cluster[:, 0]
    means = torch.stack([
        text[cluster == k].mean(0) if (cluster == k).any() else torch.zeros(text.shape[1], dtype=F64)
        for k in range(len(centers))
    ])
    margin = (image * text).sum(1) - (image * means[cluster]).sum(1)
    scores = {
        "cluster": cluster, "confidence": confidence, "entropy": entropy, "gate": gate,
        "alignment_margin": margin,
    }
    if early is not None:
        scores["early_confidence"] = classify(mode, early, image, text)[0]
    return scores


def main():
    expected = {"torch": torch.__version__, "cases": []}
    tensors = {}

    def add(name, case, scores):
        print(name, "confidence", scores["confidence"].min().item(), scores["confidence"].max().item())
        expected["cases"].append({"name": name, **case})
        for column, values in scores.items():
            tensors[f"{name}.{column}"] = values.contiguous()

    large = dict(d=512, h=256, g=128, k=128)
    for number, (mode, output_gain) in enumerate([
        ("full", 0), ("static_gate", 0), ("no_interaction", 0), ("concat", 0), ("full", 5),
    ]):
        seed = 1000 * (number + 1)
        weights = parameters(mode, **large, seed=seed, output_gain=output_gain)
        centers = hashed(seed + 100, [large["k"], 2 * large["d"]], -4)
        image, text = features(160, large["d"], 77)
        name = f"large_{mode}" + ("_extreme" if output_gain else "")
        case = dict(
            mode=mode, **large, seed=seed, output_gain=output_gain, rows=160, feature_seed=77
        )
        add(name, case, score(mode, weights, None, centers, image, text))

    # Weights far from any that training gives: with products in f32 confidences are off by 1e-5.
    for number, (mode, exponent) in enumerate([
        ("full", 1), ("static_gate", 1), ("no_interaction", 1), ("concat", 1), ("full", -1),
        ("full", 4),
    ]):
        seed = 1_200_000 * (number + 1)
        weights = parameters(
            mode, **large, seed=seed, output_gain=0, exponent_of_all=exponent
        )
        centers = hashed(seed + 100, [large["k"], 2 * large["d"]], -4)
        image, text = features(160, large["d"], 79)
        case = dict(
            mode=mode, **large, seed=seed, output_gain=0, exponent_of_all=exponent, rows=160,
            feature_seed=79,
        )
        add(f"large_{mode}_weights_2^{exponent}", case,
            score(mode, weights, None, centers, image, text))

    small = dict(d=12, h=10, g=6, k=5)
    dtypes = {
        "full": torch.float32, "static_gate": torch.float16, "no_interaction": torch.bfloat16,
        "concat": torch.float32,
    }
    for number, (mode, dtype) in enumerate(dtypes.items()):
        seed = 100_000 * (number + 1)
        stored = {
            name: value.to(dtype)
            for name, value in parameters(mode, **small, seed=seed, output_gain=4).items()
        }
        early = None
        if mode == "full":
            early = {
                name: value.to(dtype)
                for name, value in parameters(mode, **small, seed=seed + 50, output_gain=2).items()
            }
            # The authors' files have the scale as a vector of one.
            early["interaction_scale"] = early["interaction_scale"].reshape(1)
        centers = hashed(seed + 100, [small["k"], 2 * small["d"]], -1).to(dtype)
        image, text = features(40, small["d"], 78)
        wide = lambda weights: weights and {name: v.to(F64) for name, v in weights.items()}
        scores = score(mode, wide(stored), wide(early), centers.to(F64), image, text)
        file = dict(stored, cluster_centers=centers)
        file |= {f"early.{name}": value for name, value in (early or {}).items()}
        config = dict(
            feature_dim=small["d"], hidden_dim=small["h"], gate_hidden_dim=small["g"],
            num_clusters=small["k"], fusion_mode=mode,
        )
        if mode == "full":
            del config["fusion_mode"]
        metadata = dict(
            format="ofa-selector", version="1", config=json.dumps(config),
            training=json.dumps(dict(selected_epoch=3, seed=42)),
        )
        save_file(file, HERE / f"small_{mode}.safetensors", metadata)
        add(f"small_{mode}", dict(mode=mode, **small, rows=40, feature_seed=78), scores)

    save_file(tensors, HERE / "scores.safetensors", {"cases": json.dumps(expected)})


if __name__ == "__main__":
    main()
