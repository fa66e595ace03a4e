"""Goldens of selector training, made with PyTorch.

Run `python generate.py` in this folder, with the packages of `../requirements.txt`. It writes:

- `step-<mode>.safetensors`, one for each fusion mode: a small classifier (`before.<parameter>`),
  a batch (`image`, `text`, `label`), its `logits`, `gate` and `loss` without dropout, and the
  parameters after one and after three AdamW steps on that batch (`after1.`, `after3.`).
- `core.safetensors`: a core set with its clusters: `centers`, and for `train` and `validation`
  the embeddings (`.image`, `.text`, f16) and pseudo-labels (`.label`).
- `curves.json`: the settings, and for each of 40 seeds the validation macro accuracy by epoch.
"""

import json
import math

import numpy as np
import torch
from safetensors.torch import save_file
from sklearn.cluster import KMeans
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler

torch.set_num_threads(2)
torch.use_deterministic_algorithms(True)

MODES = ["full", "static_gate", "no_interaction", "concat"]


class Classifier(nn.Module):
    """The selector, with exactly the parameters that its fusion mode uses."""

    def __init__(self, mode, d, hidden, gate_hidden, classes, dropout):
        super().__init__()
        self.mode = mode
        if mode == "concat":
            self.concat = nn.Linear(2 * d, hidden)
        else:
            self.image_branch = nn.Sequential(nn.Linear(d, hidden), nn.ReLU())
            self.text_branch = nn.Sequential(nn.Linear(d, hidden), nn.ReLU())
            if mode != "no_interaction":
                self.interaction_branch = nn.Linear(d, hidden, bias=False)
                self.interaction_scale = nn.Parameter(torch.tensor(0.1))
            if mode != "static_gate":
                self.gate = nn.Sequential(
                    nn.Linear(3 * d, gate_hidden), nn.ReLU(), nn.Linear(gate_hidden, 1), nn.Sigmoid()
                )
        self.output = nn.Sequential(
            nn.LayerNorm(hidden, eps=1e-5), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, classes)
        )

    def forward(self, image, text):
        gate = torch.full((len(image), 1), 0.5)
        if self.mode == "concat":
            return self.output(self.concat(torch.cat([image, text], 1))), gate
        interaction = image * text
        if self.mode != "static_gate":
            gate = self.gate(torch.cat([image, text, interaction], 1))
        fused = gate * self.image_branch(image) + (1 - gate) * self.text_branch(text)
        if self.mode != "no_interaction":
            fused = fused + self.interaction_scale * self.interaction_branch(interaction)
        return self.output(fused), gate


def adamw(model, learning_rate, weight_decay):
    return torch.optim.AdamW(
        model.parameters(), lr=learning_rate, betas=(0.9, 0.999), eps=1e-8, weight_decay=weight_decay
    )


def unit_rows(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def steps():
    for number, mode in enumerate(MODES):
        # Adam turns the rounding error of a gradient near eps into a step: a batch without any.
        tensors = next(t for seed in range(1000 * number, 1000 * number + 1000) if (t := step(mode, seed)))
        save_file(tensors, f"step-{mode}.safetensors")


def step(mode, seed):
    """Large steps and decay, so that a wrong optimizer is seen at 1e-5."""
    d, hidden, gate_hidden, classes, batch = 12, 20, 10, 7, 24
    rng = np.random.default_rng(seed)
    image, text = (torch.from_numpy(unit_rows(rng.normal(size=(batch, d))).astype(np.float32)) for _ in range(2))
    label = torch.from_numpy(rng.integers(0, classes, batch))
    torch.manual_seed(seed)
    model = Classifier(mode, d, hidden, gate_hidden, classes, dropout=0.0)
    with torch.no_grad():
        # Layer norm starts at ones and zeros, which would hide a mix-up.
        model.output[0].weight.uniform_(0.5, 1.5)
        model.output[0].bias.uniform_(-0.5, 0.5)
    tensors = {"image": image, "text": text, "label": label}

    def keep(prefix):
        for name, value in model.named_parameters():
            tensors[f"{prefix}.{name}"] = value.detach().clone()

    keep("before")
    logits, gate = model(image, text)
    tensors |= {"logits": logits.detach(), "gate": gate.detach()}
    optimizer = adamw(model, learning_rate=1e-2, weight_decay=5e-2)
    for number in range(1, 4):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(image, text)[0], label)
        loss.backward()
        if min(p.grad[p.grad != 0].abs().min().item() for p in model.parameters()) < 5e-7:
            return None
        if number == 1:
            tensors["loss"] = loss.detach()
        optimizer.step()
        if number in (1, 3):
            keep(f"after{number}")
    return tensors


CURVES = {
    "feature_dim": 32,
    "hidden_dim": 256,
    "gate_hidden_dim": 128,
    "clusters": 16,
    "core_ratio": 0.15,
    "dropout": 0.1,
    "epochs": 30,
    "batch": 256,
    "learning_rate": 1e-4,
    "weight_decay": 1e-4,
    "target_accuracy": 0.6,
}


def heavy_tailed_pool(rng, d, clusters, rows):
    """Overlapping image and text topics whose sizes fall like 1 / rank, with heavy-tailed noise."""
    shares = 1 / np.arange(1, clusters + 1)
    topic = rng.choice(clusters, rows, p=shares / shares.sum())
    sides = []
    for strength in (0.9, 0.6):
        base = rng.normal(size=d)
        directions = unit_rows(rng.normal(size=(clusters, d)) + base)
        noise = rng.standard_t(3, size=(rows, d)) / math.sqrt(d)
        sides.append(unit_rows(strength * directions[topic] + noise).astype(np.float16))
    return sides


def core_set(rng, joint, label, centers, core_ratio):
    train, validation = [], []
    for k in range(len(centers)):
        members = np.flatnonzero(label == k)
        order = np.argsort(((joint[members] - centers[k]) ** 2).sum(1), kind="stable")
        core = members[order][: min(len(members), max(2, math.ceil(core_ratio * len(members))))]
        core = rng.permutation(core)
        cut = max(1, round(0.2 * len(core)))
        validation.append(core[:cut])
        train.append(core[cut:])
    return np.sort(np.concatenate(train)), np.sort(np.concatenate(validation))


def curves():
    s = CURVES
    rng = np.random.default_rng(7)
    image, text = heavy_tailed_pool(rng, s["feature_dim"], s["clusters"], 20_000)
    joint = unit_rows(np.concatenate([image, text], 1).astype(np.float32))
    kmeans = KMeans(s["clusters"], n_init=3, random_state=7).fit(joint)
    centers = kmeans.cluster_centers_.astype(np.float32)
    label = ((joint[:, None, :] - centers[None]) ** 2).sum(2).argmin(1)
    train, validation = core_set(rng, joint, label, centers, s["core_ratio"])

    tensors = {"centers": torch.from_numpy(centers)}
    part = {}
    for name, rows in (("train", train), ("validation", validation)):
        tensors[f"{name}.image"] = torch.from_numpy(image[rows])
        tensors[f"{name}.text"] = torch.from_numpy(text[rows])
        tensors[f"{name}.label"] = torch.from_numpy(label[rows].astype(np.int32))
        part[name] = (
            tensors[f"{name}.image"].float(),
            tensors[f"{name}.text"].float(),
            tensors[f"{name}.label"].long(),
        )
    save_file(tensors, "core.safetensors")

    by_seed = [train_curve(seed, part["train"], part["validation"]) for seed in range(40)]
    with open("curves.json", "w") as file:
        # One line a seed.
        lines = ",\n".join("    " + json.dumps(curve) for curve in by_seed)
        head = json.dumps(s, indent=2)[:-2]
        file.write(f'{head},\n  "macro_accuracy": [\n{lines}\n  ]\n}}\n')
    return np.array(by_seed)


def train_curve(seed, train, validation):
    s = CURVES
    torch.manual_seed(seed)
    model = Classifier(
        "full", s["feature_dim"], s["hidden_dim"], s["gate_hidden_dim"], s["clusters"], s["dropout"]
    )
    optimizer = adamw(model, s["learning_rate"], s["weight_decay"])
    sizes = torch.bincount(train[2], minlength=s["clusters"])
    sampler = WeightedRandomSampler(1.0 / sizes[train[2]].double(), len(train[2]), replacement=True)
    batches = DataLoader(TensorDataset(*train), batch_size=s["batch"], sampler=sampler)
    curve = []
    for _ in range(s["epochs"]):
        model.train()
        for image, text, label in batches:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(image, text)[0], label).backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            predicted = model(validation[0], validation[1])[0].argmax(1)
        right = (predicted == validation[2]).double()
        # The mean over all K classes; one without a row would count as 0.
        of_class = [right[validation[2] == k] for k in range(s["clusters"])]
        classes = [rows.mean().item() if len(rows) else 0.0 for rows in of_class]
        curve.append(round(float(np.mean(classes)), 6))
    return curve


if __name__ == "__main__":
    steps()
    result = curves()
    np.set_printoptions(precision=3, suppress=True, linewidth=150)
    print("mean", result.mean(0))
    print("std ", result.std(0, ddof=1))
    print("chosen", np.sort(np.abs(result - CURVES["target_accuracy"]).argmin(1) + 1))
