"""Draws how time and memory grow with the rows, from the raw numbers in a folder.

usage: plot_growth.py FOLDER PLOT.svg
"""

import itertools
import json
import sys
from pathlib import Path

import matplotlib

matplotlib.use("svg")
# The same file for the same numbers.
matplotlib.rcParams["svg.hashsalt"] = "growth"
import matplotlib.pyplot as plt  # noqa: E402

# The stage from whose first figure a line goes up as the rows do.
PROPORTIONAL = "score"


def measured(sizes: list[dict], name: str) -> tuple[list[int], list[dict]]:
    """The numbers of rows at which a stage was measured, and its runs."""
    found = [(size["rows"], stage["run"]) for size in sizes for stage in size["stages"] if stage["stage"] == name]
    return [rows for rows, _ in found], [run for _, run in found]


def main(folder: Path, plot: Path) -> None:
    # By name first, so that equal sizes of several parts keep an order.
    paths = sorted(folder.glob("growth-*.json"))
    sizes = sorted((json.loads(path.read_text()) for path in paths), key=lambda size: size["rows"])
    names = list(dict.fromkeys(stage["stage"] for size in sizes for stage in size["stages"]))
    figure, (seconds, memory) = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
    for name, marker in zip(names, itertools.cycle("osD^vP*X<>")):
        rows, runs = measured(sizes, name)
        seconds.plot(rows, [run["seconds"] for run in runs], marker=marker, label=name)
        memory.plot(rows, [run["peak_bytes"] / 1e6 for run in runs], marker=marker)
    if PROPORTIONAL in names:
        rows, [first, *_] = measured(sizes, PROPORTIONAL)
        proportional = [first["seconds"] * count / rows[0] for count in rows]
        seconds.plot(rows, proportional, color="0.6", linestyle=":", label="as the rows")
    for axes, title in ((seconds, "seconds"), (memory, "most memory, MB")):
        axes.set(xscale="log", yscale="log", xlabel="rows", title=title)
        axes.grid(True, which="major", color="0.9")
    figure.legend(loc="outside right upper", frameon=False)
    figure.savefig(plot, metadata={"Date": None})


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
