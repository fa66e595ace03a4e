"""Inertia of scikit-learn's MiniBatchKMeans on three data sets with heavy-tailed cluster sizes.

The rows are made from integers by a hash, so that the test makes the very same rows and only
the inertias are stored. Run: python generate.py (about ten minutes), writes inertia.json.
"""
import json
import pathlib

import numpy as np
import sklearn
from sklearn.cluster import MiniBatchKMeans

HERE = pathlib.Path(__file__).parent
RANDOM_STATES = range(40)

# sizes: cluster k has a share proportional to 10**9 // (k+1)**power.
DATA_SETS = [
    dict(name="harmonic", rows=20000, dim=16, sources=48, power=1, shift=0, clusters=32, seed=11),
    dict(name="broad", rows=30000, dim=32, sources=200, power=1, shift=0, clusters=64, seed=22),
    dict(name="tight", rows=12000, dim=24, sources=96, power=1, shift=3, clusters=128, seed=33),
]


def mix(seed, counter):
    """SplitMix64 at a position of its sequence."""
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + (counter.astype(np.uint64) + np.uint64(1)) * np.uint64(
            0x9E3779B97F4A7C15
        )
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def rows_of(rows, dim, sources, power, shift, seed, **_):
    """Image and text rows as f16 [rows, 2 * dim]; every value is a whole number of 1/1024."""
    weights = np.array([10**9 // (k + 1) ** power for k in range(sources)], dtype=np.uint64)
    ends = np.cumsum(weights)
    draw = mix(seed, np.arange(rows)) % ends[-1]
    source = np.searchsorted(ends, draw, side="right")
    centers = (mix(seed + 1, np.arange(sources * 2 * dim)) % np.uint64(255)).astype(np.int64) - 127
    centers = centers.reshape(sources, 2 * dim)
    noise = mix(seed + 2, np.arange(rows * 2 * dim))
    total = sum((noise >> np.uint64(8 * byte)) & np.uint64(255) for byte in range(4))
    noise = (total.astype(np.int64) - 510) >> shift
    values = centers[source] * 8 + noise.reshape(rows, 2 * dim)
    assert np.abs(values).max() <= 2048, "f16 holds whole numbers up to 2048"
    return (values / 1024).astype(np.float16)


def main():
    out = {"scikit-learn": sklearn.__version__, "data_sets": []}
    for data_set in DATA_SETS:
        wide = rows_of(**data_set).astype(np.float64)
        joint = wide / np.linalg.norm(wide, axis=1, keepdims=True)
        inertias = []
        for state in RANDOM_STATES:
            model = MiniBatchKMeans(
                n_clusters=data_set["clusters"],
                batch_size=8192,
                n_init=10,
                max_iter=300,
                max_no_improvement=30,
                reassignment_ratio=0.01,
                random_state=state,
            ).fit(joint.astype(np.float32))
            centers = model.cluster_centers_.astype(np.float64)
            squared = (
                1.0 + (centers**2).sum(1)[None, :] - 2.0 * joint @ centers.T
            )
            inertias.append(round(float(squared.min(1).sum()), 4))
        print(data_set["name"], [round(i, 2) for i in inertias])
        out["data_sets"].append(
            {**data_set, "checksum": int(rows_of(**data_set).view(np.uint16).astype(np.uint64).sum()),
             "inertia": inertias}
        )
    (HERE / "inertia.json").write_text(json.dumps(out, indent=1) + "\n")


if __name__ == "__main__":
    main()
