"""An MCP server that reads as readers.py says, runs whatever it understands, and writes down what that was.

Usage: reader_server.py READER RECORD. RECORD gets one JSON object per line:
  {"raw": HEX}                            bytes that came
  {"method": M, "id": ID}                 a request or a notification; with "ran": [KIND, NAME] where it ran something
  {"answer": ID, "shown": [NAME...]}      an answer, with all names in lists of its result

It answers every request. A call of the tool "write" writes its argument "hex" as it is, before its own answer.
"""

import json
import os
import sys

import readers

LISTS = {"tools": "name", "prompts": "name", "resources": "uri", "resourceTemplates": "uriTemplate", "tasks": "taskId"}
RUNS = {"tools/call": ("TOOL", "name"), "prompts/get": ("PROMPT", "name"), "resources/read": ("RESOURCE", "uri"),
        "resources/subscribe": ("RESOURCE", "uri"), "tasks/get": ("TASK", "taskId"),
        "tasks/result": ("TASK", "taskId"), "tasks/cancel": ("TASK", "taskId"), "tasks/update": ("TASK", "taskId")}
RESULTS = {"initialize": {"protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": {"name": "r", "version": "1"}},
           "tools/list": {"tools": []}, "prompts/list": {"prompts": []}, "resources/list": {"resources": []},
           "resources/templates/list": {"resourceTemplates": []}, "tasks/list": {"tasks": []},
           "tools/call": {"content": []}}


def get(value, key):
    return value.get(key) if isinstance(value, dict) else None


def what_ran(method, params):
    if method == "completion/complete":
        ref = get(params, "ref")
        return ["COMPLETION", get(ref, "name") if get(ref, "uri") is None else get(ref, "uri")]
    if method not in RUNS:
        return None
    kind, key = RUNS[method]
    if isinstance(params, list):  # by position
        return [kind, params[0] if params else None]
    return [kind, get(params, key)]


def shown(result):
    names = []
    for key, name in LISTS.items():
        elements = get(result, key)
        for element in elements if isinstance(elements, list) else []:
            names.append(get(element, name) if isinstance(element, dict) else element)
    return names


def understood(message):
    """What to note of a value that was read; None for what is no message."""
    if not isinstance(message, dict):
        return None
    method, id_ = message.get("method"), message.get("id")
    if method is None:
        return {"answer": id_, "shown": shown(message.get("result"))}
    ran = what_ran(method, message.get("params")) if isinstance(method, str) else None
    return {"method": method, "id": id_, **({"ran": ran} if ran is not None else {})}


class Server:
    def __init__(self, record):
        self._record = os.open(record, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def note(self, entry):
        os.write(self._record, json.dumps(entry).encode() + b"\n")

    def send(self, message):
        os.write(1, json.dumps(message).encode() + b"\n")

    def handle(self, message):
        entry = understood(message)
        if entry is None:
            return
        self.note(entry)
        if entry.get("ran") == ["TOOL", "write"]:
            os.write(1, bytes.fromhex(message["params"]["arguments"]["hex"]))
        if "method" in entry and entry["id"] is not None:
            result = RESULTS.get(entry["method"], {}) if isinstance(entry["method"], str) else {}
            self.send({"jsonrpc": "2.0", "id": entry["id"], "result": result})


def main():
    reader = readers.READERS[sys.argv[1]]()
    server = Server(sys.argv[2])
    while data := os.read(0, 1 << 16):
        server.note({"raw": data.hex()})
        for value in reader.feed(data):
            server.handle(value)
    for value in reader.feed(b"\n"):  # many readers take a last line without its end
        server.handle(value)


if __name__ == "__main__":
    main()
