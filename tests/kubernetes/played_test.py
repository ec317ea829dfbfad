"""The chart's pods and an agent's pod, played: what the API server stored, run with the real programs."""

import json
import os
import select
import subprocess
import unittest

import agent_pods
import api
import attaching
import chart
import cluster
import played_pod

PDP, SIDECAR = os.environ.get("OSTIARY_TEST_PDP"), os.environ.get("OSTIARY_TEST_SIDECAR")
RELEASE = "played"
RULES = {"agents": {
    "ostiary-test": {"allow": {"servers": ["ostiary-test"], "tools": {"ostiary-test": ["allowed"]}}},
    f"{RELEASE}.researcher": {"allow": {"servers": ["files"], "tools": {"files": ["read_*"]}}}}}
# An MCP server that answers with what it is and what it was asked, if it gets asked.
SERVER = """
import json, os, sys
for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": {
        "uid": os.getuid(), "name": request["params"]["name"], "secret": os.environ.get("TOKEN")}}), flush=True)
"""
SECRET = "the-servers-own"


def values(rules):
    return {
        "rules": rules, "replicas": 1,
        "identity": {"tokens": {"jwks": {"url": f"{kubernetes.url}/openid/v1/jwks"}}},
        "attach": {"namespaces": [RELEASE], "admission": {"enabled": True}, "servers": [
            {"name": "files", "image": "registry.example/files:1", "command": ["/usr/bin/python3", "/server.py"],
             "env": [{"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "files", "key": "token"}}}]}]}}


def setUpModule():
    if not PDP or not SIDECAR:
        raise unittest.SkipTest("OSTIARY_TEST_PDP and OSTIARY_TEST_SIDECAR are not set")
    global kubernetes, helm, images, hosts, pdp
    kubernetes = cluster.shared()
    if not kubernetes.isolated:
        raise unittest.SkipTest("pods are played by root alone, in a network of its own")
    helm = chart.Helm(kubernetes)
    kubernetes.namespace(RELEASE)
    server = kubernetes.folder / "server.py"
    server.write_text(SERVER)
    images = {"ostiary-pdp": {"/ostiary-pdp": PDP}, "ostiary-sidecar": {"/ostiary-sidecar": SIDECAR},
              "agent": {}, "files": {"/server.py": server}}
    hosts = [f"ostiary.{RELEASE}.svc"]
    make("ConfigMap", "kube-root-ca.crt", data={"ca.crt": kubernetes.ca.read_text()})
    make("Secret", "files", stringData={"token": SECRET})
    make("ServiceAccount", "researcher")
    helm.install("ostiary", RELEASE, *chart.values(values(RULES)))
    (workload,) = kubernetes.admin.get(f"/apis/apps/v1/namespaces/{RELEASE}/deployments")["items"]
    pdp = play(chart.pod_of(workload))
    pdp.run()


def tearDownModule():
    if PDP and SIDECAR and kubernetes.isolated:
        pdp.stop()
        helm.uninstall("ostiary", RELEASE)


def make(kind, name, **content):
    kubernetes.admin.create({"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": RELEASE}, **content})


def play(pod):
    stored = kubernetes.admin.create(pod, namespace=RELEASE)
    return played_pod.PlayedPod(kubernetes, stored, images, hosts, kubernetes.folder / "pods" / stored["metadata"]["name"])


class HelmTest(unittest.TestCase):
    def test_the_pods_of_helm_test_succeed(self):
        hooks = [hook for hook in helm.hooks("ostiary", RELEASE) if api.top_level(hook, "kind") == "Pod"]
        self.assertGreaterEqual(len(hooks), 3)
        for hook in hooks:
            pod = play(hook)
            (container,) = pod.spec["containers"]

            def problem():
                status = pod.start(container).wait(timeout=30)
                return status and f"{container['name']} exits {status}: {pod.log(container['name'])}\nPDP: {pdp.log('pdp')}"

            with self.subTest(pod=container["name"]):
                played_pod.wait_until(problem, 20)


class Agents(unittest.TestCase):
    """An agent's pod gets the label and nothing else."""

    def pod(self, mode, name):
        pod = agent_pods.pod(name, RELEASE, labels={attaching.LABEL: mode}, serviceAccountName="researcher",
                             automountServiceAccountToken=False)
        stored = {}

        def problem():
            try:
                stored["pod"] = kubernetes.admin.create(pod, dry_run=True)
            except api.Refused as refused:
                return refused.message
            return None if "initContainers" in stored["pod"]["spec"] else "nothing was attached"

        played_pod.wait_until(problem, 30)
        played = play(pod)
        self.addCleanup(played.stop)
        played.initialise()
        return played

    def ask(self, played, command, tool):
        """What the agent's MCP client gets that starts this command in the agent's container."""
        process = played.start(played.container("agent"), command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            process.stdin.write(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
                "name": tool, "arguments": {}}}).encode() + b"\n")
            process.stdin.flush()
            ready, _, _ = select.select([process.stdout], [], [], 20)
            line = process.stdout.readline() if ready else b""
        finally:
            process.stdin.close()
            process.stdout.close()
            process.wait(timeout=30)
        logs = "\n".join(f"{path.name}: {path.read_text(errors='replace')}" for path in played.folder.glob("*.log"))
        self.assertTrue(line, f"no answer\n{logs}\nPDP: {pdp.log('pdp')}")
        return json.loads(line), logs

    def check(self, played, command, expected):
        def problem():
            answer, logs = self.ask(played, command, "read_file")
            return None if answer.get("result") == expected else f"{answer}\n{logs}\nPDP: {pdp.log('pdp')}"

        played_pod.wait_until(problem, 20)  # Until the PDP has the API server's keys.
        answer, logs = self.ask(played, command, "delete_file")
        self.assertTrue(answer["result"]["isError"], logs)
        self.assertIn("TOOL_NOT_ALLOWED", answer["result"]["content"][0]["text"])

    def test_in_the_agents_container(self):
        played = self.pod("agent", "in-agent")
        # The server runs where the agent does: the same user, and none of the server's secrets here.
        played.images = {**images, "agent": images["files"]}
        self.check(played, ["/opt/ostiary/ostiary-sidecar", "run", "--server", "files", "--", "/usr/bin/python3",
                            "/server.py"], {"uid": 1000, "name": "read_file", "secret": None})

    def test_split(self):
        """By the configuration that its MCP client reads. The server runs under its own user, with its secret."""
        played = self.pod("split", "split")
        config = json.loads((played.volumes["ostiary-config"] / "mcp.json").read_text())
        (server,) = config["mcpServers"].values()
        self.check(played, [server["command"], *server["args"]], {"uid": 65532, "name": "read_file", "secret": SECRET})

    def run_in(self, container, played, *command):
        """Exit status and output of a command in a container of the pod."""
        process = played.start(container, list(command), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        with process:
            output, _ = process.communicate(timeout=60)
        return process.returncode, output.decode()

    def test_split_leaves_the_agent_nothing_but_the_socket(self):
        played = self.pod("split", "nothing-else")
        socket = played.volumes["ostiary-mcp-files"] / "mcp.sock"
        played_pod.wait_until(lambda: None if socket.exists() else played.log("mcp-files") or "no socket", 20)
        agent = played.container("agent")
        (dated,) = played.volumes["ostiary-config"].glob("..2026*")
        _, found = self.run_in(agent, played, "/usr/bin/find", "/", "-path", "/usr", "-prune", "-o", "-path", "/proc", "-prune",
                               "-o", "-not", "-type", "d", "-print")
        self.assertEqual(sorted(found.split()), sorted([
            "/bin", "/lib", "/lib64", "/dev/null", "/dev/urandom", "/etc/hosts", "/etc/nsswitch.conf",  # Of any container.
            "/opt/ostiary/ostiary-sidecar", "/run/mcp/files/mcp.sock", "/run/mcp/files/mcp.sock.lock",
            "/etc/ostiary/mcp.json", "/etc/ostiary/..data", f"/etc/ostiary/{dated.name}/mcp.json"]))
        _, environment = self.run_in(agent, played, "/usr/bin/env")
        self.assertNotIn("OSTIARY", environment)
        self.assertNotIn(SECRET, environment)

    def test_new_rules_hold_without_a_restart(self):
        played = self.pod("split", "reloaded")
        command = ["/opt/ostiary/ostiary-sidecar", "connect", "unix:/run/mcp/files/mcp.sock"]
        self.addCleanup(self.give_rules, RULES)
        rules = json.loads(json.dumps(RULES).replace("read_*", "delete_*"))
        self.give_rules(rules)

        def problem():
            answer, logs = self.ask(played, command, "delete_file")
            return None if answer["result"].get("name") == "delete_file" else f"{answer}\n{logs}\nPDP: {pdp.log('pdp')}"

        played_pod.wait_until(problem, 20)
        answer, _ = self.ask(played, command, "read_file")
        self.assertTrue(answer["result"]["isError"])

    def give_rules(self, rules):
        helm.upgrade("ostiary", RELEASE, *chart.values(values(rules)))
        pdp.sync("policy")

    def test_split_lets_no_other_user_connect(self):
        played = self.pod("split", "other-user")
        agent = played.container("agent")
        for user in (0, 1001, 65532):
            other = {**agent, "securityContext": {**agent["securityContext"], "runAsUser": user}}
            with self.subTest(user=user):
                status, said = self.run_in(other, played, "/opt/ostiary/ostiary-sidecar", "connect",
                                           "unix:/run/mcp/files/mcp.sock")
                self.assertNotEqual(status, 0)
                self.assertRegex(said, "refused|allow-uid|may not")


if __name__ == "__main__":
    unittest.main()
