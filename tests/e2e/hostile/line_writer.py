"""An MCP server that writes what it is told to. It holds every request, and answers only

- a ping whose id begins with "ping ", at once;
- a call of the tool "write", after it has written its argument "hex" as it is;
- a call of the tool "release", after all requests that it held.
"""

import json
import os

import reader_server


def send(id_, result):
    os.write(1, json.dumps({"jsonrpc": "2.0", "id": id_, "result": result}).encode() + b"\n")


def write_all(data):
    while data:
        data = data[os.write(1, data):]


def handle(message, held):
    if "method" not in message or "id" not in message:
        return
    id_, method, name = message["id"], message["method"], message.get("params", {}).get("name")
    if method == "ping" and str(id_).startswith("ping "):
        send(id_, {})
    elif method == "tools/call" and name == "write":
        write_all(bytes.fromhex(message["params"]["arguments"]["hex"]))
        send(id_, {"content": []})
    elif method == "tools/call" and name == "release":
        for held_id, held_method in held:
            send(held_id, reader_server.RESULTS.get(held_method, {}))
        held.clear()
        send(id_, {"content": []})
    else:
        held.append((id_, method))


def main():
    held, tail = [], b""
    while data := os.read(0, 1 << 20):
        *lines, tail = (tail + data).split(b"\n")
        for line in lines:
            handle(json.loads(line), held)


if __name__ == "__main__":
    main()
