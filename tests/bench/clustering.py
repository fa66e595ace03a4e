"""Mini-batch k-means of scikit-learn, and the core set."""

import math

import numpy as np
from sklearn.cluster import MiniBatchKMeans

from feature_store import joint

CLUSTERS = 128
BATCH = 8192
VALIDATION = 0.2


def cluster(rows, seed):
    """Centres `[K, 2d]`, the label of each row, and the inertia."""
    kmeans = MiniBatchKMeans(
        n_clusters=CLUSTERS,
        init="k-means++",
        n_init=10,
        init_size=3 * BATCH,
        batch_size=BATCH,
        max_iter=300,
        max_no_improvement=30,
        reassignment_ratio=0.01,
        random_state=seed,
    )
    kmeans.fit(rows)
    return kmeans.cluster_centers_, kmeans.labels_, float(kmeans.inertia_)


def squared_distances(rows, centers):
    """From each row to each centre, f32."""
    products = rows @ centers.T
    products *= -2
    products += np.einsum("ij,ij->i", rows, rows)[:, None]
    products += np.einsum("ij,ij->i", centers, centers)
    return products


def assign(image, text, centers, block=65_536):
    """Each row's nearest centre and its squared distance from it."""
    labels = np.empty(len(image), np.int64)
    nearest = np.empty(len(image), np.float32)
    for start in range(0, len(image), block):
        here = slice(start, start + block)
        distances = squared_distances(joint(image[here], text[here]), centers)
        labels[here] = distances.argmin(axis=1)
        nearest[here] = np.maximum(distances.min(axis=1), 0)
    return labels, nearest


def core_set(labels, nearest, ratio, seed):
    """The rows to train on and those to validate with."""
    generator = np.random.default_rng(seed)
    order = np.lexsort((nearest, labels))
    bounds = np.searchsorted(labels[order], np.arange(CLUSTERS + 1))
    training, validation = [], []
    for start, end in zip(bounds, bounds[1:]):
        size = end - start
        if not size:
            continue
        core = order[start : start + min(size, max(2, math.ceil(ratio * size)))]
        core = generator.permutation(core)
        held_out = max(1, round(VALIDATION * len(core)))
        validation.append(core[:held_out])
        training.append(core[held_out:])
    return np.concatenate(training), np.concatenate(validation)
