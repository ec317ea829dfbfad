"""A PDP that takes no connection any more ends, so that whoever runs it starts it anew."""

import contextlib
import json
import os
import pathlib
import resource
import socket
import subprocess
import tempfile
import unittest

PDP = os.environ["OSTIARY_TEST_PDP"]
DESCRIPTORS = 64


class LostListener(unittest.TestCase):
    def start(self, soft, hard):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        (folder / "rules.json").write_text(json.dumps({"agents": {}}))
        self.pdp = subprocess.Popen(
            [PDP, "serve", "--rules", folder / "rules.json", "--listen", "127.0.0.1:0", "--drain-grace", "100ms"],
            stderr=subprocess.PIPE, text=True,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard)))
        self.addCleanup(self.pdp.wait)
        self.addCleanup(self.pdp.kill)
        self.addCleanup(self.pdp.stderr.close)
        events = (json.loads(line) for line in self.pdp.stderr)
        self.address = next(event["address"] for event in events if event["event"] == "listening")

    def test_it_ends_when_descriptors_ran_out_in_an_accept(self):
        self.start(DESCRIPTORS, DESCRIPTORS)
        host, port = self.address.split(":")
        with contextlib.suppress(ConnectionError):  # It may be gone before the last.
            for _ in range(2 * DESCRIPTORS):
                self.addCleanup(socket.create_connection((host, int(port))).close)
        self.assertEqual(self.pdp.wait(30), 1)
        self.assertIn('"event":"listener_lost"', self.pdp.stderr.read())

    def test_the_usual_limit_is_no_end(self):
        """What a program may raise for itself it raises."""
        self.start(DESCRIPTORS, 8 * DESCRIPTORS)
        host, port = self.address.split(":")
        for _ in range(2 * DESCRIPTORS):
            self.addCleanup(socket.create_connection((host, int(port))).close)
        asked = subprocess.run([PDP, "status", "--pdp", self.address], capture_output=True, text=True, check=False)
        self.assertEqual(asked.returncode, 0, asked.stderr)


unittest.main()
