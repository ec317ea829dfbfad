"""The readers themselves: each has the habit that it is there for, so that the other tests can fail.

With no sidecar before it, each reader runs, or shows, something denied in lines that must not pass.
"""

import pathlib
import subprocess
import tempfile
import unittest

import cases
import conversation
import peers_of_every_kind
import reader_server
import readers

# What each reader is compared with: it must fall for a line that this one does not. last_wins, unless said.
BASELINES = {"last_wins": None, "lf_strict": None, "caseless_squeezed": "caseless", "lenient_any_newline": "lenient"}


def denied_names(entries):
    """Of what a reader notes."""
    ran = [entry["ran"][1] for entry in entries if entry.get("ran")]
    return cases.denied(ran + [name for entry in entries for name in entry.get("shown", [])])


def falls_for(name, lines):
    """The names of the cases in which this reader runs or shows what is denied."""
    fallen = set()
    for case in lines:
        entries = [reader_server.understood(value) for value in readers.READERS[name]().feed(case.line + b"\n")]
        if denied_names([entry for entry in entries if entry]):
            fallen.add(case.name)
    return fallen


def falls(command, lines):
    """How often a reader that is a program falls, given all the lines at once."""
    with tempfile.TemporaryDirectory() as directory:
        record = conversation.Record(str(pathlib.Path(directory) / "record"))
        data = b"".join(case.line + b"\n" for case in lines)
        subprocess.run([*command, record.path], input=data, stdout=subprocess.DEVNULL, check=True, timeout=60)
        return len(denied_names(record.take()[1]))


class ReadersTest(unittest.TestCase):
    def setUp(self):
        wanted = {"client.json": ("refuse", "drop"), "server.json": ("withhold", "drop")}
        # The longest lines are there for the sidecar's sake.
        self.files = {file: [case for case in cases.load(file)
                             if case.want in wants and b"deny" in case.line and len(case.line) < 5000]
                      for file, wants in wanted.items()}

    def test_each_reader_falls_for_lines_that_a_plain_one_does_not(self):
        for file, lines in self.files.items():
            fallen = {name: falls_for(name, lines) for name in readers.READERS}
            for name in readers.READERS:
                baseline = BASELINES.get(name, "last_wins")
                more = fallen[name] - (fallen[baseline] if baseline else set())
                print(f"{name}: falls for {len(fallen[name])} of {len(lines)} lines of {file}" +
                      (f", {len(more)} of which {baseline} does not fall for" if baseline else ""))
                with self.subTest(reader=name, file=file):
                    self.assertTrue(more, f"no line of {file} needs the reader {name}")

    def test_the_real_ones_fall_as_well(self):
        commands = {name: command for name, command in peers_of_every_kind.reader_commands().items()
                    if name not in readers.READERS}
        for file, lines in self.files.items():
            count = {name: falls(command, lines) for name, command in commands.items()}
            print(f"{file}: {count}")
            for name in commands:
                self.assertGreater(count[name], 0, name)
            if "node" in commands:
                self.assertGreater(count["node_assign"], count["node"], "Object.assign makes a difference")


if __name__ == "__main__":
    unittest.main()
