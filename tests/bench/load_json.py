"""Reads a JSON array with Python's own reader.

    python load_json.py FILE
"""

import json
import sys

from outcome import Stopwatch


def main():
    time = Stopwatch()
    with open(sys.argv[1], encoding="utf-8") as file:
        records = json.load(file)
    time.finish(records=len(records))


if __name__ == "__main__":
    main()
