"""The trees of both images, made by the command that their Dockerfiles run, in a chroot as the cluster runs them: not
root, nothing writable."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest
import urllib.request

import namespaces

namespaces.enter()

import containers  # noqa: E402
from certificates import Authority  # noqa: E402
from dns_server import DnsServer  # noqa: E402

ADDRESS = "127.0.0.1:7443"
HEALTH = "127.0.0.1:7080"
METRICS = "127.0.0.1:9090"
SERVICE = "ostiary-pdp.ostiary.svc.cluster.local"
GRPCURL = containers.built("OSTIARY_TEST_GRPCURL", "build/tools/grpcurl")


def image_tree(case, image, program):
    """What scripts/image-tree makes of the program, at a path that goes with the test."""
    folder = tempfile.mkdtemp(prefix="ostiary-image.")
    case.addClassCleanup(shutil.rmtree, folder)
    os.chmod(folder, 0o755)
    subprocess.run([containers.ROOT / "scripts/image-tree", image, f"{folder}/tree", program], check=True)
    return containers.Tree(f"{folder}/tree")


class EveryImage:
    """What holds for both. `tree` is set by the class."""

    def test_files_belong_to_root_and_no_one_else_may_write(self):
        for path in [self.tree.path, *self.tree.path.rglob("*")]:
            facts = path.lstat()
            self.assertEqual((facts.st_uid, facts.st_gid), (0, 0), path)
            if not path.is_symlink():
                self.assertEqual(facts.st_mode & 0o7022, 0, path)

    def test_no_shell_and_no_other_program(self):
        programs = [path.name for path in self.tree.path.rglob("*")
                    if path.is_file() and path.stat().st_mode & 0o111 and ".so" not in path.name]
        self.assertEqual(programs, [f"ostiary-{self.image}"])

    def test_the_user_has_a_name(self):
        self.assertEqual((self.tree.path / "etc/passwd").read_text(),
                         "ostiary:x:65532:65532:Ostiary:/:/sbin/nologin\n")
        self.assertEqual((self.tree.path / "etc/group").read_text(), "ostiary:x:65532:\n")

    def test_every_package_has_its_licence_and_version(self):
        status = self.tree.path / "var/lib/dpkg/status.d"
        packages = sorted(path.name for path in status.iterdir())
        self.assertIn(self.package, packages)
        for package in packages:
            self.assertRegex((status / package).read_text(), r"(?s)^Package: .*\nVersion: ")
            self.assertTrue((self.tree.path / "usr/share/doc" / package / "copyright").is_file(), package)
        self.assertIn("Apache License", (self.tree.path / "usr/share/doc/ostiary/LICENSE").read_text())


class SidecarImage(EveryImage, unittest.TestCase):
    image = "sidecar"
    package = "libgrpc++-dev"

    @classmethod
    def setUpClass(cls):
        cls.tree = image_tree(cls, "sidecar", containers.static_sidecar())

    def test_runs_and_holds_no_library(self):
        version = self.tree.run("/ostiary-sidecar", "--version")
        self.assertEqual((version.returncode, version.stderr), (0, ""))
        self.assertEqual(list(self.tree.path.rglob("*.so*")), [])

    def test_wrong_use_of_the_script_is_refused(self):
        script = containers.ROOT / "scripts/image-tree"
        for arguments, status in ([], 64), (["sidecar"], 64), (["other", "/nowhere"], 64), \
                (["sidecar", "/nowhere", "/no/program"], 66), (["sidecar", "/tmp", containers.static_sidecar()], 73):
            done = subprocess.run([script, *arguments], capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stdout), (status, ""), arguments)
            self.assertNotEqual(done.stderr, "")


class PdpImage(EveryImage, unittest.TestCase):
    image = "pdp"
    package = "libgrpc++1.51"

    @classmethod
    def setUpClass(cls):
        cls.tree = image_tree(cls, "pdp", containers.pdp())

    def test_holds_what_it_loads_and_no_more(self):
        loaded = self.tree.run("/usr/lib64/ld-linux-x86-64.so.2", "--list", "/ostiary-pdp")
        self.assertEqual(loaded.returncode, 0, loaded.stderr)
        names = {pathlib.Path(word).name for word in loaded.stdout.split() if ".so" in word} - {"linux-vdso.so.1"}
        held = {path.name for path in self.tree.path.rglob("*.so*")}
        self.assertEqual(held, names)

    def test_decides_reloads_and_ends(self):
        pod = Pod(self)
        self.assertEqual(pod.check("read_file"), "ALLOW")
        self.assertEqual(pod.check("write_file"), "DENY")
        pod.swap({"agents": {"scratch": {"allow": {"servers": ["files"], "tools": {"files": ["write_*"]}}}}})
        containers.wait_until(lambda: pod.check("write_file") == "ALLOW", pod.pdp.log)
        self.assertEqual(pod.check("read_file"), "DENY")
        self.assertEqual(pod.grpcurl("grpc.health.v1.Health/Check"), {"status": "SERVING"})
        # As kubelet asks, which knows the service by itself.
        self.assertEqual(pod.grpcurl("grpc.health.v1.Health/Check", HEALTH, "-plaintext", "-import-path",
                                     containers.ROOT / "proto", "-proto", "grpc/health/v1/health.proto"),
                         {"status": "SERVING"})
        with urllib.request.urlopen(f"http://{METRICS}/metrics", timeout=containers.PATIENCE_SECONDS) as metrics:
            self.assertIn("\nostiary_policy_generation 2\n", metrics.read().decode())
        self.assertEqual(pod.pdp.end(), 0)

    def test_asks_a_pdp_by_a_name_that_dns_knows(self):
        # As `kubectl exec` in the container does, and the chart's test.
        pod = Pod(self)
        dns = DnsServer({SERVICE: "127.0.0.1"})
        self.addCleanup(dns.close)
        status = self.tree.run("/ostiary-pdp", "status", "--pdp", f"{SERVICE}:7443", "--pdp-ca", "/etc/ostiary/ca.pem")
        self.assertEqual((status.returncode, status.stderr), (0, ""), pod.pdp.log())
        self.assertIn(SERVICE, dns.asked)


class Pod:
    """The PDP's container: its tree, read-only, with the rules, certificates and names that kubelet mounts there, and
    the flags that the chart gives."""

    def __init__(self, case):
        self._tree = case.tree
        config = case.tree.folder("/etc/ostiary", 0o755)
        case.tree.write("/etc/resolv.conf", "nameserver 127.0.0.1\n")
        case.tree.make_read_only()
        case.addCleanup(subprocess.run, ["umount", "--lazy", "--recursive", case.tree.path], check=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0755", "none", config], check=True)
        self._config, self._swaps = config, 0
        self.swap(containers.RULES)
        self._authority = Authority(config)
        for file in self._authority.issue("tls", [SERVICE]):
            file.chmod(0o644)
        self.pdp = containers.Pdp(case.tree.command(
            "/ostiary-pdp", "serve", "--rules", "/etc/ostiary/rules.json", "--listen", ADDRESS, "--tls-cert",
            "/etc/ostiary/tls.pem", "--tls-key", "/etc/ostiary/tls.key", "--health-listen", HEALTH, "--metrics-listen",
            METRICS))
        case.addCleanup(self.pdp.end)

    def swap(self, rules):
        """As a ConfigMap's files change: a folder beside, then one rename."""
        self._swaps += 1
        folder = self._config / f"..{self._swaps}"
        folder.mkdir()
        (folder / "rules.json").write_text(json.dumps(rules))
        (self._config / "..data_tmp").symlink_to(folder.name)
        (self._config / "..data_tmp").rename(self._config / "..data")
        if self._swaps == 1:
            (self._config / "rules.json").symlink_to("..data/rules.json")
        else:
            shutil.rmtree(self._config / f"..{self._swaps - 1}")

    def grpcurl(self, method, address=ADDRESS, *how, data=None):
        how = how or ("-cacert", self._authority.certificate, "-authority", SERVICE)
        done = subprocess.run([GRPCURL, *how, "-d", json.dumps(data or {}), address, method],
                              capture_output=True, text=True, timeout=containers.PATIENCE_SECONDS)
        if done.returncode:
            raise AssertionError(done.stderr + self.pdp.log())
        return json.loads(done.stdout)

    def check(self, tool):
        answer = self.grpcurl("ostiary.v1.PolicyDecisionService/Check", data={
            "agent": "scratch", "access": {"server": "files", "kind": "TOOL", "name": tool}})
        return answer["decision"]["effect"]


if __name__ == "__main__":
    unittest.main()
