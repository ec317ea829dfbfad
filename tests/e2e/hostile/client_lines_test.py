"""Every line of client.json, byte for byte, through a real sidecar to a server of every kind.

Nothing that the rules deny runs anywhere, what is not to pass does not reach the server with one byte, what is to pass
runs exactly once, every answer is the one that the case says, and a ping works after each.
"""

import concurrent.futures
import json
import pathlib
import tempfile
import time
import unittest

import cases
import conversation
import peers_of_every_kind

PING = b'{"jsonrpc":"2.0","id":"ping '


class Guarded:
    """A sidecar in front of one reader, started again where a case broke it."""

    def __init__(self, name, command, directory):
        self.name = name
        directory = pathlib.Path(directory) / name
        directory.mkdir()
        self._record_path = str(directory / "record")
        self._command = peers_of_every_kind.sidecar_command(directory, [*command, self._record_path])
        self._directory = directory
        self._start()

    def _start(self):
        self.record = conversation.Record(self._record_path)
        self.client = conversation.Conversation(self._command, self._directory)
        self.client.exchange(b"")
        self.record.take()

    def close(self):
        self.client.close()

    def run(self, case):
        """What is wrong with the outcome of a case: sentences."""
        try:
            if case.asked:
                request = b'{"jsonrpc":"2.0","id":%s,"method":"roots/list"}\n' % case.asked.encode()
                self._call_write(request)
            lines = self.client.exchange(case.line + b"\n", 0 if case.want in ("pass", "drop") else 1)
            raw, entries = self.record.take()
        except (conversation.Silence, OSError) as error:
            self._begin_anew()
            return [f"no ping after it: {error}"]
        faults = [*self._faults_of_bytes(case, raw), *self._faults_of_runs(case, entries)]
        if self.name not in case.torn_by:
            faults += faults_of_answers(case, lines)
        if faults or self.name in case.torn_by or case.asked:
            self._begin_anew()  # a request may be open still
        return faults

    def _begin_anew(self):
        self.close()
        self._start()

    def _call_write(self, data):
        call = {"jsonrpc": "2.0", "id": "write", "method": "tools/call",
                "params": {"name": "write", "arguments": {"hex": data.hex()}}}
        self.client.exchange(json.dumps(call).encode() + b"\n", 2)
        self.record.take()

    def _faults_of_bytes(self, case, raw):
        wanted = case.forwarded + b"\n" if case.want == "pass" else b""
        came = raw.split(PING)[0] if not wanted else raw[:len(wanted)]
        if came != wanted:
            yield f"the server got {came[:300]!r} in place of {wanted[:300]!r}"

    def _faults_of_runs(self, case, entries):
        entries = [e for e in entries if not (e.get("method") == "ping" and str(e.get("id")).startswith("ping "))]
        names = [entry["ran"][1] for entry in entries if entry.get("ran")]
        if ran := cases.denied(names):
            yield f"RAN WHAT IS DENIED: {ran}"
        seen = [(entry["method"], entry.get("ran")) for entry in entries if "method" in entry]
        wanted = cases.understood(case.forwarded) if case.want == "pass" else None
        if self.name in case.torn_by:
            wanted = None  # that it runs nothing denied is all there is to ask
        elif seen != ([wanted] if wanted else []):
            yield f"the server saw {seen} in place of {wanted}"


def faults_of_answers(case, lines):
    """Of the answers that the client got."""
    if case.want == "pass" and cases.is_request(case.forwarded):
        wanted = json.loads(case.forwarded)["id"]
        ids = [json.loads(line).get("id") for line in lines]
        if ids != [wanted] or "result" not in json.loads(lines[0]):
            yield f"the client got {lines} for the request {wanted!r}"
    elif case.want in ("pass", "drop"):
        if lines:
            yield f"the client got {lines[:3]}"
    elif b"\n" in case.line:
        if not lines or any(b'"error":{"code":-32' not in line for line in lines):
            yield f"the client got {lines[:3]}"
    else:
        start = f'{{"jsonrpc":"2.0","id":{case.id},'
        code = f'"error":{{"code":{case.code},' if case.code else ""
        text = lines[0].decode() if len(lines) == 1 else ""
        if not text.startswith(start) or code not in text or case.says not in text:
            yield f"the client got {lines[:3]} in place of {start} {code} {case.says}"


def run_all(name, command, directory):
    guarded = Guarded(name, command, directory)
    started = time.monotonic()
    try:
        faults = [f"{name}: {case}\n    {fault}" for case in cases.load("client.json") for fault in guarded.run(case)]
    finally:
        guarded.close()
    return name, faults, time.monotonic() - started


class ClientLinesTest(unittest.TestCase):
    def test_every_line_before_every_reader(self):
        commands = peers_of_every_kind.reader_commands()
        with tempfile.TemporaryDirectory() as directory, concurrent.futures.ThreadPoolExecutor(4) as pool:
            runs = [pool.submit(run_all, name, command, directory) for name, command in commands.items()]
            outcomes = [run.result() for run in runs]
        count = len(cases.load("client.json"))
        for name, faults, seconds in outcomes:
            print(f"{name}: {count} lines, {len(faults)} faults, {seconds:.1f} s")
        faults = [fault for _, found, _ in outcomes for fault in found]
        self.assertEqual(faults, [], f"{len(faults)} faults:\n" + "\n".join(faults[:200]))


if __name__ == "__main__":
    unittest.main()
