"""Many clients at random, while the rules change and the PDP fails: no denied call runs, and no allowed one is lost.

OSTIARY_SOAK_SECONDS in the environment says how long each shape is soaked.
"""

import collections
import contextlib
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import unittest

from policies import Policies
from session import PATIENCE, Session

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "split"))
from served import eventually  # noqa: E402

PDP = os.path.abspath(os.environ["OSTIARY_TEST_PDP"])
SIDECAR = os.path.abspath(os.environ["OSTIARY_TEST_SIDECAR"])
SERVER = [sys.executable, "-B", str(pathlib.Path(__file__).resolve().parent / "busy_server.py")]
SECONDS = float(os.environ.get("OSTIARY_SOAK_SECONDS", "10"))
CLIENTS = 3
ROUND_SECONDS = 8.0


class Pdp:
    """A PDP that is killed, stopped and started anew. Its connections are renewed every few seconds."""

    def __init__(self, folder, rules):
        self.address = f"unix:{folder}/pdp.sock"
        self.command = [PDP, "serve", "--rules", rules, "--listen", self.address, "--heartbeat", "500ms", "--lease", "2s",
                        "--max-connection-age", "5s", "--max-connection-age-grace", "1s", "--log-level", "error"]
        self._start()

    def _start(self):
        self.process = subprocess.Popen(self.command, stderr=subprocess.DEVNULL)
        status = [PDP, "status", "--pdp", self.address]
        eventually("the PDP answers", lambda: subprocess.run(status, capture_output=True, check=False).returncode == 0)

    def fail(self):
        fault = random.choice((signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP))
        self.process.send_signal(fault)
        if fault == signal.SIGSTOP:
            time.sleep(random.random() * 4)
            self.process.send_signal(signal.SIGCONT)
            return
        self.process.wait()
        time.sleep(random.random() * 2)
        self._start()

    def end(self):
        self.process.terminate()
        self.process.wait()


class Soak(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.rules = self.folder / "rules.json"
        self.policies = Policies(self.rules)
        self.pdp = None
        self.last = None  # what the last policy of a round allows
        self.found = []
        self.counts = collections.Counter()

    def guarded(self, verb, source, *flags):
        return [SIDECAR, verb, "--agent", "soaked", "--server", "busy", *source, *flags, "--", *SERVER, str(self.folder)]

    def with_pdp(self):
        self.pdp = Pdp(self.folder, self.rules)
        self.addCleanup(self.pdp.end)
        return ["--pdp", self.pdp.address]

    def trouble(self, until):
        """What operators do, and what befalls them."""
        while time.monotonic() < until:
            dice = random.random()
            if dice < 0.6:
                self.policies.write()
            elif dice < 0.7:
                with self.policies.broken():
                    time.sleep(random.random())
            elif dice < 0.8 and self.pdp is not None:
                self.pdp.fail()
            time.sleep(random.random())

    def sessions(self, command, until, calm):
        """One after the other, most of them closed with calls open; the last is there when all is calm."""
        while True:
            session = Session(command, self.policies, self.found.append)
            self.addCleanup(session.process.kill)
            session.begin()
            end = time.monotonic() + random.uniform(0.5, 2 * ROUND_SECONDS)
            session.chatter(min(end, until))
            if end >= until:
                break
            session.end(is_orderly=random.random() < 0.3)
            self.counts.update(session.outcomes.values())
        calm.wait(PATIENCE)  # for the last trouble
        calm.wait(PATIENCE)  # for the last policy
        session.settle(self.last)
        session.end(is_orderly=True)
        self.counts.update(session.outcomes.values())

    def client(self, command, until, calm):
        try:
            self.sessions(command, until, calm)
        except Exception as problem:  # noqa: BLE001 - whatever it is, the others must not wait
            self.found.append("".join(traceback.format_exception(problem)))
            calm.abort()

    def one_round(self, command, until):
        calm = threading.Barrier(CLIENTS + 1)
        clients = [threading.Thread(target=self.client, args=(command, until, calm)) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        self.trouble(until)
        with contextlib.suppress(threading.BrokenBarrierError):  # then one of them has said why
            calm.wait(PATIENCE)
            self.last = self.policies.write()
            calm.wait(PATIENCE)
        for client in clients:
            client.join()

    def soak(self, command):
        end = time.monotonic() + SECONDS
        while time.monotonic() < end and not self.found:
            self.one_round(command, min(end, time.monotonic() + ROUND_SECONDS))
        print(dict(self.counts), flush=True)
        self.assertEqual(self.found, [])
        self.assertGreater(min(self.counts["allowed"], self.counts["denied"]), 100)

    def test_with_rules(self):
        self.soak(self.guarded("run", ["--rules", self.rules]))

    def test_with_a_pdp(self):
        self.soak(self.guarded("run", self.with_pdp()))

    def test_split(self):
        address = f"unix:{self.folder}/served.sock"
        serve = subprocess.Popen(self.guarded("serve", self.with_pdp(), "--listen", address), stderr=subprocess.DEVNULL)
        self.addCleanup(serve.wait)
        self.addCleanup(serve.terminate)
        self.soak([SIDECAR, "connect", address])


unittest.main()
