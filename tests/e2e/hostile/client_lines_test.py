"""Every line of client.json, byte for byte, through a real sidecar to a server of every kind.

Nothing that the rules deny runs anywhere, what is not to pass does not reach the server with one byte, what is to pass
runs exactly once, every answer is the one that the case says, and a ping works after each.
"""

import concurrent.futures
import json
import tempfile
import time
import unittest

import cases
import conversation
import peers_of_every_kind
from guarded_reader import GuardedReader

def faults_of(case, guarded):
    """What is wrong with the outcome of a case: sentences."""
    try:
        if case.asked:
            guarded.ask(case.asked)
        outcome = guarded.exchange(case.line + b"\n", 0 if case.want in ("pass", "drop") else 1)
    except (conversation.Silence, OSError) as error:
        guarded.begin_anew()
        return [f"no ping after it: {error}"]
    is_torn = guarded.name in case.torn_by
    faults = [*faults_of_bytes(case, outcome.raw), *faults_of_runs(case, outcome, is_torn)]
    if not is_torn:
        faults += faults_of_answers(case, outcome.answers)
    if faults or is_torn:
        guarded.begin_anew()  # a request may be open still
    elif case.asked:
        guarded.answer(case.asked)
    return faults


def faults_of_bytes(case, raw):
    if case.withheld:
        start = b'{"jsonrpc":"2.0","id":%s,"error":{"code":5021,' % case.withheld.encode()
        if not raw.startswith(start) or raw.count(b"\n") != 1:
            yield f"the server got {raw[:300]!r} in place of {start!r}"
        return
    wanted = case.forwarded + b"\n" if case.want == "pass" else b""
    if raw != wanted:
        yield f"the server got {raw[:300]!r} in place of {wanted[:300]!r}"


def faults_of_runs(case, outcome, is_torn):
    if outcome.denied:
        yield f"RAN WHAT IS DENIED: {outcome.denied}"
    wanted = cases.understood(case.forwarded) if case.want == "pass" else None
    if outcome.seen != ([wanted] if wanted else []) and not is_torn:
        yield f"the server saw {outcome.seen} in place of {wanted}"


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
    started = time.monotonic()
    with GuardedReader(name, command, directory) as guarded:
        faults = [f"{name}: {case}\n    {fault}" for case in cases.load("client.json")
                  for fault in faults_of(case, guarded)]
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
