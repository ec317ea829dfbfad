"""A real `serve` in front of toy servers, clients on `connect`, and raw peers, for the tests of this folder."""

import array
import contextlib
import json
import os
import pathlib
import select
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

SIDECAR = os.path.abspath(os.environ["OSTIARY_TEST_SIDECAR"])
TOY_SERVER = os.path.abspath(os.environ["OSTIARY_TEST_TOY_SERVER"])
PATIENCE = 20

RULES = {"agents": {"tester": {"allow": {"servers": ["toy"]}, "deny": {"tools": {"toy": ["delete_*"]}}}}}


def eventually(what, condition, patience=PATIENCE):
    """Until it holds: what happens in other processes cannot be waited for otherwise."""
    deadline = time.monotonic() + patience
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {patience} s: {what}")
        select.select([], [], [], 0.005)
    return value


def is_alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def children_of(pid):
    try:
        return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def descendants_of(pid):
    below = children_of(pid)
    return below + [other for child in below for other in descendants_of(child)]


def as_user(uid, gid, command):
    return ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", "--", *command]


class Folder:
    """A folder for the socket and the rules, that any user may enter."""

    def __init__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="ostiary_served_"))
        self.path.chmod(0o755)
        self.socket = str(self.path / "mcp.sock")
        self.address = f"unix:{self.socket}"
        self.rules = self.path / "rules.json"
        self.rules.write_text(json.dumps(RULES))

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)

    def serve_command(self, flags=(), server=(TOY_SERVER,)):
        return [SIDECAR, "serve", "--listen", self.address, "--agent", "tester", "--server", "toy", "--rules",
                str(self.rules), *flags, "--", *server]


class Serve:
    """`serve`, and its log."""

    def __init__(self, folder, flags=(), server=(TOY_SERVER,), env=None, wait=True):
        self.folder = folder
        self.errors = folder.path / f"serve.{time.monotonic_ns()}.log"
        with open(self.errors, "wb") as errors:
            self.process = subprocess.Popen(folder.serve_command(flags, server), stdin=subprocess.DEVNULL,
                                            stdout=subprocess.DEVNULL, stderr=errors, env=env)
        if wait:
            eventually("serve listens", lambda: '"listening"' in self.log() or self.process.poll() is not None)

    def log(self):
        return self.errors.read_text()

    def sessions(self):
        return children_of(self.process.pid)

    def open_descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE)


class Client:
    """An MCP client on `connect`."""

    def __init__(self, folder, flags=(), user=None, env=None):
        command = [SIDECAR, "connect", folder.address, *flags]
        self.process = subprocess.Popen(as_user(*user, command) if user else command, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env)

    def call(self, tool, request_id=1):
        request = {"jsonrpc": "2.0", "id": request_id, "method": "tools/call", "params": {"name": tool}}
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        self.process.stdin.flush()
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        line = self.process.stdout.readline() if ready else b""
        return json.loads(line) if line else None

    def server_pid(self):
        """The process id of its server."""
        answer = self.call("pids", "pids")
        return int(answer["result"]["content"][0]["text"].split()[0])

    def leave(self):
        """Ends the input: (status, rest of the output, stderr)."""
        out, errors = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, out.decode(), errors.decode()

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


def what_it_has_open(pid):
    """What the descriptors of a process lead to, but for those that it closes meanwhile."""
    links = []
    for fd in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(FileNotFoundError):
            links.append(os.readlink(f"/proc/{pid}/fd/{fd}"))
    return links


def stop(pid):
    """SIGSTOP, and not back before every thread stands still: what is sent now is read later."""
    os.kill(pid, signal.SIGSTOP)
    tasks = pathlib.Path(f"/proc/{pid}/task")
    eventually("all threads stand still", lambda: all(
        (task / "stat").read_text().rpartition(")")[2].split()[0] == "T" for task in tasks.iterdir()))


def lingering_descriptor(cleanup):
    """The last descriptor of a connection whose closing waits for years, but for a signal."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        ours = socket.create_connection(listener.getsockname())
        silent, _ = listener.accept()
    cleanup(silent.close)
    ours.setblocking(False)
    try:
        while True:
            ours.send(b"x" * 65536)
    except BlockingIOError:
        pass
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 10_000))
    return ours.detach()


class RawPeer:
    """A peer of `serve` that does what it likes."""

    def __init__(self, folder, kind=socket.SOCK_SEQPACKET):
        self.socket = socket.socket(socket.AF_UNIX, kind)
        self.socket.connect(folder.socket)  # waits where the queue is full, as with a timeout it would not
        self.socket.settimeout(PATIENCE)

    def say(self, word, descriptors=()):
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
        self.socket.sendmsg([word.encode() if isinstance(word, str) else word], rights)

    def hear(self):
        """The next word and its descriptors; (None, []) at the end."""
        for _ in range(2):
            try:
                word, rights, _, _ = self.socket.recvmsg(2048, socket.CMSG_SPACE(4 * 4))
                break
            except ConnectionResetError:  # it said something before it left
                word, rights = b"", []
        fds = array.array("i")
        for _, _, data in rights:
            fds.frombytes(data[:len(data) - len(data) % fds.itemsize])
        return word.decode() or None, list(fds)

    def close(self):
        self.socket.close()
