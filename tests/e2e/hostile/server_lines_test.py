"""Every line of server.json, written by a real server, through a real sidecar to clients of every kind.

What is to pass arrives once, what is to be withheld is answered with an error, and what is to be dropped is not there.
Then each reader reads what the client got: in no answer to a list does it see a name that the rules deny.
"""

import concurrent.futures
import json
import pathlib
import sys
import tempfile
import time
import unittest

import cases
import conversation
import peers_of_every_kind

# The requests that are open when the server writes its line: see tests/cases/lines/README.md.
def open_requests(case):
    return [
        {"id": 1, "method": "tools/call", "params": {"name": "read", "arguments": {}}},
        {"id": 2, "method": case.asked_for},
        {"id": 3, "method": "initialize"},
        {"id": "s", "method": "ping"},
    ]


LISTS = (2, "2")


def encoded(*messages):
    return b"".join(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n" for message in messages)


def call(tool, **arguments):
    return {"id": "told", "method": "tools/call", "params": {"name": tool, "arguments": arguments}}


class Guarded:
    """The client before the sidecar before the server that writes what it is told to."""

    def __init__(self, directory):
        writer = [sys.executable, "-E", "-s", "-B", str(peers_of_every_kind.HERE / "line_writer.py")]
        self._client = conversation.Conversation(peers_of_every_kind.sidecar_command(directory, writer), directory)

    def close(self):
        self._client.close()

    def write(self, case):
        """What the client gets of a line that the server writes."""
        told = encoded(*open_requests(case), call("write", hex=(case.line + b"\n").hex()))
        lines = [line for line in self._client.exchange(told, 1) if not conversation.is_answer(line, "told")]
        self._answer_requests_in(lines)
        self._client.exchange(encoded(call("release")), 1)
        return lines

    def _answer_requests_in(self, lines):
        for line in lines:
            message = json.loads(line)
            if "method" in message and "id" in message:
                self._client.exchange(encoded({"id": message["id"], "result": {}}))


def faults_of(case, lines):
    if case.want == "pass":
        if lines != [case.forwarded]:
            yield f"the client got {lines} in place of {case.forwarded[:300]!r}"
    elif case.want == "withhold":
        start = f'{{"jsonrpc":"2.0","id":{case.id},"error":{{"code":5021,'.encode()
        if len(lines) != 1 or not lines[0].startswith(start):
            yield f"the client got {lines} in place of {start!r}"
    elif case.want != "drop" or lines:
        yield f"the client got {lines}, wanted: {case.want}"


def read_by(command, outcomes, directory):
    """What a client that reads so sees wrong in what it got: sentences."""
    directory.mkdir()
    record = conversation.Record(str(directory / "record"))
    client = conversation.Conversation([*command, record.path], directory)
    faults = []
    for case, lines in outcomes:
        client.exchange(b"".join(line + b"\n" for line in lines))
        _, entries = record.take()
        entries = [e for e in entries if not str(e.get("id")).startswith("ping ")]
        shown = [name for e in entries if e.get("answer") in LISTS for name in e["shown"]]
        if cases.denied(shown):
            faults.append(f"{directory.name}: {case}\n    SHOWS WHAT IS DENIED: {shown}")
        if len(entries) != len(lines) and directory.name not in case.torn_by:
            faults.append(f"{directory.name}: {case}\n    reads {len(entries)} messages in {lines}")
    client.close()
    return faults


class ServerLinesTest(unittest.TestCase):
    def test_every_line_behind_every_reader(self):
        started = time.monotonic()
        with tempfile.TemporaryDirectory() as name, concurrent.futures.ThreadPoolExecutor(4) as pool:
            directory = pathlib.Path(name)
            guarded = Guarded(directory)
            outcomes = [(case, guarded.write(case)) for case in cases.load("server.json")]
            guarded.close()
            faults = [f"{case}\n    {fault}" for case, lines in outcomes for fault in faults_of(case, lines)]
            commands = peers_of_every_kind.reader_commands()
            runs = [pool.submit(read_by, command, outcomes, directory / name) for name, command in commands.items()]
            faults += [fault for run in runs for fault in run.result()]
        print(f"{len(outcomes)} lines, {len(commands)} readers, {len(faults)} faults, {time.monotonic() - started:.1f} s")
        self.assertFalse(faults, f"{len(faults)} faults:\n" + "\n".join(faults[:200]))


if __name__ == "__main__":
    unittest.main()
