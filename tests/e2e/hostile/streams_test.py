"""The cases of streams.json: several lines, or none that ends, through a real sidecar to a server of every kind."""

import concurrent.futures
import json
import tempfile
import unittest

import cases
import conversation
import peers_of_every_kind
from guarded_reader import GuardedReader


# Each case of an end starts a sidecar anew, so these readers stand for the rest there.
SEES_THE_END = ("lf_strict", "any_newline", "stream", "c_string", "lenient", "go", "node")


def summary(line):
    """[id, code of the error or null] of an answer."""
    message = json.loads(line)
    return [message.get("id"), message.get("error", {}).get("code")]


def faults_of(case, guarded):
    data = case["bytes"].encode()
    try:
        if case.get("end"):
            outcome = guarded.end(data)
        else:
            outcome = guarded.exchange(data, len(case["answers"]))
    except (conversation.Silence, OSError) as error:
        guarded.begin_anew()
        return [f"no ping after it: {error}"]
    wanted = [cases.understood(line) for line in case["reaches"]]
    faults = []
    if outcome.denied:
        faults.append(f"RAN WHAT IS DENIED: {outcome.denied}")
    if outcome.raw != "".join(line + "\n" for line in case["reaches"]).encode():
        faults.append(f"the server got {outcome.raw!r}")
    if outcome.seen != wanted:
        faults.append(f"the server saw {outcome.seen} in place of {wanted}")
    answers = [summary(line) for line in outcome.answers]
    if sorted(answers, key=str) != sorted(case["answers"], key=str):
        faults.append(f"the client got {answers} in place of {case['answers']}")
    return faults


def run_all(name, command, directory):
    with GuardedReader(name, command, directory) as guarded:
        return [f"{name}: {case['name']}: {case['bytes']!r}\n    {fault}" for case in cases.read("streams.json")
                if name in SEES_THE_END or not case.get("end") for fault in faults_of(case, guarded)]


class StreamsTest(unittest.TestCase):
    def test_every_stream_before_every_reader(self):
        commands = peers_of_every_kind.reader_commands()
        with tempfile.TemporaryDirectory() as directory, concurrent.futures.ThreadPoolExecutor(4) as pool:
            runs = [pool.submit(run_all, name, command, directory) for name, command in commands.items()]
            faults = [fault for run in runs for fault in run.result()]
        print(f"{len(cases.read('streams.json'))} streams, {len(commands)} readers, {len(faults)} faults")
        self.assertFalse(faults, f"{len(faults)} faults:\n" + "\n".join(faults[:200]))


if __name__ == "__main__":
    unittest.main()
