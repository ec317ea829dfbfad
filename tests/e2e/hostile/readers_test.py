"""The readers themselves: each has the habit that it is there for, so that the other tests can fail.

Without a sidecar, the lines that must not pass make each reader run, or show, something denied which a plain one does
not.
"""

import concurrent.futures
import pathlib
import tempfile
import unittest

import cases
import conversation
import peers_of_every_kind


# What each reader is compared with; last_wins, unless said. Go and Node are there because they are real.
BASELINES = {"last_wins": None, "lf_strict": None, "node": None, "go": None, "node_assign": "node",
             "caseless_squeezed": "caseless", "lenient_any_newline": "lenient"}


def falls_for(command, lines):
    """The names of the cases in which this reader, with nothing before it, runs or shows what is denied."""
    fallen = set()
    with tempfile.TemporaryDirectory() as directory:
        record = conversation.Record(str(pathlib.Path(directory) / "record"))
        client = conversation.Conversation([*command, record.path], directory)
        for case in lines:
            try:
                client.exchange(b"\n" + case.line + b"\n")
            except (conversation.Silence, OSError):  # it waits for more, or is gone
                client.close()
                client = conversation.Conversation([*command, record.path], directory)
            _, entries = record.take()
            ran = [entry["ran"][1] for entry in entries if entry.get("ran")]
            shown = [name for entry in entries for name in entry.get("shown", [])]
            if cases.denied(ran + shown):
                fallen.add(case.name)
        client.close()
    return fallen


class ReadersTest(unittest.TestCase):
    def test_each_reader_runs_what_a_plain_one_does_not(self):
        self._compare([case for case in cases.load("client.json") if b"deny" in case.line and case.want != "deny"])

    def test_each_reader_shows_what_a_plain_one_does_not(self):
        self._compare([case for case in cases.load("server.json") if b"deny" in case.line and case.want != "pass"])

    def _compare(self, lines):
        lines = [case for case in lines if len(case.line) < 5000]  # the sizes are for the sidecar
        conversation.PATIENCE_SECONDS = 0.3  # some wait for the rest of a line for ever
        commands = peers_of_every_kind.reader_commands()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            runs = {name: pool.submit(falls_for, command, lines) for name, command in commands.items()}
        falls = {name: run.result() for name, run in runs.items()}
        for name in falls:
            baseline = BASELINES.get(name, "last_wins")
            more = falls[name] - (falls[baseline] if baseline else set())
            print(f"{name}: falls for {len(falls[name])} of {len(lines)} lines" +
                  (f", {len(more)} of which {baseline} does not fall for" if baseline else ""))
            with self.subTest(name):
                self.assertTrue(more, f"no line of the corpus needs the reader {name}")


if __name__ == "__main__":
    unittest.main()
