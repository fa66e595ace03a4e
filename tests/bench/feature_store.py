"""Reads a feature store: a folder of `features-*.safetensors`."""

from pathlib import Path

import numpy as np
from safetensors import safe_open


def read(folder):
    """`image` and `text` as f16 `[n, d]`, and the records' positions `[n]`."""
    parts = {"image": [], "text": [], "index": []}
    for path in sorted(Path(folder).glob("features-*.safetensors")):
        with safe_open(path, framework="numpy") as shard:
            for name, tensors in parts.items():
                tensors.append(shard.get_tensor(name))
    return tuple(np.concatenate(tensors) for tensors in parts.values())


def joint(image, text):
    """L2-normalised `[image, text]`, f32 `[n, 2d]`."""
    rows = np.concatenate([image, text], axis=1, dtype=np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows
