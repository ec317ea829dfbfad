"""Random lines, made of pieces of the cases and of what attackers write, through a real sidecar to every reader.

All readers must understand the same in what passes, and run nothing denied. The lines are the same 300 each time; with
OSTIARY_LONG=1 they are 10,000 others. OSTIARY_LINES_SEED sets the seed, which is printed.
"""

import concurrent.futures
import os
import random
import tempfile
import time
import unittest

import cases
import conversation
import peers_of_every_kind
from guarded_reader import GuardedReader

# unicode_lines cuts legal lines in pieces whoever stands before it.
LEFT_OUT = ("unicode_lines",)
PIECES = [piece.encode() for piece in (
    '"name":"deny_me"', '"Name":"deny_me"', '"name\\u0000":"deny_me"', '"method":"tools/call"', '"METHOD":"tools/call"',
    '"params":{"name":"deny_me"}', '"param\u017f":{"name":"deny_me"}', '"__proto__":{"name":"deny_me"}', '"uri":"deny://a"',
    '"id":7', '"id":7.0', '"\\u0069d":7', '"jsonrpc":"1.0"', '"result":{}', '"arguments":{"name":"deny_me"}', '"task":{}',
    '"_meta":{}', '"ref":{"type":"ref/prompt","name":"deny_p"}', "deny_me", "\\u0064eny_me", "\uff44eny", "\\ud800",
    "\\u0000", "\\n", "\\\"", "\\\\", "\"", ":", ",", "{", "}", "[", "]", " ", "\t", "\r", "\0", "\ufeff", "\x0b", "\x7f",
    "/**/", "//", "NaN", "-0", "1e0", "0x1", "null", "true", "'", "\u00a0", "\u200b",
    '{"jsonrpc":"2.0","id":8,"method":"tools/call","params":{"name":"deny_me"}}')]
PIECES += [b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xe2\x82"]
SIGNS = b'{}[]:,"'


def places(line):
    """Where a piece does most harm: around the signs of JSON."""
    return [at + side for at, byte in enumerate(line) if byte in SIGNS for side in (0, 1)] or [0]


def put_in(line, dice, _):
    at = dice.choice(places(line))
    piece = dice.choice(PIECES)
    before, after = (b",", b"") if dice.random() < 0.3 else (b"", b",") if dice.random() < 0.4 else (b"", b"")
    return line[:at] + before + piece + after + line[at:]


def put_member(line, dice, _):
    """A whole member at the front or the end of some object: what is left is often still JSON."""
    ends = [at for at, byte in enumerate(line) if byte in b"{}"] or [0]
    at = dice.choice(ends)
    piece = dice.choice(PIECES[:18])
    if line[at:at + 1] == b"{":
        return line[:at + 1] + piece + b"," + line[at + 1:]
    return line[:at] + b"," + piece + line[at:]


def cut_out(line, dice, _):
    begin, end = sorted((dice.choice(places(line)), dice.choice(places(line))))
    return line[:begin] + line[end:] if end - begin < 40 else line


def say_twice(line, dice, _):
    begin, end = sorted((dice.choice(places(line)), dice.choice(places(line))))
    return line[:end] + line[begin:end] + line[end:] if end - begin < 80 else line


def change_a_byte(line, dice, _):
    at = dice.randrange(len(line) or 1)
    byte = dice.choice(b'{}[]:,"\\ \r\t\0aN0') if dice.random() < 0.7 else dice.randrange(256)
    return line[:at] + bytes([byte]) + line[at + 1:]


def join_with_another(line, dice, lines):
    return line[:dice.choice(places(line))] + dice.choice(lines)[dice.choice(places(line)):]


def change_a_letter(line, dice, _):
    """Most often inside a string, where a line stays JSON."""
    letters = [at for at, byte in enumerate(line) if chr(byte).isalnum()]
    at = dice.choice(letters or [0])
    piece = dice.choice((b"\\u%04x" % line[at], b"\\u%04X" % line[at], b"\\n", b"\\ud83d\\ude00", b"\\ud83d",
                         "\u00e9".encode(), b"\x7f", chr(line[at] + 0xFEE0).encode(),
                         bytes([line[at]]).swapcase(), b"\\u0000"))
    return line[:at] + piece + line[at + 1:]


MUTATIONS = [put_in, put_in, put_member, put_member, put_member, put_member, change_a_letter, change_a_letter,
             change_a_letter, cut_out, say_twice, change_a_byte, join_with_another]


def random_lines(dice, count):
    seeds = [case.line for case in cases.load("client.json") if 10 < len(case.line) < 400]
    legal = [case.line for case in cases.load("client.json") if case.want in ("pass", "deny") and len(case.line) < 400]
    lines = set()
    while len(lines) < count:
        line = dice.choice(legal)
        for _ in range(dice.choice((1, 1, 1, 2, 3))):
            line = dice.choice(MUTATIONS)(line, dice, seeds)
        lines.add(line.replace(b"\n", b" ").replace(b'"ping ', b'"pong '))  # the test's own pings are "ping N"
    return sorted(lines)


def run_all(name, command, directory, lines):
    """For each line, what reached the server and what it understood of it."""
    outcomes = []
    with GuardedReader(name, command, directory) as guarded:
        for line in lines:
            try:
                outcome = guarded.exchange(line + b"\n")
                outcomes.append((outcome.raw, outcome.seen, outcome.denied))
            except (conversation.Silence, OSError) as error:
                guarded.begin_anew()
                outcomes.append((f"no ping after it: {error}", [], []))
    return outcomes


class RandomLinesTest(unittest.TestCase):
    def test_every_reader_understands_the_same(self):
        is_long = os.environ.get("OSTIARY_LONG") == "1"
        seed = os.environ.get("OSTIARY_LINES_SEED", str(time.time_ns()) if is_long else "1")
        lines = random_lines(random.Random(seed), 10_000 if is_long else 300)
        commands = {name: command for name, command in peers_of_every_kind.reader_commands().items()
                    if name not in LEFT_OUT}
        with tempfile.TemporaryDirectory() as directory, concurrent.futures.ThreadPoolExecutor(4) as pool:
            runs = {name: pool.submit(run_all, name, command, directory, lines) for name, command in commands.items()}
        outcomes = {name: run.result() for name, run in runs.items()}
        faults = []
        passed = 0
        for i, line in enumerate(lines):
            wanted = outcomes["lf_strict"][i][:2]
            passed += bool(wanted[0])
            for name in commands:
                raw, seen, denied = outcomes[name][i]
                if denied or (raw, seen) != wanted:
                    faults.append(f"{name}: {line!r}\n    {raw[:300]!r} {seen} {denied}, and lf_strict: {wanted}")
        print(f"seed {seed}: {len(lines)} lines, {passed} reached the server, {len(commands)} readers, "
              f"{len(faults)} faults")
        self.assertFalse(faults, f"seed {seed}, {len(faults)} faults:\n" + "\n".join(faults[:100]))
        self.assertGreater(passed, len(lines) // 50, "hardly any line passed: that tests little")


if __name__ == "__main__":
    unittest.main()
