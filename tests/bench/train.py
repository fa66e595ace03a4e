"""Trains a selector in PyTorch: clusters, the core set, and as many epochs as are asked for.

    python train.py FEATURES OUTPUT.safetensors [--centers SELECTOR] [--core-ratio 0.03] [--epochs 100]
"""

import argparse

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch.nn import functional

from clustering import CLUSTERS, assign, cluster, core_set
from feature_store import joint, read
from outcome import Stopwatch
from selector import Selector

BATCH = 1024
TARGET = 0.6


def clusters_of(arguments, image, text):
    """Centres, labels and squared distances."""
    if arguments.centers:
        with safe_open(arguments.centers, framework="numpy") as selector:
            centers = selector.get_tensor("cluster_centers")
        return centers, *assign(image, text, centers)
    rows = joint(image, text)
    centers, labels, _ = cluster(rows, arguments.seed)
    return centers, labels, np.square(rows - centers[labels]).sum(axis=1)


@torch.no_grad()
def validate(model, image, text, labels):
    """What is looked at after each epoch."""
    model.eval()
    logits, gate = model(image, text)
    confidence, predicted = logits.softmax(dim=1).max(dim=1)
    hits = torch.zeros(CLUSTERS).index_add_(0, labels, (predicted == labels).float())
    sizes = torch.bincount(labels, minlength=CLUSTERS)
    levels = torch.tensor([0, 0.1, 0.5, 0.9, 1])
    return {
        "loss": functional.cross_entropy(logits, labels).item(),
        "accuracy": (predicted == labels).float().mean().item(),
        "macro_accuracy": (hits / sizes.clamp(min=1)).sum().item() / CLUSTERS,
        "coverage": predicted.unique().numel(),
        "confidence": confidence.quantile(levels).tolist(),
        "gate": gate.quantile(levels).tolist(),
    }


def copied(model):
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def fit(epochs, train, validation):
    """The weights after the first epoch, those whose macro accuracy is nearest the target, and its figures."""
    image, text, labels = train
    model = Selector()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5, weight_decay=1e-4)
    weights = 1 / torch.bincount(labels, minlength=CLUSTERS)[labels].double()
    early, best, found = None, None, None
    for epoch in range(1, epochs + 1):
        model.train()
        drawn = torch.multinomial(weights, len(labels), replacement=True)
        for rows in drawn.split(BATCH):
            logits, _ = model(image[rows], text[rows])
            loss = functional.cross_entropy(logits, labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        metrics = validate(model, *validation)
        if early is None:
            early = copied(model)
        if found is None or abs(metrics["macro_accuracy"] - TARGET) < abs(found["macro_accuracy"] - TARGET):
            best, found = copied(model), {"epoch": epoch, **metrics}
    return early, best, found


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("features")
    arguments.add_argument("output")
    arguments.add_argument("--centers")
    arguments.add_argument("--core-ratio", type=float, default=0.03)
    arguments.add_argument("--epochs", type=int, default=100)
    arguments.add_argument("--seed", type=int, default=42)
    arguments = arguments.parse_args()
    time = Stopwatch()
    torch.manual_seed(arguments.seed)
    image, text, _ = read(arguments.features)
    time.step("reading")
    centers, labels, nearest = clusters_of(arguments, image, text)
    time.step("clusters")
    parts = core_set(labels, nearest, arguments.core_ratio, arguments.seed)
    train, validation = (
        tuple(torch.from_numpy(whole[rows]) for whole in (image, text, labels)) for rows in parts
    )
    train, validation = ((one[0].float(), one[1].float(), one[2].long()) for one in (train, validation))
    time.step("core set")
    early, best, found = fit(arguments.epochs, train, validation)
    tensors = best | {f"early.{name}": tensor for name, tensor in early.items()}
    tensors["cluster_centers"] = torch.from_numpy(np.ascontiguousarray(centers, np.float32))
    save_file(tensors, arguments.output)
    time.step("training")
    time.finish(core_rows=sum(map(len, parts)), kept=found)


if __name__ == "__main__":
    main()
