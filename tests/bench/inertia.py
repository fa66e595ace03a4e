"""The inertia of the centres of selectors and of `kmeans.py`, by one and the same computation.

    python inertia.py FEATURES CENTERS...
"""

import argparse
import json

import numpy as np
from safetensors import safe_open

from clustering import assign
from feature_store import read


def centers_of(path):
    """Centres `[K, 2d]` of a selector or of what `kmeans.py` wrote."""
    if path.endswith(".npz"):
        return np.load(path)["cluster_centers"]
    with safe_open(path, framework="numpy") as selector:
        return selector.get_tensor("cluster_centers")


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("features")
    arguments.add_argument("centers", nargs="+")
    arguments = arguments.parse_args()
    image, text, _ = read(arguments.features)
    sums = []
    for path in arguments.centers:
        _, nearest = assign(image, text, centers_of(path))
        sums.append(float(nearest.sum(dtype=np.float64)))
    print(json.dumps({"inertia": sums}))


if __name__ == "__main__":
    main()
