"""The library's templates, in the example chart that uses them, compared with golden files.

OSTIARY_UPDATE_GOLDEN=1 writes the golden files anew; read the difference before you commit it.
"""

import json
import os
import pathlib
import shutil
import tempfile
import unittest

import yaml

import chart

LIBRARY = chart.CHART / "charts/ostiary-attach"
GOLDEN = pathlib.Path(__file__).parent / "golden"


class Example(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        # Beside its dependency as in the tree, for `repository: file://..`.
        shutil.copytree(LIBRARY, pathlib.Path(folder.name) / "ostiary-attach")
        cls.example = pathlib.Path(folder.name) / "ostiary-attach/example"
        chart.helm("dependency", "update", cls.example)

    def text(self, *arguments):
        return chart.template(*arguments, chart=self.example)

    def check_golden(self, name, *arguments):
        text = self.text(*arguments)
        self.assertEqual(chart.conform(text), "")
        plain = yaml.safe_dump_all(chart.objects(text), sort_keys=True, width=120)
        path = GOLDEN / f"{name}.yaml"
        if os.environ.get("OSTIARY_UPDATE_GOLDEN"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(plain)
        self.assertEqual(plain, path.read_text(), f"{path} differs")

    def test_split(self):
        self.check_golden("attach-split")

    def test_in_the_agents_container(self):
        self.check_golden("attach-agent", "--set", "ostiary.mode=agent")

    def pod(self, *arguments):
        return chart.one(chart.objects(self.text(*arguments)), "Deployment")["spec"]["template"]["spec"]

    def test_split_keeps_token_and_secrets_from_the_agent(self):
        agent = self.pod()["containers"][0]
        self.assertNotIn("env", agent)
        mounted = {mount["name"]: mount.get("readOnly") for mount in agent["volumeMounts"]}
        self.assertEqual(mounted, {"mcp": True, "ostiary-bin": True, "ostiary-mcp-github": True, "ostiary-mcp-files": True})

    def test_split_starts_servers_first_under_another_user(self):
        install, *servers = self.pod()["initContainers"]
        self.assertEqual(install["name"], "ostiary-install")
        self.assertEqual([server["name"] for server in servers], ["mcp-github", "mcp-files"])
        for server in servers:
            self.assertEqual(server["restartPolicy"], "Always")
            self.assertEqual(server["securityContext"]["runAsUser"], 65532)
            self.assertIn("--allow-uid=10001", server["command"])

    def test_the_configuration_starts_the_connecting_ends(self):
        text = chart.one(chart.objects(self.text()), "ConfigMap")["data"]["mcp.json"]
        self.assertEqual(json.loads(text)["mcpServers"]["github"], {
            "command": "/opt/ostiary/ostiary-sidecar", "args": ["connect", "unix:/run/mcp/github/mcp.sock"]})

    def test_the_configuration_starts_the_wrapped_servers(self):
        text = chart.one(chart.objects(self.text("--set", "ostiary.mode=agent")), "ConfigMap")["data"]["mcp.json"]
        self.assertEqual(json.loads(text)["mcpServers"]["github"], {
            "command": "/opt/ostiary/ostiary-sidecar",
            "args": ["run", "--server", "github", "--", "/usr/bin/github-mcp-server", "stdio"]})

    def test_the_sidecar_knows_every_flag(self):
        sidecar = chart.program("sidecar")
        own = {"OSTIARY_POD_NAMESPACE", "OSTIARY_POD_SERVICE_ACCOUNT"}  # by which OSTIARY_AGENT is made
        flags, variables = chart.flags_of(sidecar, "serve")
        for server in self.pod()["initContainers"][1:]:
            command = server["command"][:server["command"].index("--")]
            self.assertEqual(command[:2], ["/opt/ostiary/ostiary-sidecar", "serve"])
            self.assertLessEqual({flag.split("=")[0] for flag in command[2:]}, flags)
            given = {item["name"] for item in server["env"] if item["name"].startswith("OSTIARY_")}
            self.assertLessEqual(given - own, variables)
        flags, variables = chart.flags_of(sidecar, "run")
        agent = self.pod("--set", "ostiary.mode=agent", "--set", "ostiary.pdp.name=pdp.example.com")["containers"][0]
        self.assertLessEqual({item["name"] for item in agent["env"]} - own, variables)
        self.assertIn("--server", flags)
        for command in ("install", "connect"):
            self.assertTrue(chart.flags_of(sidecar, command))

    def test_a_server_is_as_it_says(self):
        said = {"workingDir": "/work", "envFrom": [{"secretRef": {"name": "keys"}}],
                "resources": {"limits": {"memory": "99Mi"}}}
        items = chart.render({"ostiary": {"serverUser": 20001, "servers": [
            {"name": "one", "image": "one:1", "command": ["/one"], "user": 20002, "maxConnections": 5, "writableRoot": True,
             "apiToken": True, "env": [{"name": "A", "value": "b"}], "volumes": [{"name": "one-data", "emptyDir": {}}],
             "volumeMounts": [{"name": "one-data", "mountPath": "/data"}], "pullPolicy": "Always", **said},
            {"name": "two", "image": "two:1", "command": ["/two"]}]}}, chart=self.example)
        install, one, two = chart.one(items, "Deployment")["spec"]["template"]["spec"]["initContainers"]
        self.assertEqual({key: one[key] for key in said}, said)
        self.assertEqual(one["imagePullPolicy"], "Always")
        self.assertEqual(one["env"][-1], {"name": "A", "value": "b"})
        self.assertEqual(one["command"], [
            "/opt/ostiary/ostiary-sidecar", "serve", "--listen=unix:/run/mcp/one/mcp.sock", "--socket-mode=0666",
            "--allow-uid=10001", "--max-connections=5", "--server=one", "--", "/one"])
        # A writable root is all that it takes away.
        self.assertEqual(one["securityContext"], {
            **two["securityContext"], "runAsUser": 20002, "runAsGroup": 20002, "readOnlyRootFilesystem": False})
        for container in (install, two):
            self.assertEqual([container["securityContext"][key] for key in ("runAsUser", "runAsGroup")], [20001, 20001])
            self.assertIn("ostiary-no-token", [mount["name"] for mount in container["volumeMounts"]])
        self.assertEqual([mount["name"] for mount in one["volumeMounts"]],
                         ["ostiary-bin", "ostiary-identity", "ostiary-mcp-one", "one-data"])

    def test_the_pdp_is_asked_as_is_said(self):
        for mode in ("agent", "split"):
            with self.subTest(mode):
                items = chart.render({"ostiary": {
                    "mode": mode, "pullPolicy": "Always", "installResources": {"limits": {"memory": "99Mi"}},
                    "agent": "researcher", "pdp": {"name": "pdp.example.com", "audience": "decisions"},
                    "ca": {"configMap": "trusted", "key": "root.pem"}}}, chart=self.example)
                spec = chart.one(items, "Deployment")["spec"]["template"]["spec"]
                install = spec["initContainers"][0]
                self.assertEqual(install["imagePullPolicy"], "Always")
                self.assertEqual(install["resources"], {"limits": {"memory": "99Mi"}})
                (identity,) = [volume for volume in spec["volumes"] if volume["name"] == "ostiary-identity"]
                token, ca = identity["projected"]["sources"]
                self.assertEqual(token["serviceAccountToken"]["audience"], "decisions")
                self.assertEqual(ca["configMap"], {"name": "trusted", "items": [{"key": "root.pem", "path": "ca.crt"}]})
                for container in spec["containers"] if mode == "agent" else spec["initContainers"][1:]:
                    env = {item["name"]: item.get("value") for item in container["env"]}
                    self.assertEqual([env["OSTIARY_AGENT"], env["OSTIARY_PDP_NAME"]], ["researcher", "pdp.example.com"])

    def test_a_config_map_is_where_it_is_said(self):
        template = self.example / "templates/another.yaml"
        self.addCleanup(template.unlink)
        template.write_text('''{{ include "ostiary-attach.configMap"
            (dict "attach" .Values.ostiary "name" "another" "namespace" "agents" "labels" (dict "team" "research")) }}''')
        self.assertEqual(chart.one(chart.objects(self.text()), "ConfigMap", "another")["metadata"],
                         {"name": "another", "namespace": "agents", "labels": {"team": "research"}})

    def test_large_users_are_written_whole(self):
        self.assertIn("--allow-uid=1000660000", self.text("--set", "ostiary.agentUser=1000660000"))

    def test_what_is_missing_is_said(self):
        for arguments, words in [
            (["--set", "ostiary.image="], "image is missing"),
            (["--set", "ostiary.pdp.address="], "pdp.address is missing"),
            (["--set", "ostiary.mode=both"], 'mode is "both": it must be agent .* or split'),
            (["--set", "ostiary.agentUser=null"], "agentUser is missing"),
            (["--set", "ostiary.agentUser=65532"], "server github and the agent have the same user 65532"),
            (["--set", "ostiary.servers[0].name=a,ostiary.servers[0].image=b"], "server a has no command"),
            (["--set", "ostiary.servers[0].name=a,ostiary.servers[0].image=b,ostiary.servers[0].command={c},"
              "ostiary.servers[0].volumes[0].name=v,ostiary.servers[0].volumes[1].name=v"], "server a has two volumes v"),
            (["--set", "ostiary.servers[0].name=a,ostiary.servers[0].command={b}"], "server a has no image"),
        ]:
            with self.subTest(arguments):
                with self.assertRaises(chart.HelmFailed) as refused:
                    self.text(*arguments)
                self.assertRegex(" ".join(str(refused.exception).split()), words)


if __name__ == "__main__":
    unittest.main()
