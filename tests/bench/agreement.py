"""How alike the embeddings of both sides are.

    python agreement.py FEATURES FEATURES.npz

Prints the least cosine between an image's or a text's embeddings by both.
"""

import json
import sys

import numpy as np

from feature_store import read


def least_cosine(ours, theirs):
    ours, theirs = ours.astype(np.float64), theirs.astype(np.float64)
    products = np.einsum("ij,ij->i", ours, theirs)
    norms = np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
    return float((products / norms).min())


def main():
    image, text, _ = read(sys.argv[1])
    theirs = np.load(sys.argv[2])
    print(
        json.dumps(
            {
                "least_cosine_of_images": least_cosine(image, theirs["image"]),
                "least_cosine_of_texts": least_cosine(text, theirs["text"]),
            }
        )
    )


if __name__ == "__main__":
    main()
