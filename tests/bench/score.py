"""Scores every row of a feature store in PyTorch.

    python score.py FEATURES SELECTOR OUTPUT.npz
"""

import argparse

import numpy as np
import torch
from safetensors.torch import load_file

from feature_store import read
from outcome import Stopwatch
from selector import CLUSTERS, Selector

BATCH = 8192


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("features")
    arguments.add_argument("selector")
    arguments.add_argument("output")
    arguments = arguments.parse_args()
    time = Stopwatch()
    image, text, index = read(arguments.features)
    time.step("reading")
    tensors = load_file(arguments.selector)
    centers = tensors.pop("cluster_centers")
    early_tensors = {name.removeprefix("early."): tensor for name, tensor in tensors.items() if "early." in name}
    model, early = Selector().eval(), Selector().eval()
    model.load_state_dict({name: tensor for name, tensor in tensors.items() if "early." not in name})
    early.load_state_dict(early_tensors)
    norms = centers.square().sum(dim=1)

    names = ["confidence", "entropy", "gate", "early_confidence", "alignment"]
    columns = {name: np.empty(len(index), np.float32) for name in names}
    clusters = np.empty(len(index), np.int64)
    text_sums = torch.zeros(CLUSTERS, text.shape[1])
    with torch.inference_mode():
        for start in range(0, len(index), BATCH):
            here = slice(start, start + BATCH)
            images, texts = torch.from_numpy(image[here]).float(), torch.from_numpy(text[here]).float()
            logits, gate = model(images, texts)
            shares = logits.softmax(dim=1)
            columns["confidence"][here] = shares.amax(dim=1)
            columns["entropy"][here] = -(shares * shares.clamp(min=1e-12).log()).sum(dim=1)
            columns["gate"][here] = gate[:, 0]
            columns["early_confidence"][here] = early(images, texts)[0].softmax(dim=1).amax(dim=1)
            joint = torch.nn.functional.normalize(torch.cat([images, texts], dim=1), dim=1)
            nearest = (norms - 2 * joint @ centers.T).argmin(dim=1)
            clusters[here] = nearest
            text_sums.index_add_(0, nearest, texts)
            columns["alignment"][here] = (images * texts).sum(dim=1)
        time.step("selector and clusters")
        # The margin needs the mean text of whole clusters.
        sizes = torch.from_numpy(np.bincount(clusters, minlength=CLUSTERS)).clamp(min=1)
        means = text_sums / sizes[:, None]
        margin = columns.pop("alignment")
        for start in range(0, len(index), BATCH):
            here = slice(start, start + BATCH)
            images = torch.from_numpy(image[here]).float()
            margin[here] -= (images * means[torch.from_numpy(clusters[here])]).sum(dim=1).numpy()
        time.step("alignment")
    np.savez(arguments.output, index=index, cluster=clusters, alignment_margin=margin, **columns)
    time.step("writing")
    time.finish(mean_confidence=float(columns["confidence"].mean(dtype=np.float64)))


if __name__ == "__main__":
    main()
