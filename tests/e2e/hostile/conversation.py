"""Conversation: the client's end of a process that speaks MCP on its stdio, in bytes, and what its server noted."""

import json
import os
import select
import subprocess
import sys
import tempfile
import time

sys.set_int_max_str_digits(0)  # ids of any length are read here

PATIENCE_SECONDS = 10


class Silence(Exception):
    """Nothing came in time, or the process is gone."""


class Conversation:
    """Owns the process. Ends it when closed."""

    def __init__(self, command, directory, environment=None):
        self._errors = tempfile.TemporaryFile(dir=directory)
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors,
                                         env=environment)
        self._in = self._process.stdin.fileno()
        self._out = self._process.stdout.fileno()
        self._buffer = b""
        self._pings = 0

    def write(self, data):
        while data:
            data = data[os.write(self._in, data):]

    def read_line(self):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while b"\n" not in self._buffer:
            ready, _, _ = select.select([self._out], [], [], max(deadline - time.monotonic(), 0))
            data = os.read(self._out, 1 << 20) if ready else b""
            if not data:
                raise Silence(f"no answer; so far {self._buffer[:300]!r}, stderr: {self.errors()[-600:]}")
            self._buffer += data
        line, self._buffer = self._buffer.split(b"\n", 1)
        return line

    def exchange(self, data, at_least=0):
        """Writes `data` and a ping, and gives the lines that came before the ping's answer. Where these are fewer
        than `at_least`, it pings some more."""
        lines = []
        for attempt in range(5):
            self._pings += 1
            ping = f"ping {self._pings}"
            self.write(data + b'{"jsonrpc":"2.0","id":"%s","method":"ping"}\n' % ping.encode())
            data = b""
            while not is_answer(line := self.read_line(), ping):
                lines.append(line)
            if len(lines) >= at_least:
                break
        return lines

    def errors(self):
        size = os.fstat(self._errors.fileno()).st_size
        return os.pread(self._errors.fileno(), size, 0).decode(errors="replace")

    def end_input(self):
        """Closes the input and gives what still comes until the process is gone."""
        self._process.stdin.close()
        rest = self._process.stdout.read()
        self.close()
        return self._buffer + rest

    def close(self):
        try:
            self._process.stdin.close()
            self._process.wait(PATIENCE_SECONDS)
        except (OSError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        finally:
            self._process.stdout.close()
            self._errors.close()


def is_answer(line, id_):
    try:
        message = json.loads(line)
    except ValueError:
        return False
    return isinstance(message, dict) and message.get("id") == id_ and "method" not in message


class Record:
    """What a reader noted, read on from where the last look ended."""

    def __init__(self, path):
        self.path = path
        self._read_to = 0
        open(path, "wb").close()

    def take(self):
        """(the bytes that came, the other entries)."""
        with open(self.path, "rb") as file:
            file.seek(self._read_to)
            data = file.read()
        self._read_to += data.rfind(b"\n") + 1
        entries = [json.loads(line) for line in data[:data.rfind(b"\n") + 1].splitlines()]
        raw = b"".join(bytes.fromhex(entry["raw"]) for entry in entries if "raw" in entry)
        return raw, [entry for entry in entries if "raw" not in entry]
