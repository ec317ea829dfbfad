"""How servers of different languages read their standard input, one reader for each habit.

A reader takes bytes as they come and gives the JSON values that it sees in them. READERS names them all.
"""

import codecs
import json
import re

import lenient_json

WIDE_TO_ASCII = {0xFF01 + i: 0x21 + i for i in range(94)}
# What full case folding makes of ligatures, Python's casefold does as well; these it does not.
ALIKE = {ord("\u0131"): "i", ord("\u0130"): "i"}


class LineReader:
    """Cuts at `ends`, a pattern over text, and gives `parse` each line. What it cannot read it skips."""

    def __init__(self, parse, ends="\n"):
        self._parse = parse
        self._ends = re.compile(ends)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._tail = ""

    def feed(self, data):
        *lines, self._tail = self._ends.split(self._tail + self._decoder.decode(data))
        for line in lines:
            try:
                yield from self._parse(line)
            except (ValueError, RecursionError):
                continue


class StreamReader:
    """Takes values one after another, on one line or over several. Where it cannot go on, it looks for the next
    opening brace or bracket."""

    def __init__(self):
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._text = ""
        self._json = json.JSONDecoder()

    def feed(self, data):
        self._text += self._decoder.decode(data)
        while True:
            self._text = self._text.lstrip(" \t\r\n")
            if not self._text:
                return
            try:
                value, end = self._json.raw_decode(self._text)
            except json.JSONDecodeError as error:
                if error.pos >= len(self._text.rstrip()) or error.msg.startswith("Unterminated string"):
                    return  # the rest may still come
                end, value = self._next_opening(), None
            except RecursionError:
                end, value = self._next_opening(), None
            self._text = self._text[end:]
            if value is not None:
                yield value

    def _next_opening(self):
        return min((at for at in (self._text.find(c, 1) for c in "{[") if at > 0), default=len(self._text))


def refuse_constant(name):
    raise ValueError(name)


def strict(line):
    yield json.loads(line, parse_constant=refuse_constant)


def python_default(line):
    """NaN and Infinity are numbers here, and the last duplicate wins."""
    yield json.loads(line, strict=False)


def first_wins(line):
    def first(pairs):
        value = {}
        for key, member in pairs:
            value.setdefault(key, member)
        return value

    yield json.loads(line, object_pairs_hook=first)


def folded(key):
    """The key without regard to case, width, ligatures and what follows a NUL."""
    key = key.split("\0", 1)[0] or key.replace("\0", "")
    return key.translate(WIDE_TO_ASCII).translate(ALIKE).upper().casefold()


def caseless(fold):
    known = {fold(key): key for key in (
        "jsonrpc", "id", "method", "params", "result", "error", "name", "uri", "arguments", "_meta", "tools",
        "prompts", "resources", "resourceTemplates", "uriTemplate", "taskId", "requestId", "ref", "type", "tasks")}

    def hook(pairs):
        return {known.get(fold(key), key): member for key, member in pairs}

    def parse(line):
        yield json.loads(line, object_pairs_hook=hook)

    return parse


def trimming(line):
    """Skips a byte order mark and every blank of Unicode around the value."""
    yield json.loads(line.strip().strip("\ufeff\0").strip())


def c_string(line):
    """The line ends at a NUL, and so does every key and string."""
    def cut(value):
        if isinstance(value, str):
            return value.split("\0", 1)[0]
        if isinstance(value, dict):
            return {cut(key): cut(member) for key, member in value.items()}
        return [cut(element) for element in value] if isinstance(value, list) else value

    yield cut(json.loads(line.split("\0", 1)[0]))


def first_value(line):
    """Whatever follows the first value is ignored, and so is what stands before its brace."""
    value, _ = json.JSONDecoder(strict=False).raw_decode(line[max(line.find("{"), 0):])
    yield value


def batches(line):
    """Lists are batches, however deep."""
    def messages(value):
        if isinstance(value, list):
            for element in value:
                yield from messages(element)
        else:
            yield value

    yield from messages(json.loads(line))


READERS = {
    "lf_strict": lambda: LineReader(strict),
    "last_wins": lambda: LineReader(python_default),
    "first_wins": lambda: LineReader(first_wins),
    "any_newline": lambda: LineReader(python_default, "\r\n|\r|\n"),
    "unicode_lines": lambda: LineReader(python_default, "\r\n|[\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029]"),
    "stream": StreamReader,
    "caseless": lambda: LineReader(caseless(folded)),
    "caseless_squeezed": lambda: LineReader(caseless(lambda key: folded(key.replace("\0", "")))),
    "trimming": lambda: LineReader(trimming),
    "c_string": lambda: LineReader(c_string),
    "first_value": lambda: LineReader(first_value),
    "batches": lambda: LineReader(batches),
    "lenient": lambda: LineReader(lenient_json.loads),
    "lenient_any_newline": lambda: LineReader(lenient_json.loads, "\r\n|\r|\n|\0"),
}
