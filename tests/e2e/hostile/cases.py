"""The cases of tests/cases/lines, and what a strict reader makes of a line."""

import dataclasses
import json
import pathlib

import reader_server

ROOT = pathlib.Path(__file__).resolve().parents[3]
FOLDER = ROOT / "tests" / "cases" / "lines"


@dataclasses.dataclass
class Case:
    name: str
    line: bytes
    want: str
    forwarded: bytes
    id: str  # as JSON, "" where none is said
    code: str
    says: str
    torn_by: list
    asked: str  # the id of a request of the server that is open, as JSON; "" for none
    asked_for: str  # the method of the client's request 2
    withheld: str  # the id of that request where an error answers it in the line's place

    def __str__(self):
        return f"{self.name}: {self.line[:300]!r}"


def as_json(value):
    """A number in the file stands for itself, a string for the JSON that it holds."""
    return value if isinstance(value, str) else json.dumps(value)


def line_of(case):
    if "line_hex" in case:
        return bytes.fromhex(case["line_hex"])
    repeat = case.get("repeat", {"mark": "", "text": "", "times": 0})
    line = case["line"]
    return (line.replace(repeat["mark"], repeat["text"] * repeat["times"], 1) if repeat["mark"] else line).encode()


def read(file):
    return json.loads((FOLDER / file).read_text())


def load(file):
    """The cases of client.json or server.json."""
    cases = []
    for case in read(file):
        line = line_of(case)
        forwarded = case["forwarded"].encode() if "forwarded" in case else line
        cases.append(Case(case["name"], line, case["want"], forwarded, as_json(case.get("id", "")),
                          as_json(case.get("code", "")), case.get("says", ""), case.get("torn_by", []),
                          as_json(case.get("asked", "")),
                          case.get("asked_for", "tools/list"), as_json(case.get("withheld", ""))))
    return cases


def understood(line):
    """What a server should note of a line that passes: (method, what ran or None). None for an answer."""
    message = json.loads(line)
    method = message.get("method")
    return None if not isinstance(method, str) else (method, reader_server.what_ran(method, message.get("params")))


def is_request(line):
    message = json.loads(line)
    return "method" in message and "id" in message


def denied(names):
    """Those of the names that the rules deny, however a reader came to them."""
    return [name for name in names if isinstance(name, str) and name.startswith("deny")]
