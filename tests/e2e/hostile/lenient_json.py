"""A JSON reader that takes what lenient libraries take: comments, bare keys, single quotes, trailing and missing
commas at the end, NaN and Infinity, hexadecimal, octal and signed numbers, raw control characters, odd escapes.
"""

import re

BLANKS = " \t\r\n\v\f\xa0\ufeff\u2028\u2029\x00"
WORDS = {"true": True, "false": False, "null": None, "undefined": None, "nan": float("nan"),
         "infinity": float("inf"), "none": None}
WORD = re.compile(r"[^\s\x00,:\[\]{}\"'/]+")
NUMBER = re.compile(r"([+-]*)(0[xX][0-9a-fA-F]+|[0-9]*\.?[0-9]*(?:[eE][+-]?[0-9]+)?)n?$")
ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "0": "\0", "\n": ""}
MAX_DEPTH = 200


def loads(text):
    """All the values on a line, one after another, whatever stands between them."""
    values = []
    reader = _Reader(text)
    while reader.skip() and len(values) < 1000:
        values.append(reader.value(0))
        while reader.peek() in (",", ";"):
            reader.at += 1
    return values


class _Reader:
    def __init__(self, text):
        self.text = text
        self.at = 0

    def peek(self):
        self.skip()
        return self.text[self.at] if self.at < len(self.text) else ""

    def skip(self):
        """Goes over blanks and comments. False at the end."""
        text = self.text
        while self.at < len(text):
            if text[self.at] in BLANKS or text[self.at].isspace():
                self.at += 1
            elif text.startswith("/*", self.at):
                end = text.find("*/", self.at + 2)
                self.at = len(text) if end < 0 else end + 2
            elif text.startswith("//", self.at) or text[self.at] == "#":
                ends = [end for end in (text.find(c, self.at) for c in "\r\n\u2028\u2029") if end >= 0]
                self.at = min(ends, default=len(text))
            else:
                return True
        return False

    def value(self, depth):
        if depth > MAX_DEPTH:
            raise ValueError("too deep")
        first = self.peek()
        if first == "{":
            return self.members(depth)
        if first == "[":
            return self.elements(depth)
        if first and first in "\"'`":
            return self.string(first)
        return self.word()

    def members(self, depth):
        self.at += 1
        value = {}
        while self.peek() not in ("}", ""):
            first = self.peek()
            key = self.string(first) if first in "\"'`" else str(self.word_text())
            if self.peek() in (":", "="):
                self.at += 1
            value[key] = self.value(depth + 1)
            while self.peek() in (",", ";"):
                self.at += 1
        self.at += 1
        return value

    def elements(self, depth):
        self.at += 1
        value = []
        while self.peek() not in ("]", ""):
            value.append(self.value(depth + 1))
            while self.peek() in (",", ";"):
                self.at += 1
        self.at += 1
        return value

    def string(self, quote):
        self.at += 1
        out = []
        while self.at < len(self.text) and self.text[self.at] != quote:
            if self.text[self.at] == "\\":
                out.append(self.escape())
            else:
                out.append(self.text[self.at])
                self.at += 1
        self.at += 1
        return "".join(out)

    def escape(self):
        kind = self.text[self.at + 1:self.at + 2]
        for letter, digits in (("u", 4), ("x", 2)):
            code = self.text[self.at + 2:self.at + 2 + digits]
            if kind == letter and re.fullmatch(r"[0-9a-fA-F]{%d}" % digits, code):
                self.at += 2 + digits
                return self.pair(int(code, 16))
        self.at += 2
        return ESCAPES.get(kind, kind)

    def pair(self, code):
        """The character of `code`, with the second half of a surrogate pair that follows it."""
        low = re.match(r"\\u([dD][c-fC-F][0-9a-fA-F]{2})", self.text[self.at:self.at + 6])
        if 0xD800 <= code < 0xDC00 and low:
            self.at += 6
            return chr(0x10000 + ((code & 0x3FF) << 10) + (int(low[1], 16) & 0x3FF))
        return chr(code)

    def word_text(self):
        found = WORD.match(self.text, self.at)
        if not found:
            raise ValueError(f"nothing readable at {self.at}")
        self.at = found.end()
        return found.group()

    def word(self):
        text = self.word_text()
        if text.lower().lstrip("+-") in WORDS:
            return WORDS[text.lower().lstrip("+-")]
        number = NUMBER.match(text)
        if number and number[2]:
            try:
                value = int(number[2], 16) if number[2][:2] in ("0x", "0X") else float(number[2])
            except ValueError:
                return text
            value = -value if number[1].count("-") % 2 else value
            return int(value) if abs(value) < 2**63 and value == int(value) else value
        return text
