"""A pod without a cluster: containers as processes with namespaces, root file systems and users of their own, that share
the volumes which they mount and nothing else."""

import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
PATIENCE = 20

PDP_USER = SIDECAR_USER = 65532
AGENT_USER = 1000
# The pod's fsGroup: what an emptyDir belongs to, and every container besides.
POD_GROUP = 3000

# Whoever plays a kubelet and is killed leaves no container behind.
UNSHARE = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--propagation", "private", "--pid", "--ipc", "--fork", "--kill-child"]


def why_not():
    """Why no pod can be played here; None where one can."""
    if os.geteuid() != 0:
        return "only root can make namespaces with users of their own"
    tried = subprocess.run([*UNSHARE, "mount", "-t", "tmpfs", "tried", "/mnt"], capture_output=True, text=True)
    return f"unshare is not permitted: {tried.stderr.strip()}" if tried.returncode else None


def eventually(what, condition):
    deadline = time.monotonic() + PATIENCE
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {PATIENCE} s: {what}")
        select.select([], [], [], 0.01)
    return value


class Container:
    """One process and what it started, in a container of the pod."""

    def __init__(self, pod, name, command, user, mounts=(), groups=(POD_GROUP,), stdin=subprocess.DEVNULL, env=None):
        self.name = name
        work = pod.path / "containers" / f"{name}.{time.monotonic_ns()}"
        (work / "root").mkdir(parents=True)
        self._pid_file = work / "pid"
        self._log = work / "log"
        words = ["sh", HERE / "container.sh", work / "root", self._pid_file, user, user, ",".join(map(str, groups)),
                 *mounts, "--", *command]
        with open(self._log, "wb") as log:
            self.process = subprocess.Popen([*UNSHARE, *map(str, words)], stdin=stdin, stdout=subprocess.PIPE,
                                            stderr=log, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **(env or {})})

    @property
    def pid(self):
        """Its first process, by the machine's number."""
        return int(eventually(f"{self.name} has begun",
                              lambda: self._pid_file.exists() and self._pid_file.read_text().strip()))

    def log(self):
        return self._log.read_text()

    def await_log(self, event):
        eventually(f"{self.name} logs {event}", lambda: event in self.log() or not self.is_running())
        assert self.is_running(), f"{self.name} left with {self.process.returncode}: {self.log()}"

    def is_running(self):
        return self.process.poll() is None

    def terminate(self):
        """As a kubelet does at first. The status."""
        os.kill(self.pid, signal.SIGTERM)
        return self.wait()

    def wait(self):
        self.process.wait(PATIENCE)
        return self.process.returncode

    def output(self, text=""):
        """What it says until its end, having been told `text`."""
        out, _ = self.process.communicate(text.encode() or None, timeout=PATIENCE)
        return out.decode()

    def kill(self):
        """Its first process, and so all of them."""
        if self.is_running():
            try:
                os.kill(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait(PATIENCE)
        for pipe in self.process.stdin, self.process.stdout:
            if pipe:
                pipe.close()


class Pod:
    """The agent `tester` with one MCP server, `toy`, in a container of its own, and a PDP."""

    SECRET = "the-token-that-only-the-server-may-have"

    def __init__(self, pdp, sidecar, server):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="ostiary_pod_"))
        self.path.chmod(0o755)
        self._programs = {"pdp": os.path.abspath(pdp), "sidecar": os.path.abspath(sidecar),
                          "server": os.path.abspath(server)}
        self._containers = []
        # emptyDir, as kubelet makes one for a pod with an fsGroup.
        for name in "bin", "mcp", "pdp":
            self._make(name, 0o2777, 0, POD_GROUP)
        self._make("rules", 0o755, 0, 0)
        (self.path / "rules" / "rules.json").write_text(json.dumps(
            {"agents": {"tester": {"allow": {"servers": ["toy"]}, "deny": {"tools": {"toy": ["delete_*"]}}}}}))
        self._make("secret", 0o500, SIDECAR_USER, SIDECAR_USER)
        (self.path / "secret" / "token").write_text(self.SECRET)
        os.chown(self.path / "secret" / "token", SIDECAR_USER, SIDECAR_USER)
        (self.path / "secret" / "token").chmod(0o400)

    def _make(self, name, mode, user, group):
        (self.path / name).mkdir()
        os.chown(self.path / name, user, group)
        (self.path / name).chmod(mode)

    def volume(self, name, target, mode):
        return f"{self.path / name}:{target}:{mode}"

    def program(self, name, target):
        """What the container's image holds."""
        return f"{self._programs[name]}:{target}:ro"

    def start(self, *args, **kwargs):
        container = Container(self, *args, **kwargs)
        self._containers.append(container)
        return container

    def start_pdp(self):
        pdp = self.start("pdp", ["/ostiary-pdp", "serve", "--rules", "/etc/ostiary/rules.json", "--listen",
                                 "unix:/run/ostiary/pdp.sock"], PDP_USER,
                         [self.program("pdp", "/ostiary-pdp"), self.volume("rules", "/etc/ostiary", "ro"),
                          self.volume("pdp", "/run/ostiary", "rw")])
        pdp.await_log('"listening"')
        return pdp

    def run_init(self):
        """The init container: puts the sidecar's program into a volume."""
        init = self.start("ostiary-install", ["/ostiary-sidecar", "install", "/opt/ostiary"], SIDECAR_USER,
                          [self.program("sidecar", "/ostiary-sidecar"), self.volume("bin", "/opt/ostiary", "rw")])
        status = init.wait()
        assert status == 0, init.log()

    def start_sidecar(self, wait=True):
        """The native sidecar: the server, its secret and the way to the PDP."""
        script = 'TOKEN=$(cat /secrets/token) && export TOKEN && exec /server'
        sidecar = self.start("mcp-toy", ["/ostiary-sidecar", "serve", "--listen", "unix:/run/mcp/toy.sock", "--allow-uid",
                                         str(AGENT_USER), "--agent", "tester", "--server", "toy", "--pdp",
                                         "unix:/run/ostiary/pdp.sock", "--", "sh", "-c", script], SIDECAR_USER,
                             [self.program("sidecar", "/ostiary-sidecar"), self.program("server", "/server"),
                              self.volume("mcp", "/run/mcp", "rw"), self.volume("pdp", "/run/ostiary", "rw"),
                              self.volume("secret", "/secrets", "ro")])
        if wait:
            sidecar.await_log('"listening"')
        return sidecar

    def agent_mounts(self):
        return [self.volume("bin", "/opt/ostiary", "ro"), self.volume("mcp", "/run/mcp", "ro"),
                f"{HERE / 'agent.py'}:/agent.py:ro"]

    def start_agent(self, *words, user=AGENT_USER, groups=(POD_GROUP,), more_mounts=(), env=None):
        """agent.py in the agent's container."""
        return self.start("agent", ["python3", "-E", "-s", "-B", "/agent.py", *words], user,
                          [*self.agent_mounts(), *more_mounts], groups, subprocess.PIPE, env)

    def end(self):
        for container in self._containers:
            container.kill()
        shutil.rmtree(self.path, ignore_errors=True)
