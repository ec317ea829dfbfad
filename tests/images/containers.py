"""What the tests run: file trees, and programs in them as a container would run them."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/e2e/hostile"))
from conversation import Conversation  # noqa: E402

USER = 65532
PATIENCE_SECONDS = 20
# An agent that may read, and no more.
RULES = {"agents": {"scratch": {"allow": {"servers": ["files"], "tools": {"files": ["read_*"]}}}}}


def built(variable, default):
    """A program that scripts/test-images built, by its absolute path."""
    path = ROOT / os.environ.get(variable, default)
    if not path.is_file():
        raise SystemExit(f"{path} is not there; scripts/test-images builds it")
    return path


def static_sidecar():
    return built("OSTIARY_TEST_STATIC_SIDECAR", "build/release-static/sidecar/ostiary-sidecar")


def pdp():
    return built("OSTIARY_TEST_PDP", "build/dev/pdp/ostiary-pdp")


def scratch_server():
    return built("OSTIARY_TEST_SCRATCH_SERVER", "build/dev/tests/images/scratch_server")


def intruder():
    return built("OSTIARY_TEST_INTRUDER", "build/dev/tests/images/libintruder.so")


class Tree:
    """The files of a container, in a folder that goes with it. Other users may look in."""

    def __init__(self, path=None):
        self._own = None if path else tempfile.mkdtemp(prefix="ostiary-images.")
        self.path = pathlib.Path(path or self._own)
        self.path.chmod(0o755)

    def add(self, name, source, mode=0o755):
        target = self.path / name.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
        target.chmod(mode)

    def write(self, name, content, mode=0o644):
        target = self.path / name.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content if isinstance(content, str) else json.dumps(content))
        target.chmod(mode)

    def folder(self, name, mode=0o777):
        target = self.path / name.lstrip("/")
        target.mkdir(parents=True, exist_ok=True)
        target.chmod(mode)
        return target

    def mount(self, name, options):
        target = self.folder(name)
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", target], check=True)
        return target

    def make_read_only(self):
        """As readOnlyRootFilesystem does: the tree itself, and not what was mounted into it."""
        subprocess.run(["mount", "--rbind", self.path, self.path], check=True)
        subprocess.run(["mount", "-o", "remount,bind,ro", self.path], check=True)

    def command(self, *arguments):
        return [shutil.which("chroot"), f"--userspec={USER}:{USER}", "--groups=", str(self.path), *arguments]

    def run(self, *arguments, environment=None):
        return subprocess.run(self.command(*arguments), capture_output=True, text=True, timeout=PATIENCE_SECONDS,
                              stdin=subprocess.DEVNULL, env=environment or {})

    def close(self):
        if self._own:
            shutil.rmtree(self._own)


def wait_until(condition, what):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"in vain waited for: {what()}")
        time.sleep(0.02)


class Pdp:
    """A PDP that answers, as the command says; its log in a file of its own. The folder is removed with it."""

    def __init__(self, command):
        self._log = tempfile.NamedTemporaryFile(prefix="ostiary-pdp.")
        self.process = subprocess.Popen(command, stderr=self._log, stdin=subprocess.DEVNULL, env={})
        wait_until(lambda: '"serving' in self.log() or "listening" in self.log() or self.process.poll() is not None,
                   lambda: f"the PDP to serve; it says {self.log()}")
        if self.process.poll() is not None:
            raise AssertionError(f"the PDP ended: {self.log()}")

    def log(self):
        with open(self._log.name) as file:
            return file.read()

    def end(self):
        """Its exit status after SIGTERM. May be asked again."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(PATIENCE_SECONDS)
        finally:
            self.process.kill()
            self._log.close()


class Client(Conversation):
    """The MCP client of a sidecar that runs in a tree. Says what each call came to."""

    def __init__(self, tree, *flags, environment=None, command=None):
        self._next = 0
        run = ("run", "--agent", "scratch", "--server", "files", *flags, "--", "/scratch_server")
        super().__init__(tree.command("/ostiary-sidecar", *(command or run)), None, environment or {})
        self.request("initialize", {"protocolVersion": "2025-06-18", "capabilities": {},
                                    "clientInfo": {"name": "test", "version": "1"}})
        self.write(b'{"jsonrpc":"2.0","method":"notifications/initialized"}\n')

    def request(self, method, params):
        self._next += 1
        message = {"jsonrpc": "2.0", "id": self._next, "method": method, "params": params}
        self.write(json.dumps(message, separators=(",", ":")).encode() + b"\n")
        while True:
            answer = json.loads(self.read_line())
            if answer.get("id") == self._next:
                return answer

    def call(self, tool):
        """What a model reads of the answer."""
        answer = self.request("tools/call", {"name": tool, "arguments": {}})
        return answer["result"]["content"][0]["text"] if "result" in answer else answer["error"]["message"]
