"""Chooses a share of the scored records by k-DPPs, in DPPy and NumPy.

    python select_kdpp.py FEATURES SCORES.npz OUTPUT [--data FILE] [--ratio 0.15]

Writes positions, one a line, or with `--data` the chosen records of a JSON array.
"""

import argparse
import json
import math
from fractions import Fraction

import numpy as np
from dppy.finite_dpps import FiniteDPP

from feature_store import joint, read
from outcome import Stopwatch

BLOCK = 128


def quotas(sizes, budget):
    """Seats in proportion to sizes, each one at least 1 where there are enough, none above its size."""
    sizes = [int(size) for size in sizes]
    total = sum(sizes)
    promised = [int(size > 0) if budget >= sum(size > 0 for size in sizes) else 0 for size in sizes]
    raw = [Fraction(size * budget, total) for size in sizes]
    given = [max(math.floor(share), least) for share, least in zip(raw, promised)]
    while (missing := budget - sum(given)) != 0:
        lacking = [share - seats for share, seats in zip(raw, given)]
        if missing > 0:
            able = [one for one, seats in enumerate(given) if seats < sizes[one]]
            able.sort(key=lambda one: (-lacking[one], one))
        else:
            able = [one for one, seats in enumerate(given) if seats > promised[one]]
            able.sort(key=lambda one: (lacking[one], one))
        for one in able[: abs(missing)]:
            given[one] += 1 if missing > 0 else -1
    return given


def sample(rows, quality, quota, generator):
    """An exact sample of a k-DPP; a larger jitter where the decomposition fails."""
    kernel = np.sqrt(np.outer(quality, quality)) * (rows @ rows.T + 1) / 2
    for jitter in (1e-8, 1e-6, 1e-4):
        try:
            dpp = FiniteDPP("likelihood", L=kernel + jitter * np.eye(len(kernel)))
            return dpp.sample_exact_k_dpp(size=quota, random_state=generator)
        except (np.linalg.LinAlgError, ValueError):
            continue
    raise RuntimeError("a kernel could not be decomposed")


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("features")
    arguments.add_argument("scores")
    arguments.add_argument("output")
    arguments.add_argument("--data")
    arguments.add_argument("--ratio", default="0.15")
    arguments.add_argument("--seed", type=int, default=42)
    arguments = arguments.parse_args()
    time = Stopwatch()
    image, text, index = read(arguments.features)
    scores = np.load(arguments.scores)
    confidence, clusters = scores["confidence"], scores["cluster"]
    time.step("reading")

    budget = math.ceil(Fraction(arguments.ratio) * len(index))
    order = np.lexsort((np.arange(len(index)), confidence, clusters))
    sizes = np.bincount(clusters)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    generator = np.random.RandomState(arguments.seed)
    chosen, blocks = [], 0
    for start, size, quota in zip(starts, sizes, quotas(sizes, budget)):
        if not quota:
            continue
        count = min(size, max(quota, 2 * quota))
        rows = order[start : start + count]
        features = joint(image[rows], text[rows]).astype(np.float64)
        quality = 1 - np.arange(count) / count
        cut = np.split(generator.permutation(count), range(BLOCK, count, BLOCK))
        for members, seats in zip(cut, quotas([len(members) for members in cut], quota)):
            if seats:
                picked = sample(features[members], quality[members], seats, generator)
                chosen.append(rows[members[picked]])
                blocks += 1
    chosen = np.sort(index[np.concatenate(chosen)])
    time.step("k-DPP")

    if arguments.data:
        with open(arguments.data, encoding="utf-8") as file:
            records = json.load(file)
        with open(arguments.output, "w", encoding="utf-8") as file:
            json.dump([records[position] for position in chosen], file)
    else:
        np.savetxt(arguments.output, chosen, fmt="%d")
    time.step("writing")
    time.finish(records=len(chosen), blocks=blocks)


if __name__ == "__main__":
    main()
