"""Makes a feature store of any number of rows, as `ofa encode` would write it.

    python make_features.py FOLDER ROWS

Unit rows around 128 directions whose sizes fall like 1/k. The same arguments give the same bytes.
"""

import argparse
import shutil
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from whole_folder import whole_folder

DIM = 512
CLUSTERS = 128
# The share of noise with which clusters of k-means overlap, as those of real features do.
NOISE = 1.5
# As `ofa encode` has it.
SHARD = 2048


def unit_rows(directions, clusters, noise, starts):
    """A direction and a window of noise for each row, normalised, f16."""
    rows = directions[clusters]
    rows += NOISE * noise[starts]
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows.astype(np.float16)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("rows", type=int)
    arguments = arguments.parse_args()
    with whole_folder(arguments.folder) as growing:
        generator = np.random.default_rng(1)
        directions = generator.uniform(-1, 1, (2, CLUSTERS, DIM)).astype(np.float32)
        noise = generator.uniform(-1, 1, 1 << 22).astype(np.float32)
        windows = np.lib.stride_tricks.sliding_window_view(noise, DIM)
        metadata = {"format": "ofa-features", "version": "1"}
        for shard, start in enumerate(range(0, arguments.rows, SHARD)):
            count = min(SHARD, arguments.rows - start)
            clusters = (CLUSTERS ** generator.random(count)).astype(np.int64) - 1
            tensors = {"index": np.arange(start, start + count)}
            for part, name in enumerate(["image", "text"]):
                starts = generator.integers(0, len(windows), count)
                tensors[name] = unit_rows(directions[part], clusters, windows, starts)
            save_file(tensors, growing / f"features-{shard:05}.safetensors", metadata)
        shutil.rmtree(arguments.folder, ignore_errors=True)


if __name__ == "__main__":
    main()
