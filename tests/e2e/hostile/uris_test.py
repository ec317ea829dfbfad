"""Other spellings of denied URIs, some thousand, through a real sidecar: what passes must not lead to a denied place by
Python's, Node's or Go's idea of a URI.

The spellings are random, the same 3,000 each time; with OSTIARY_LONG=1 they are 100,000 others. OSTIARY_URI_SEED sets the
seed, which is printed.
"""

import json
import os
import pathlib
import random
import shutil
import subprocess
import tempfile
import time
import unittest

import conversation
import peers_of_every_kind
import uri_places

RULES = ["file:///etc/*", "file:///home/jos\u00e9/*", "file:///my docs/*", "https://internal/*", "db://prod/*"]
DENIED = ["file:///etc/passwd", "file:///home/jos\u00e9/key", "file:///my docs/key", "https://internal/key",
          "db://prod/key"]
PLACES = ["file /etc/", "file /home/jos\u00e9/", "file /my docs/", "https internal /", "db prod /"]
ALLOWED = ["file:///tmp/passwd", "file:///home/joe/key", "file:///my%20files/key", "https://external/key",
           "db://test/key", "https://external/?u=https://internal/", "test://a%2Fb", "mailto:a@b"]


def is_denied(place):
    """An escape that is still there is part of a name: what is encoded twice is another thing."""
    return place.startswith(tuple(PLACES)) and "%" not in place


def anywhere(text, piece, dice, first=0):
    at = dice.randint(first, len(text))
    return text[:at] + piece + text[at:]


def escape_some(text, dice):
    scheme, _, rest = text.partition(":")
    escaped = "".join("".join(dice.choice(("%{:02x}", "%{:02X}")).format(b) for b in c.encode())
                      if c not in "%/?#:@" and dice.random() < 0.3 else c for c in rest)
    return f"{scheme}:{escaped}"


def more_dots(text, dice):
    slashes = [i for i, c in enumerate(text) if c == "/" and i > text.find("//") + 1]
    if not slashes:
        return text
    at = dice.choice(slashes)
    piece = dice.choice(["/.", "/x/..", "/%2e", "/x/%2E%2e", "/x/.%2e", "/x/y/../..", "//", "/", "/./."])
    return text[:at] + piece + text[at:]


def other_host(text, dice):
    scheme, mark, rest = text.partition("://")
    host, slash, path = rest.partition("/")
    hosts = [host.upper(), "user@" + host, "user:pass@" + host, host + ".", host + ":", host + ":443", host + ":0443",
             "a@b@" + host, "external\\@" + host, host + "\\@external", "external?@" + host, "external#@" + host,
             "[" + host + "]", host + ":443:", host + "%40external", "external%40" + host, host.replace("n", "%6e"), host.replace("i", "\uff49"), host[:1] + "\u00ad" + host[1:]]
    if scheme.lower() == "file":
        hosts = ["localhost", "LOCALHOST", "127.0.0.1", "any.host", "user@", "any:80", "[::1]"]
    return scheme + mark + dice.choice(hosts) + slash + path


MUTATIONS = [
    lambda t, d: "".join(d.choice((c.upper(), c)) for c in t[:t.find(":")]) + t[t.find(":"):],
    lambda t, d: anywhere(t, d.choice(["\t", "\n", "\r", "\r\n"]), d),
    lambda t, d: d.choice([" ", "\u0001", "\u001f ", "\t"]) + t,
    lambda t, d: t + d.choice([" ", "?x", "#x", "?/../..", "/", "/.", ";x", "%20"]),
    escape_some,
    escape_some,
    more_dots,
    more_dots,
    other_host,
    lambda t, d: t.replace("//", d.choice(["/", "", "////", "\\\\", "/\\", "///"]), 1),
    lambda t, d: t.replace("/", "\\") if d.random() < 0.3 else anywhere(t, "\\", d, 8),
    lambda t, d: t[:12] + t[12:].replace("/", d.choice(["%2f", "%2F", "%5C", "\\"])),
    lambda t, d: anywhere(t, d.choice(["\u00ad", "\u200b", "%00", "%0a", "%c0%af", "%252f", ".", "%2e%2e%2f"]), d, 7),
]


def spelling(dice):
    text = dice.choice(DENIED)
    for _ in range(dice.randint(1, 3)):
        text = dice.choice(MUTATIONS)(text, dice)
    return text


def by_program(command, uris):
    run = subprocess.run(command, input=json.dumps(uris).encode(), capture_output=True, check=True, timeout=60)
    return json.loads(run.stdout)


def places_of(uris):
    """Reader → the places of each URI."""
    found = {"python": [uri_places.places(uri) for uri in uris]}
    if node := shutil.which("node"):
        found["node"] = by_program([node, str(peers_of_every_kind.HERE / "uri_places.mjs")], uris)
    if go := os.environ.get("OSTIARY_TEST_GO_URIS"):
        found["go"] = by_program([go], uris)
    return found


class UrisTest(unittest.TestCase):
    def passed(self, uris):
        """Those that the sidecar lets through."""
        with tempfile.TemporaryDirectory() as directory:
            record = conversation.Record(str(pathlib.Path(directory) / "record"))
            command = peers_of_every_kind.sidecar_command(
                directory, [*peers_of_every_kind.reader_commands()["lf_strict"], record.path], RULES)
            client = conversation.Conversation(command, directory)
            for begin in range(0, len(uris), 100):
                lines = [json.dumps({"jsonrpc": "2.0", "id": begin + i, "method": "resources/read", "params": {"uri": u}})
                         for i, u in enumerate(uris[begin:begin + 100])]
                client.exchange("".join(line + "\n" for line in lines).encode(), len(lines))
            client.close()
            _, entries = record.take()
            return [entry["ran"][1] for entry in entries if entry.get("ran")]

    def test_no_spelling_of_a_denied_uri_leads_there(self):
        is_long = os.environ.get("OSTIARY_LONG") == "1"
        seed = os.environ.get("OSTIARY_URI_SEED", str(time.time_ns()) if is_long else "1")
        dice = random.Random(seed)
        uris = sorted({spelling(dice) for _ in range(100_000 if is_long else 3_000)})
        passed = self.passed(uris + DENIED)
        faults = [f"{reader}: {uri!r} leads to {place!r}" for reader, found in places_of(passed).items()
                  for uri, places in zip(passed, found) for place in places if is_denied(place)]
        print(f"seed {seed}: {len(uris)} spellings, {len(passed)} passed, {len(faults)} lead to a denied place")
        self.assertFalse(faults, f"seed {seed}, {len(faults)} faults:\n" + "\n".join(sorted(faults)[:200]))

    def test_what_is_not_denied_passes(self):
        self.assertEqual(self.passed(ALLOWED), ALLOWED)

    def test_the_readers_know_the_places(self):
        for reader, found in places_of(DENIED).items():
            for uri, places in zip(DENIED, found):
                self.assertTrue(any(is_denied(place) for place in places), f"{reader}: {uri}: {places}")


if __name__ == "__main__":
    unittest.main()
