"""k-means and the core set, in scikit-learn and NumPy.

    python kmeans.py FEATURES OUTPUT.npz
"""

import argparse

import numpy as np

from clustering import cluster, core_set
from feature_store import joint, read
from outcome import Stopwatch


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("features")
    arguments.add_argument("output")
    arguments.add_argument("--seed", type=int, default=42)
    arguments = arguments.parse_args()
    time = Stopwatch()
    image, text, _ = read(arguments.features)
    rows = joint(image, text)
    time.step("reading")
    centers, labels, inertia = cluster(rows, arguments.seed)
    time.step("k-means")
    nearest = np.square(rows - centers[labels]).sum(axis=1)
    training, validation = core_set(labels, nearest, 0.03, arguments.seed)
    time.step("core set")
    np.savez(arguments.output, cluster_centers=centers, training=training, validation=validation)
    time.finish(inertia=inertia, core_rows=len(training) + len(validation))


if __name__ == "__main__":
    main()
