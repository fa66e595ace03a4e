"""Parses a JSON array with simdjson, of which no object of Python is made.

    python load_simdjson.py FILE

The seconds are those of a second time, of bytes that are in memory: the first time is mostly the system's, which gives the
parser its memory page by page.
"""

import sys
from pathlib import Path

import simdjson

from outcome import Stopwatch


def main():
    content = Path(sys.argv[1]).read_bytes()
    # It owns what it parsed, and takes its memory again once nobody looks at that any more.
    parser = simdjson.Parser()
    expected = len(parser.parse(content))
    time = Stopwatch()
    records = len(parser.parse(content))
    if records != expected:
        raise RuntimeError(f"{records} records, and {expected} the first time")
    time.finish(records=records)


if __name__ == "__main__":
    main()
