"""Tokens that a real API server signed, shown by a real sidecar to a real PDP that fetches the server's real keys."""

import json
import os
import select
import subprocess
import sys
import time
import unittest

import agent_pods
import cluster

PDP = os.environ.get("OSTIARY_TEST_PDP")
SIDECAR = os.environ.get("OSTIARY_TEST_SIDECAR")
AUDIENCE = "ostiary-pdp"
RULES = {"agents": {"agents.researcher": {"allow": {"servers": ["files"], "tools": {"files": ["read_*"]}}},
                    "agents.other": {"allow": {"servers": ["*"]}}}}
BINDINGS = {"bindings": [{"identity": "system:serviceaccount:{namespace}:{name}", "agents": ["{namespace}.{name}"]}]}
CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "read_file", "arguments": {}}}
ALLOWED = {"reached": "tools/call"}
# Answers each request with its own method: what gets here was allowed.
SERVER = """
import json, sys
for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": {"reached": request["method"]}}), flush=True)
"""


class Pdp:
    """ostiary-pdp over TLS, that knows callers by the API server's tokens."""

    def __init__(self, kubernetes, jwks_token):
        self.folder = kubernetes.folder / "pdp"
        self.folder.mkdir()
        kubernetes.certify("pdp", "DNS:localhost,IP:127.0.0.1")
        self.port = cluster.free_port()
        (self.folder / "rules.json").write_text(json.dumps(RULES))
        (self.folder / "bindings.json").write_text(json.dumps(BINDINGS))
        (self.folder / "jwks-token").write_text(jwks_token)
        self.log = (self.folder / "log").open("w+")
        self.process = subprocess.Popen(
            [PDP, "serve", "--rules", self.folder / "rules.json", "--bindings", self.folder / "bindings.json",
             "--listen", f"127.0.0.1:{self.port}", "--tls-cert", kubernetes.folder / "pdp.crt",
             "--tls-key", kubernetes.folder / "pdp.key", "--token-issuer", cluster.ISSUER,
             "--token-audience", AUDIENCE, "--token-jwks-url", f"{kubernetes.url}/openid/v1/jwks",
             "--token-jwks-ca", kubernetes.ca, "--token-jwks-bearer", self.folder / "jwks-token"],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=30)
        self.log.close()

    def said(self, since=0):
        return (self.folder / "log").read_text()[since:]


def setUpModule():
    if not PDP or not SIDECAR:
        raise unittest.SkipTest("OSTIARY_TEST_PDP and OSTIARY_TEST_SIDECAR are not set")
    global kubernetes, pod, pdp
    kubernetes = cluster.shared()
    kubernetes.namespace("agents")
    for name in ("researcher", "jwks"):
        account(name)
    pod = kubernetes.admin.create(agent_pods.pod("researcher-0", "agents", serviceAccountName="researcher"))
    pdp = Pdp(kubernetes, token("jwks", audiences=[cluster.ISSUER]))


def tearDownModule():
    pdp.stop()


def account(name):
    kubernetes.admin.create({"apiVersion": "v1", "kind": "ServiceAccount",
                             "metadata": {"name": name, "namespace": "agents"}})


def token(name, audiences=(AUDIENCE,), bound_to=None):
    """What kubelet asks for to fill a projected volume; unbound, what `kubectl create token` asks for."""
    spec = {"audiences": list(audiences), "expirationSeconds": 600}
    if bound_to:
        spec["boundObjectRef"] = {"apiVersion": "v1", "kind": bound_to["kind"], "name": bound_to["metadata"]["name"],
                                  "uid": bound_to["metadata"]["uid"]}
    answer = kubernetes.admin.ask("POST", f"/api/v1/namespaces/agents/serviceaccounts/{name}/token", {
        "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec})
    return answer["status"]["token"]


class Tokens(unittest.TestCase):
    def answer(self, shown, agent="agents.researcher", wait=20):
        """What the client gets for CALL, from a sidecar that shows this token."""
        path = kubernetes.folder / "token"
        path.write_text(shown)
        with subprocess.Popen(
                [SIDECAR, "run", "--agent", agent, "--server", "files", "--pdp", f"127.0.0.1:{pdp.port}",
                 "--pdp-ca", kubernetes.ca, "--pdp-name", "localhost", "--pdp-token-file", path, "--",
                 sys.executable, "-c", SERVER],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as sidecar:
            sidecar.stdin.write(json.dumps(CALL) + "\n")
            sidecar.stdin.flush()
            ready, _, _ = select.select([sidecar.stdout], [], [], wait)
            line = sidecar.stdout.readline() if ready else ""
            sidecar.stdin.close()
            self.said = sidecar.stderr.read()
        self.assertTrue(line, f"no answer; the sidecar said {self.said}, the PDP {pdp.said()}")
        return json.loads(line)

    def let_in(self, shown):
        deadline = time.monotonic() + 30  # Until the PDP has fetched the keys.
        answer = {}
        while answer.get("result") != ALLOWED and time.monotonic() < deadline:
            answer = self.answer(shown)
        self.assertEqual(answer.get("result"), ALLOWED, f"{self.said}\n{pdp.said()}")

    def test_a_token_bound_to_the_pod_lets_its_agent_in(self):
        self.let_in(token("researcher", bound_to=pod))

    def refused(self, shown, reason, agent="agents.researcher"):
        before = len(pdp.said())
        answer = self.answer(shown, agent)
        self.assertNotEqual(answer.get("result"), ALLOWED)
        self.assertRegex(f"{answer} {self.said} {pdp.said(before)}", reason)

    def test_a_token_bound_to_no_pod_is_refused(self):
        self.refused(token("researcher"), "(?i)bound")

    def test_a_token_for_another_audience_is_refused(self):
        self.refused(token("researcher", audiences=["vault"], bound_to=pod), "(?i)audience")

    def test_the_token_that_pods_are_given_for_the_api_server_is_refused(self):
        self.refused(token("researcher", audiences=[cluster.ISSUER], bound_to=pod), "(?i)audience")

    def test_another_agent_is_refused(self):
        self.refused(token("researcher", bound_to=pod), "PERMISSION_DENIED|may not|not bound", agent="agents.other")

    def test_a_token_bound_to_something_else_is_refused(self):
        secret = kubernetes.admin.create({"apiVersion": "v1", "kind": "Secret",
                                          "metadata": {"name": "bound", "namespace": "agents"}})
        self.refused(token("researcher", bound_to=secret), "(?i)bound")

    def test_a_changed_token_is_refused(self):
        header, claims, signature = token("researcher", bound_to=pod).split(".")
        changed = signature[:40] + ("B" if signature[40] == "A" else "A") + signature[41:]
        self.refused(".".join([header, claims, changed]), "(?i)signature")


    def test_when_the_api_server_signs_with_a_new_key_old_and_new_tokens_let_in(self):
        """From RS256 to ES256. The PDP asks for the keys when it meets one that it does not know."""
        old = token("researcher", bound_to=pod)
        self.let_in(old)
        kubernetes.sign_with_a_new_key()
        self.let_in(token("researcher", bound_to=pod))
        self.let_in(old)


if __name__ == "__main__":
    unittest.main()
