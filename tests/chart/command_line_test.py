"""Every values file renders to a command line that ostiary-pdp takes, on files that it takes."""

import base64
import functools
import json
import pathlib
import re
import subprocess
import tempfile
import threading
import unittest

import yaml

import chart


def container(items):
    return chart.one(items, "Deployment")["spec"]["template"]["spec"]["containers"][0]


def mounted_files(items, spec):
    """What the pod would see: path -> text, of the volumes that the chart itself fills."""
    volumes = {volume["name"]: volume for volume in spec["volumes"]}
    for mount in spec["containers"][0]["volumeMounts"]:
        volume = volumes[mount["name"]]
        name = volume.get("configMap", {}).get("name") or volume.get("secret", {}).get("secretName")
        for item in items:
            if item["kind"] in ("ConfigMap", "Secret") and item["metadata"]["name"] == name:
                for key, text in item["data"].items():
                    plain = base64.b64decode(text).decode() if item["kind"] == "Secret" else text
                    yield f"{mount['mountPath']}/{key}", plain


class CommandLines(unittest.TestCase):
    maxDiff = None

    def test_every_flag_is_known(self):
        program = chart.program("pdp")
        known = {command: chart.flags_of(program, command)[0] for command in ("serve", "status", "ask")}
        for path in chart.CI_FILES:
            for name, spec in chart.pods(chart.render(path)):
                for item in spec["containers"]:
                    command, *flags = item["args"]
                    for flag in flags:
                        with self.subTest(path.name, pod=name, flag=flag):
                            self.assertIn(flag.split("=")[0], known[command])

    def test_every_file_loads(self):
        program = chart.program("pdp")
        for path in chart.CI_FILES:
            items = chart.render(path)
            spec = chart.one(items, "Deployment")["spec"]["template"]["spec"]
            with self.subTest(path.name), tempfile.TemporaryDirectory() as folder:
                files = {}
                for place, text in mounted_files(items, spec):
                    files[place] = pathlib.Path(folder) / place.strip("/").replace("/", "_")
                    files[place].write_text(text)
                flags = [f"--{flag}={files[place]}" for flag, place in (
                    ("rules", "/etc/ostiary/policy/rules.json"), ("mcp-config", "/etc/ostiary/policy/mcp.json"),
                    ("bindings", "/etc/ostiary/bindings/bindings.json")) if place in files]
                if not any(flag.startswith("--rules") for flag in flags):
                    continue
                done = subprocess.run([program, "validate", *flags], capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_every_argument_names_a_file_that_is_mounted(self):
        for path in chart.CI_FILES:
            spec = chart.one(chart.render(path), "Deployment")["spec"]["template"]["spec"]
            mounts = [mount["mountPath"] for mount in spec["containers"][0]["volumeMounts"]]
            volumes = {volume["name"] for volume in spec["volumes"]}
            self.assertEqual({mount["name"] for mount in spec["containers"][0]["volumeMounts"]}, volumes, path.name)
            for flag in spec["containers"][0]["args"][1:]:
                value = flag.partition("=")[2].removeprefix("unix:")
                if value.startswith("/"):
                    with self.subTest(path.name, flag=flag):
                        self.assertIn(value.rpartition("/")[0], mounts)

    def test_serve_takes_it_whole(self):
        """With the files and addresses of a folder in place of the pod's, the PDP starts, listens and ends."""
        program = chart.program("pdp")
        for path in chart.CI_FILES:
            items = chart.render(path)
            spec = chart.one(items, "Deployment")["spec"]["template"]["spec"]
            with self.subTest(path.name), tempfile.TemporaryDirectory() as folder:
                make_pod_files(pathlib.Path(folder), items, spec)
                args = [at_home(arg, folder) for arg in spec["containers"][0]["args"]]
                listeners = sum(arg.startswith("--listen=") for arg in args)
                self.assertEqual(serve_until_it_listens(program, args, listeners), "")


# What the chart does not make and pods get from elsewhere.
STAND_INS = {
    "rules": '{"agents": {}}', "mcp-config": '{"mcpServers": {}}', "bindings": '{"bindings": [{"identity": "local:unix", "roles": ["admin"]}]}',
    "token-jwks": yaml.safe_load((chart.CHART / "ci/both-identities-values.yaml").read_text())[
        "identity"]["tokens"]["jwks"]["inline"],
    "token-jwks-bearer": "token",
}


def make_pod_files(folder, items, spec):
    """The volumes of the pod; a generated pair stands in for certificates from elsewhere."""
    files = dict(mounted_files(items, spec))
    pair = one_pair()
    stand_ins = {**STAND_INS, "tls-cert": pair["tls.crt"], "tls-key": pair["tls.key"], "client-ca": pair["ca.crt"],
                 "token-jwks-ca": pair["ca.crt"]}
    for arg in spec["containers"][0]["args"]:
        flag, _, value = arg.removeprefix("--").partition("=")
        if flag in stand_ins:
            files.setdefault(value, stand_ins[flag])
    for place, text in files.items():
        path = folder / place.strip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "run/ostiary").mkdir(parents=True, exist_ok=True)


@functools.cache
def one_pair():
    data = chart.one(chart.render({}), "Secret")["data"]
    return {name: base64.b64decode(text).decode() for name, text in data.items()}


def at_home(arg, folder):
    """The argument, with the folder's files and free ports of loopback."""
    arg = re.sub(r"^(--[a-z-]*listen=)[^/]*:[0-9]+$", r"\g<1>127.0.0.1:0", arg)
    return re.sub(r"^(--[a-z-]+=(?:unix:)?)/", rf"\g<1>{folder}/", arg)


def serve_until_it_listens(program, args, listeners):
    """What it said where it did not listen so often, or did not end well."""
    process = subprocess.Popen([program, *args], stderr=subprocess.PIPE, text=True)
    log = []
    timer = threading.Timer(20, process.kill)
    timer.start()
    try:
        for line in process.stderr:
            log.append(line)
            listeners -= '"event":"listening"' in line
            if listeners == 0:
                process.terminate()
                break
        process.stderr.read()
        status = process.wait()
        return "" if listeners == 0 and status == 0 else f"exit status {status}: {''.join(log)}"
    finally:
        timer.cancel()
        process.kill()
        process.stderr.close()
        process.wait()


class Bindings(unittest.TestCase):
    def bindings(self, values):
        text = chart.one(chart.render(values), "ConfigMap", "door-ostiary-bindings")["data"]["bindings.json"]
        return json.loads(text)["bindings"]

    TEST = {"identity": "system:serviceaccount:gate:door-ostiary-test", "agents": ["ostiary-test"], "roles": ["admin"]}
    LOCAL = {"identity": "local:unix", "roles": ["admin"]}
    ACCOUNTS = {"identity": "system:serviceaccount:{namespace}:{name}", "agents": ["{namespace}.{name}"]}

    def test_of_the_values(self):
        spiffe = {"identity": "spiffe://example.com/ns/{namespace}/sa/{name}", "agents": ["{namespace}.{name}"]}
        extra = {"identity": "system:serviceaccount:a:b", "agents": ["c"]}
        cases = [
            ({}, [self.ACCOUNTS, self.LOCAL, self.TEST]),
            ({"tests": {"enabled": False}}, [self.ACCOUNTS, self.LOCAL]),
            ({"tests": {"admin": False}}, [self.ACCOUNTS, self.LOCAL, {k: v for k, v in self.TEST.items() if k != "roles"}]),
            ({"identity": {"bindings": {"localAdmin": False, "serviceAccounts": False, "extra": [extra]}}}, [extra, self.TEST]),
            ({"identity": {"bindings": {"admins": [extra["identity"], "local:loopback"], "spiffeTrustDomain": "example.com"}}},
             [self.ACCOUNTS, spiffe, {"identity": extra["identity"], "roles": ["admin"]},
              {"identity": "local:loopback", "roles": ["admin"]}, self.LOCAL, self.TEST]),
            # Without tokens no service account says who it is.
            ({"identity": {"tokens": {"enabled": False}, "clientCA": {"secret": "ca"}}}, [self.LOCAL]),
        ]
        for values, expected in cases:
            with self.subTest(values):
                self.assertEqual(self.bindings(values), expected)


if __name__ == "__main__":
    unittest.main()
