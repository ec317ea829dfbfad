"""The rules of a soak: written again and again, in every way that people write files, and what may be decided when."""

import contextlib
import json
import os
import random
import threading
import time

from busy_tools import ALWAYS, NEVER, TOOLS

# A policy counts until the next one is loaded everywhere: for so many seconds at most, a stopped PDP and its lease included.
LAG = 15.0
# Policies, more than are written while a request lasts.
REMEMBERED = 200


def _rules(allowed):
    """One of the ways to say the same."""
    ways = (
        {"allow": {"servers": ["busy"], "tools": {"busy": sorted(allowed)}}},
        {"allow": {"servers": ["*"], "tools": {"busy": ["t*"]}}, "deny": {"tools": {"busy": sorted(TOOLS - allowed)}}},
        {"allow": {"servers": ["busy"], "tools": {"busy": ["t?", *sorted(allowed)]}}, "deny": {"tools": {"*": sorted(NEVER)}}},
    )
    return json.dumps({"agents": {"soaked": random.choice(ways), f"other{random.randrange(9)}": {}}})


class Policies:
    def __init__(self, path):
        self.path = path
        self.lock = threading.Lock()
        self.written = []  # (when, the tools that it allows)
        self.write()

    def write(self):
        """A new policy; returns the tools that it allows."""
        allowed = ALWAYS | {tool for tool in TOOLS - ALWAYS - NEVER if random.random() < 0.5}
        text = _rules(allowed)
        with self.lock:
            self.written = [*self.written[-REMEMBERED:], (time.monotonic(), allowed)]
        if random.random() < 0.5:
            self._replace(text)
        else:
            cut = random.randrange(len(text))
            with open(self.path, "w", encoding="utf-8") as file:
                file.write(text[:cut])
                file.flush()
                time.sleep(random.random() * 0.1)
                file.write(text[cut:])
        return allowed

    @contextlib.contextmanager
    def broken(self):
        """A file that is no policy, until a new one is written."""
        self._replace(random.choice(("", "{", '{"agents": {"soaked": {"allow": 1}}}', "\ufeff[]")))
        yield
        self.write()

    def _replace(self, text):
        with open(f"{self.path}.new", "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(f"{self.path}.new", self.path)

    def possible(self, tool, begin, end):
        """What policies that counted then say of the tool: a set of True, allowed, and False."""
        with self.lock:
            written = list(self.written)
        replaced = [when for when, _ in written[1:]] + [float("inf")]
        return {tool in allowed for (when, allowed), until in zip(written, replaced, strict=True) if when <= end and begin <= until + LAG}
