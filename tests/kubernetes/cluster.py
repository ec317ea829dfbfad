"""An API server with its etcd, real and on loopback, for as long as the tests run.

Only these two run: no controllers, no kubelet, no nodes. What a controller would do (the Deployment's pods, a
namespace's default service account) the tests do by hand; what a kubelet would do is not tested here.

`OSTIARY_KUBERNETES=build/kubernetes/vX python3 tests/kubernetes/cluster.py` runs one by itself, until interrupted, and
says how helm and kubectl find it.
"""

import atexit
import ctypes
import fcntl
import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.error

import api

ROOT = pathlib.Path(__file__).resolve().parents[2]
ISSUER = "https://kubernetes.default.svc.cluster.local"
START_SECONDS = 120
CLONE_NEWNET, SIOCSIFFLAGS, IFF_UP = 0x40000000, 0x8914, 0x1


def binaries():
    """Where scripts/test-kubernetes put kube-apiserver and etcd."""
    folder = os.environ.get("OSTIARY_KUBERNETES")
    if not folder:
        raise SystemExit("OSTIARY_KUBERNETES is not set: run these tests by scripts/test-kubernetes")
    return pathlib.Path(folder)


def run(*command, **keywords):
    """Runs a command that is expected to succeed, and returns what it printed."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, **keywords)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def end(process):
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Cluster:
    """A kube-apiserver over an etcd. `admin` is a client that may do everything."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.processes = []
        self.port = free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        self.ca = self.folder / "ca.crt"
        self.kubeconfig = self.folder / "kubeconfig"
        self.token = os.urandom(16).hex()
        self.admin = None
        self.isolated = False
        self.etcd_url = None
        # What signs service accounts' tokens comes first; tokens of all are taken.
        self.account_keys = [self.folder / "service-accounts.key"]

    def start(self):
        self.make_certificates()
        self.write_credentials()
        self.etcd_url = self.start_etcd()
        self.start_apiserver()
        self.admin = api.Client(self.url, self.ca, self.token)
        self.wait_until_ready()

    def make_certificates(self):
        """A CA, a serving certificate for loopback, and the key that signs service accounts' tokens."""
        at = lambda name: str(self.folder / name)
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", "/CN=tests of ostiary", "-keyout", at("ca.key"), "-out", at("ca.crt"),
            "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        self.certify("serving", "IP:127.0.0.1,DNS:localhost,DNS:kubernetes.default.svc")
        run("openssl", "genrsa", "-out", at("service-accounts.key"), "2048")

    def certify(self, name, names):
        """NAME.crt and NAME.key for a server of these names."""
        at = lambda suffix: str(self.folder / f"{name}.{suffix}")
        run("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", f"/CN={name}", "-keyout", at("key"), "-out", at("csr"))
        pathlib.Path(at("ext")).write_text(f"subjectAltName={names}\nextendedKeyUsage=serverAuth\n")
        run("openssl", "x509", "-req", "-in", at("csr"), "-CA", self.ca, "-CAkey", self.folder / "ca.key",
            "-CAcreateserial", "-days", "2", "-extfile", at("ext"), "-out", at("crt"))

    def write_credentials(self):
        (self.folder / "tokens.csv").write_text(f'{self.token},admin,admin,"system:masters"\n')
        # kubeconfig is YAML, and JSON is YAML.
        self.kubeconfig.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": {"server": self.url, "certificate-authority": str(self.ca)}}],
            "users": [{"name": "admin", "user": {"token": self.token}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "admin"}}]}))
        os.chmod(self.kubeconfig, 0o600)  # Helm warns about anything wider.

    def spawn(self, name, *arguments):
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes.append(subprocess.Popen(
                [binaries() / name, *arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder))

    def start_etcd(self):
        clients, peers = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
        self.spawn("etcd", f"--data-dir={self.folder / 'etcd'}", "--unsafe-no-fsync", "--log-level=warn",
                   f"--listen-client-urls={clients}", f"--advertise-client-urls={clients}",
                   f"--listen-peer-urls={peers}", f"--initial-advertise-peer-urls={peers}",
                   f"--initial-cluster=default={peers}")
        return clients

    def start_apiserver(self):
        self.spawn("kube-apiserver", f"--etcd-servers={self.etcd_url}", "--bind-address=127.0.0.1",
                   "--advertise-address=127.0.0.1", "--endpoint-reconciler-type=none", f"--secure-port={self.port}",
                   f"--tls-cert-file={self.folder / 'serving.crt'}",
                   f"--tls-private-key-file={self.folder / 'serving.key'}",
                   f"--token-auth-file={self.folder / 'tokens.csv'}", "--authorization-mode=RBAC", "--allow-privileged",
                   f"--service-account-issuer={ISSUER}", "--service-cluster-ip-range=10.96.0.0/16",
                   f"--service-account-signing-key-file={self.account_keys[0]}",
                   *(f"--service-account-key-file={key}" for key in self.account_keys),
                   "--enable-admission-plugins=PodSecurity,MutatingAdmissionPolicy,ValidatingAdmissionPolicy")

    def wait_until_ready(self):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            for process in self.processes:
                if process.poll() is not None:
                    raise AssertionError(f"{process.args[0]} ended with {process.returncode}:\n{self.tail()}")
            try:
                self.admin.get("/readyz", raw=True)
                return
            except (api.Refused, urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise AssertionError(f"the API server is not ready after {START_SECONDS} s:\n{self.tail()}")

    def tail(self):
        return "\n".join(log.read_text(errors="replace")[-3000:] for log in sorted(self.folder.glob("*.log")))

    def sign_with_a_new_key(self):
        """Starts the API server anew: it signs tokens by ES256 now, and still takes those of the old key."""
        key = self.folder / "service-accounts-2.key"
        run("openssl", "ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", key)
        self.account_keys.insert(0, key)
        end(self.processes.pop())
        self.start_apiserver()
        self.wait_until_ready()

    def stop(self):
        while self.processes:
            end(self.processes.pop())

    def namespace(self, name, level="restricted"):
        """Sees to a namespace that holds pods to this level, with the service account that a controller makes."""
        labels = {f"pod-security.kubernetes.io/{mode}": level for mode in ("enforce", "warn", "audit")}
        for thing in ({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}},
                      {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": name}}):
            try:
                self.admin.create(thing)
            except api.Refused as refused:
                if refused.code != 409:  # It is there already.
                    raise
        return name


def isolate():
    """A network of our own with nothing but loopback, for this process and what it starts; where root may."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        print(f"no network of our own: {os.strerror(ctypes.get_errno())}", flush=True)
        return False
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh", b"lo", IFF_UP))
    return True


_shared = None


def shared():
    """The one cluster of this run. It ends with the interpreter."""
    global _shared
    if _shared is None:
        folder = tempfile.mkdtemp(prefix="ostiary-kubernetes-")
        _shared = Cluster(folder)
        # Programs that run by themselves must be reachable.
        _shared.isolated = __name__ != "__main__" and isolate()

        def leave():
            _shared.stop()
            if os.environ.get("OSTIARY_KEEP"):
                print(f"kept: {folder}")
            else:
                shutil.rmtree(folder)

        atexit.register(leave)
        started = time.monotonic()
        _shared.start()
        print(f"API server {_shared.admin.get('/version')['gitVersion']} ready after"
              f" {time.monotonic() - started:.1f} s", flush=True)
    return _shared


def serve():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        print(f"export KUBECONFIG={shared().kubeconfig}", flush=True)
        signal.pause()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    serve()
