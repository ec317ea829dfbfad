"""A PDP ends when it is told to, also where a peer of its Unix socket holds one of its threads up."""

import array
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "split"))
from served import eventually, lingering_descriptor, stop  # noqa: E402

PDP = os.environ["OSTIARY_TEST_PDP"]
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])


class StuckDrain(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        (self.folder / "rules.json").write_text(json.dumps({"agents": {"a": {"allow": {"servers": ["s"]}}}}))
        self.address = str(self.folder / "pdp.sock")
        self.pdp = subprocess.Popen(
            [PDP, "serve", "--rules", self.folder / "rules.json", "--listen", "unix:" + self.address, "--drain-grace", "100ms"],
            stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.pdp.wait)
        self.addCleanup(self.pdp.kill)
        self.addCleanup(self.pdp.stderr.close)
        eventually("the PDP listens", lambda: self.status() == 0)

    def status(self):
        return subprocess.run([PDP, "status", "--pdp", "unix:" + self.address], capture_output=True, check=False).returncode

    def hand_over_what_lingers(self):
        """Its first bytes, with a descriptor whose closing waits for years; the PDP's is the last."""
        lingers = lingering_descriptor(self.addCleanup)
        peer = socket.socket(socket.AF_UNIX)
        self.addCleanup(peer.close)
        peer.connect(self.address)
        stop(self.pdp.pid)
        peer.sendmsg([PREFACE], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [lingers]))])
        os.close(lingers)
        os.kill(self.pdp.pid, signal.SIGCONT)

    def threads_that_wait_for_a_close(self):
        tasks = pathlib.Path(f"/proc/{self.pdp.pid}/task")
        return [task.name for task in tasks.iterdir() if (task / "wchan").read_text() in ("wait_woken", "sk_stream_wait_close")]

    def await_log(self, text):
        self.assertTrue(any(text in line for line in self.pdp.stderr))

    def test_the_program_leaves_without_it(self):
        self.hand_over_what_lingers()
        eventually("a thread is held up", self.threads_that_wait_for_a_close)
        self.assertEqual(self.status(), 0, "others are answered")
        started = time.monotonic()
        self.pdp.terminate()
        self.await_log('"event":"draining"')
        self.pdp.send_signal(signal.SIGHUP)  # Asks for no end, and there is nothing to reload.
        self.assertEqual(self.pdp.wait(30), 1)
        print(f"gone after {time.monotonic() - started:.1f} s")
        self.assertIn("the drain did not end", self.pdp.stderr.read())

    def test_who_asks_twice_waits_for_nothing(self):
        self.hand_over_what_lingers()
        eventually("a thread is held up", self.threads_that_wait_for_a_close)
        self.pdp.terminate()
        self.await_log('"event":"draining"')
        self.pdp.send_signal(signal.SIGINT)
        self.assertEqual(self.pdp.wait(30), -signal.SIGINT)


unittest.main()
