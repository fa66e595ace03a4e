"""Principal components of scikit-learn's PCA on three data sets of joint features.

The rows are made from integers by a hash, so that the test makes the very same rows and only some
coordinates are stored. The last set has more rows than the sample that axes are looked for on.
Run: python generate.py, writes components.json.
"""
import json
import pathlib

import numpy as np
import sklearn
from sklearn.decomposition import PCA

HERE = pathlib.Path(__file__).parent

# Every row is a sum of `directions` vectors, the k-th of them with a weight of at most 1/(k+1).
DATA_SETS = [
    dict(name="narrow", rows=400, dim=8, directions=6, every=1, seed=11),
    dict(name="wide", rows=1500, dim=96, directions=60, every=5, seed=22),
    dict(name="beyond the sample", rows=20000, dim=64, directions=60, every=50, seed=33),
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


def small(seed, count):
    """Whole numbers from -127 to 127."""
    return (mix(seed, np.arange(count)) % np.uint64(255)).astype(np.int64) - 127


def rows_of(rows, dim, directions, seed, **_):
    """Image and text rows as f16 [rows, 2 * dim]; every value is a whole number of 1/1024."""
    basis = small(seed, directions * 2 * dim).reshape(directions, 2 * dim)
    weights = small(seed + 1, rows * directions).reshape(rows, directions)
    scaled = weights // np.arange(1, directions + 1)
    values = 300 + (scaled @ basis) // 64 + small(seed + 2, rows * 2 * dim).reshape(rows, 2 * dim) // 4
    values = np.clip(values, -2048, 2048)
    return (values / 1024).astype(np.float16)


def main():
    out = {"scikit-learn": sklearn.__version__, "data_sets": []}
    for data_set in DATA_SETS:
        rows = rows_of(**data_set)
        wide = rows.astype(np.float64)
        joint = wide / np.linalg.norm(wide, axis=1, keepdims=True)
        model = PCA(n_components=2, svd_solver="full").fit(joint)
        # The sign of an axis is that of its largest loading, as here.
        for axis in model.components_:
            assert axis[np.abs(axis).argmax()] > 0
        coordinates = model.transform(joint)[:: data_set["every"]]
        print(data_set["name"], PCA(n_components=6).fit(joint).explained_variance_ratio_)
        out["data_sets"].append(
            {
                **data_set,
                "checksum": int(rows.view(np.uint16).astype(np.uint64).sum()),
                "explained": [float(share) for share in model.explained_variance_ratio_],
                "coordinates": [[float(f"{value:.8g}") for value in row] for row in coordinates],
            }
        )
    lines = json.dumps(out).replace('"data_sets": [', '"data_sets": [\n').replace('}, {"name"', '},\n{"name"')
    (HERE / "components.json").write_text(lines + "\n")


if __name__ == "__main__":
    main()
