"""What a reference tells the benchmark when it is done."""

import json
import time


class Stopwatch:
    """Seconds since the imports, and of each step."""

    def __init__(self):
        self.start = self.last = time.perf_counter()
        self.steps = {}

    def step(self, name):
        """Ends a step that began where the one before ended."""
        now = time.perf_counter()
        self.steps[name] = now - self.last
        self.last = now

    def finish(self, **facts):
        """Prints one JSON object, the last line on stdout."""
        seconds = time.perf_counter() - self.start
        print(json.dumps({"seconds": seconds, "steps": self.steps, **facts}))
