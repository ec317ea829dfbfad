"""GuardedReader: a sidecar in front of one reader, the client before it, and what came of what the client wrote."""

import dataclasses
import json
import pathlib

import cases
import conversation
import peers_of_every_kind

PING = b'{"jsonrpc":"2.0","id":"ping '


@dataclasses.dataclass
class Outcome:
    raw: bytes  # what reached the server, without the pings of this test
    seen: list  # what the server understood: (method, what ran)
    answers: list  # the lines that the client got

    @property
    def denied(self):
        return cases.denied([ran[1] for _, ran in self.seen if ran])


class GuardedReader:
    """Owns the sidecar and, through it, the server. For use with `with`."""

    def __init__(self, name, command, directory):
        self.name = name
        self._directory = pathlib.Path(directory) / name
        self._directory.mkdir()
        self._record_path = str(self._directory / "record")
        self._command = peers_of_every_kind.sidecar_command(self._directory, [*command, self._record_path])
        self._start()

    def _start(self):
        self._record = conversation.Record(self._record_path)
        self._client = conversation.Conversation(self._command, self._directory)

    def begin_anew(self):
        self._client.close()
        self._start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._client.close()

    def exchange(self, data, at_least=0):
        """Writes `data` and pings; see Conversation.exchange."""
        lines = self._client.exchange(data, at_least)
        return self._outcome(lines)

    def end(self, data):
        """Writes `data`, ends the input, and waits for the end of all. A new sidecar stands there then."""
        self.exchange(b"")  # a server that is still starting would be ended before it reads
        self._client.write(data)
        lines = self._client.end_input().splitlines()
        outcome = self._outcome(lines)
        self._start()
        return outcome

    def ask(self, request_id):
        """The server asks the client something, under this id."""
        request = b'{"jsonrpc":"2.0","id":%s,"method":"roots/list"}\n' % request_id.encode()
        call = {"jsonrpc": "2.0", "id": "write", "method": "tools/call",
                "params": {"name": "write", "arguments": {"hex": request.hex()}}}
        self.exchange(json.dumps(call).encode() + b"\n", 2)

    def answer(self, request_id):
        """The client answers what it was asked, so that the request is open no more."""
        self.exchange(b'{"jsonrpc":"2.0","id":%s,"result":{}}\n' % request_id.encode())

    def _outcome(self, lines):
        raw, entries = self._record.take()
        raw = b"".join(line for line in raw.splitlines(keepends=True) if not line.startswith(PING))
        entries = [e for e in entries if not (e.get("method") == "ping" and str(e.get("id")).startswith("ping "))]
        return Outcome(raw, [(e["method"], e.get("ran")) for e in entries if "method" in e], lines)
