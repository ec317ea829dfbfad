"""A client's session with the busy server, through a sidecar: it asks at random, and knows what may come of each request."""

import collections
import contextlib
import dataclasses
import hashlib
import json
import os
import random
import signal
import subprocess
import threading
import time

from busy_tools import NEVER, TOOLS

PATIENCE = 30
MOST_OPEN = 200
NO_JSON_RPC = (b'{"jsonrpc":"2.0","id":1,\n', b"[]\n", b"nonsense\n", b"\xff\xfe\n")


@dataclasses.dataclass
class Request:
    method: str
    sent: float
    tool: str = ""
    number: int = 0
    text: str = ""
    long: int = 0


class Session:
    """`found` takes what is wrong, as a sentence; `command` starts a sidecar."""

    def __init__(self, command, policies, found):
        self.policies = policies
        self.found = found
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0)
        self.sending = threading.Lock()
        self.changed = threading.Condition()
        self.open = {}  # by the id's JSON
        self.numbers = {}  # of calls sent: the tool
        self.outcomes = {}  # of calls that are answered, by number: "allowed", "denied" or "undecided"
        self.shown = None  # by the last list
        # Lines that are no message, and the answers to such: each is counted by one thread.
        self.unreadable = 0
        self.refused = 0
        self.record = None  # the server's, once it is known
        self.log = collections.deque(maxlen=20)
        self.readers = [threading.Thread(target=self._read), threading.Thread(target=self._read_log)]
        for reader in self.readers:
            reader.start()

    # What a client does.

    def begin(self):
        self._ask("initialize", {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "c", "version": "1"}})
        self._send(b'{"jsonrpc":"2.0","method":"notifications/initialized"}\n')

    def chatter(self, until):
        """Asks for anything, until then."""
        while time.monotonic() < until:
            dice = random.random()
            if len(self.open) >= MOST_OPEN:
                self._wait(lambda: len(self.open) < MOST_OPEN)
            elif dice < 0.9:
                self._call(random.choice(sorted(TOOLS)))
            elif dice < 0.95:
                self._ask(random.choice(("tools/list", "ping")), {})
            elif dice < 0.96:
                self._send(random.choice(NO_JSON_RPC))
                self.unreadable += 1
            elif dice < 0.962:
                self.process.send_signal(signal.SIGSTOP)
                time.sleep(random.random() * 0.3)
                self.process.send_signal(signal.SIGCONT)
            else:
                time.sleep(random.random() * 0.1)

    def settle(self, allowed):
        """Until the session decides by the policy that allows those, and then each tool, of which exactly those must run."""
        deadline = time.monotonic() + PATIENCE
        while self.shown != allowed:
            if time.monotonic() > deadline:
                self._wrong(f"it shows {self.shown} {PATIENCE} s after the policy that allows {allowed}")
                return
            self._ask("tools/list", {})
            self._answered()
        outcomes = {}
        while undecided := {tool for tool in TOOLS if outcomes.get(tool, "undecided") == "undecided"}:
            if time.monotonic() > deadline:
                self._wrong(f"{undecided} is undecided still")
                return
            numbers = {tool: self._call(tool) for tool in sorted(undecided)}
            self._answered()
            outcomes.update({tool: self.outcomes.get(number) for tool, number in numbers.items()})
        ran = {tool for tool, outcome in outcomes.items() if outcome == "allowed"}
        if ran != allowed:
            self._wrong(f"{ran} ran, and {allowed} are allowed")

    def end(self, *, is_orderly):
        """Closes the session: with all answered, or with calls open."""
        if is_orderly:
            self._answered()
        with self.sending:
            self.process.stdin.close()
        try:
            status = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._wrong("the sidecar does not end")
            self.process.kill()
            status = self.process.wait()
        for reader in self.readers:
            reader.join()
        self.process.stdout.close()
        self.process.stderr.close()
        if is_orderly and status != 0:
            self._wrong(f"it ended with {status}")
        if is_orderly and self.refused != self.unreadable:
            self._wrong(f"{self.unreadable} lines were no message, and {self.refused} were refused")
        self._check_record(is_orderly=is_orderly)

    def _call(self, tool):
        number = len(self.numbers) + 1
        long = random.choice((0, 0, 100, 300, 300, 1000)) if random.random() < 0.98 else random.choice((70_000, 300_000, 2_000_000))
        text = "".join(random.choice('abc"\\é☃\n') for _ in range(30)) + "x" * long
        answer = random.choice((0, long))
        self.numbers[number] = tool
        self._ask("tools/call", {"name": tool, "arguments": {"number": number, "text": text, "long": answer}},
                  tool=tool, number=number, text=text, long=answer)
        return number

    def _ask(self, method, params, **request):
        number = random.getrandbits(52)
        ident = random.choice((number, -number, f"i{number}"))
        message = {"jsonrpc": "2.0", "id": ident, "method": method, "params": params}
        if random.random() < 0.3:
            message = dict(sorted(message.items(), key=lambda _: random.random()))
        with self.changed:
            self.open[json.dumps(ident)] = Request(method, time.monotonic(), **request)
        self._send(json.dumps(message, ensure_ascii=random.random() < 0.5).encode() + b"\n")

    def _send(self, line):
        with self.sending:
            while line:
                size = len(line) if random.random() < 0.8 else random.randrange(len(line)) + 1
                line = line[self.process.stdin.write(line[:size]):]

    def _wait(self, condition):
        with self.changed:
            return self.changed.wait_for(condition, PATIENCE)

    def _answered(self):
        if not self._wait(lambda: not self.open):
            self._wrong(f"no answer to {list(self.open.values())[:3]}")
            self.open.clear()

    # What comes back.

    def _read(self):
        with os.fdopen(os.dup(self.process.stdout.fileno()), "rb") as output:
            for line in output:
                message = json.loads(line)
                if "method" in message:
                    self._on_server_message(message)
                elif message["id"] is None:
                    self.refused += 1
                else:
                    self._on_answer(message)
                if random.random() < 0.003:
                    time.sleep(random.random() * 0.3)

    def _read_log(self):
        with os.fdopen(os.dup(self.process.stderr.fileno()), "rb") as log:
            self.log.extend(log)

    def _on_server_message(self, message):
        if "id" not in message:
            return
        answer = {"jsonrpc": "2.0", "id": message["id"], "result": {"answer": message["params"]["question"]}}
        with contextlib.suppress(ValueError, BrokenPipeError):  # the session ends
            self._send(json.dumps(answer).encode() + b"\n")

    def _on_answer(self, message):
        with self.changed:
            request = self.open.pop(json.dumps(message["id"]), None)
            if request is None:
                self._wrong(f"an answer to no request: {message}")
            elif (decision := self._decision(message)) is not None:
                self._on_denial(request, decision)
            elif "error" in message:
                self._wrong(f"{request} got {message}")
            else:
                self._on_result(request, message["result"])
            self.changed.notify_all()

    @staticmethod
    def _decision(message):
        if "error" in message:
            return (message["error"].get("data") or {}).get("ostiary/decision")
        return message["result"].get("_meta", {}).get("ostiary/decision")

    def _on_denial(self, request, decision):
        if request.tool:
            self.outcomes[request.number] = decision["outcome"]
        if decision["outcome"] == "undecided":
            return
        if not request.tool or False not in self.policies.possible(request.tool, request.sent, time.monotonic()):
            self._wrong(f"{request} was denied: {decision}")

    def _on_result(self, request, result):
        if request.method == "initialize":
            self.record = result["serverInfo"]["title"]
        elif request.method == "tools/list":
            self._on_list(request, {tool["name"] for tool in result["tools"]})
        elif request.method == "tools/call":
            self.outcomes[request.number] = "allowed"
            if True not in self.policies.possible(request.tool, request.sent, time.monotonic()):
                self._wrong(f"{request} was allowed")
            if result["content"][0]["text"] != hashlib.sha256(request.text.encode()).hexdigest() + "y" * request.long:
                self._wrong(f"{request} got another answer")

    def _on_list(self, request, shown):
        self.shown = shown
        now = time.monotonic()
        for tool in TOOLS:
            if (tool in shown) not in self.policies.possible(tool, request.sent, now):
                self._wrong(f"{tool} was {'shown' if tool in shown else 'cut out'}")

    # What reached the server.

    def _check_record(self, *, is_orderly):
        if self.record is None:
            return
        with open(self.record, encoding="utf-8") as file:
            record = [json.loads(line) for line in file]
        calls = [(entry["called"], entry["number"]) for entry in record if "called" in entry]
        numbers = [number for _, number in calls]
        if len(set(numbers)) != len(numbers):
            self._wrong("a call ran twice")
        if any(self.numbers.get(number) != tool for tool, number in calls):
            self._wrong("a call ran that was not sent so")
        if any(tool in NEVER for tool, _ in calls):
            self._wrong("a call ran that no policy allows")
        for tool in TOOLS:
            of_tool = [number for called, number in calls if called == tool]
            if of_tool != sorted(of_tool):
                self._wrong(f"calls of {tool} ran in another order")
        answered = {number for number, outcome in self.outcomes.items() if outcome == "allowed"}
        if answered - set(numbers) or is_orderly and set(numbers) != answered:
            self._wrong("what ran is not what was answered")
        if any("odd" in entry for entry in record):
            self._wrong("a message reached the server that nobody sent")
        answers = [entry for entry in record if "answered" in entry]
        if any(entry["result"] not in (None, {"answer": entry["answered"]}) for entry in answers):
            self._wrong("the server got another answer")
        if is_orderly and len(answers) != record[-1].get("asked"):
            self._wrong(f"{len(answers)} answers reached the server: {record[-1]}")

    def _wrong(self, what):
        self.found(f"{what}\n(the sidecar {self.process.args} says: {b''.join(self.log).decode()})")
