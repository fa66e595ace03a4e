"""Draws how time and memory grow with the rows, from the raw numbers in a folder.

usage: plot_growth.py FOLDER PLOT.svg
"""

import json
import sys
from pathlib import Path

import matplotlib

matplotlib.use("svg")
# The same file for the same numbers.
matplotlib.rcParams["svg.hashsalt"] = "growth"
import matplotlib.pyplot as plt  # noqa: E402


def main(folder: Path, plot: Path) -> None:
    sizes = sorted((json.loads(path.read_text()) for path in folder.glob("growth-*.json")), key=lambda size: size["rows"])
    names = list(dict.fromkeys(stage["stage"] for size in sizes for stage in size["stages"]))
    figure, (seconds, memory) = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
    markers = "osD^vP*"
    for name, marker in zip(names, markers):
        measured = [(size["rows"], stage["run"]) for size in sizes for stage in size["stages"] if stage["stage"] == name]
        rows = [rows for rows, _ in measured]
        seconds.plot(rows, [run["seconds"] for _, run in measured], marker=marker, label=name)
        memory.plot(rows, [run["peak_bytes"] / 1e6 for _, run in measured], marker=marker, label=name)
    rows = [size["rows"] for size in sizes]
    first = sizes[0]["stages"][1]["run"]["seconds"]
    seconds.plot(rows, [first * count / rows[0] for count in rows], color="0.6", linestyle=":", label="as the rows")
    for axes, title in ((seconds, "seconds"), (memory, "most memory, MB")):
        axes.set(xscale="log", yscale="log", xlabel="rows", title=title)
        axes.grid(True, which="major", color="0.9")
    seconds.legend(frameon=False)
    figure.savefig(plot, metadata={"Date": None})


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
