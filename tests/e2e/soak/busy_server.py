"""An MCP server of forty tools that answers late, out of order and in pieces, asks its client things, and records what reached it.

    busy_server.py FOLDER

Its record is FOLDER/<process id>.jsonl, one message a line, written before the message is answered. The answer to `initialize`
names it, as the server's title.
"""

import hashlib
import heapq
import json
import os
import random
import sys
import threading
import time

from busy_tools import TOOLS


class Output:
    """Writes messages when they are due, from a thread of its own."""

    def __init__(self):
        self.changed = threading.Condition()
        self.due = []
        self.messages = 0
        self.ended = False
        self.thread = threading.Thread(target=self._write_all)
        self.thread.start()

    def put(self, message, delay=0.0):
        with self.changed:
            self.messages += 1
            heapq.heappush(self.due, (time.monotonic() + delay, self.messages, message))
            self.changed.notify()

    def end(self):
        with self.changed:
            self.ended = True
            self.changed.notify()
        self.thread.join()

    def _next(self):
        with self.changed:
            while not self.due or self.due[0][0] > time.monotonic():
                if not self.due and self.ended:
                    return None
                self.changed.wait(max(0.0, self.due[0][0] - time.monotonic()) if self.due else None)
            return heapq.heappop(self.due)[2]

    def _write_all(self):
        while (message := self._next()) is not None:
            line = json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n"
            cut = random.randrange(len(line)) if random.random() < 0.1 else 0
            for piece in (line[:cut], line[cut:]):
                sys.stdout.buffer.write(piece)
                sys.stdout.buffer.flush()


def called(params, output, asked):
    arguments = params["arguments"]
    if random.random() < 0.1:
        asked += 1
        output.put({"id": asked, "method": "sampling/createMessage", "params": {"question": asked}})
    if random.random() < 0.1:
        output.put({"method": "notifications/message", "params": {"level": "info", "data": "é☃"}})
    digest = hashlib.sha256(arguments["text"].encode()).hexdigest()
    return {"content": [{"type": "text", "text": digest + "y" * arguments["long"]}]}, asked


def main():
    path = os.path.join(sys.argv[1], f"{os.getpid()}.jsonl")
    output = Output()
    asked = 0
    with open(path, "a", buffering=1, encoding="utf-8") as record:
        for line in sys.stdin.buffer:
            message = json.loads(line)
            params = message.get("params", {})
            if message.get("method") == "tools/call":
                record.write(json.dumps({"called": params["name"], "number": params["arguments"]["number"]}) + "\n")
                result, asked = called(params, output, asked)
            elif message.get("method") == "tools/list":
                result = {"tools": [{"name": tool, "description": "d" * random.randrange(300), "inputSchema": {"type": "object"}}
                                    for tool in sorted(TOOLS)]}
            elif message.get("method") == "initialize":
                result = {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}},
                          "serverInfo": {"name": "busy", "title": path, "version": "1"}}
            elif message.get("method") == "ping":
                result = {}
            elif "method" in message:
                if message["method"] != "notifications/initialized":
                    record.write(json.dumps({"odd": message["method"]}) + "\n")
                continue
            else:
                record.write(json.dumps({"answered": message["id"], "result": message.get("result")}) + "\n")
                continue
            delay = random.random() * 0.2 if random.random() < 0.4 and message["method"] != "initialize" else 0.0
            output.put({"id": message["id"], "result": result}, delay)
            if random.random() < 0.005:
                time.sleep(random.random() * 0.2)
        output.end()
        record.write(json.dumps({"ended": True, "asked": asked}) + "\n")


main()
