"""The static sidecar in a container that holds nothing but it, its server and the files that a case needs."""

import shutil
import socket
import subprocess
import unittest

import namespaces

namespaces.enter()

import containers  # noqa: E402
from certificates import P256, Authority, openssl  # noqa: E402
from dns_server import DnsServer  # noqa: E402

PLAIN = "127.0.0.1:7443"
TLS_PORT = 7444
SOCKET = "/run/ostiary/pdp.sock"
RESOLV_CONF = "nameserver 127.0.0.1\nsearch agents.svc.cluster.local svc.cluster.local\noptions ndots:5\n"
SERVICE = "ostiary-pdp.ostiary.svc.cluster.local"


class Program(unittest.TestCase):
    def test_is_static_stripped_and_small(self):
        program = containers.static_sidecar()
        headers = subprocess.run(["readelf", "-lW", program], capture_output=True, text=True, check=True).stdout
        self.assertIn("Program Headers", headers)
        self.assertNotIn("INTERP", headers)
        needed = subprocess.run(["readelf", "-dW", program], capture_output=True, text=True, check=True).stdout
        self.assertNotIn("NEEDED", needed)
        sections = subprocess.run(["readelf", "-SW", program], capture_output=True, text=True, check=True).stdout
        self.assertIn(".text", sections)
        for name in (".symtab", ".debug_info"):
            self.assertNotIn(name, sections)
        size = program.stat().st_size
        print(f"ostiary-sidecar, static: {size} bytes")
        self.assertLessEqual(size, 15_000_000)


class EmptyContainer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.files = containers.Tree()
        cls.addClassCleanup(cls.files.close)
        cls.files.write("/rules.json", containers.RULES)
        cls.authority = Authority(cls.files.path)
        cert, key = cls.authority.issue("pdp", [SERVICE, "ostiary-pdp.ostiary"])
        cls.sockets = cls.files.folder("/run/ostiary")
        common = [containers.pdp(), "serve", "--rules", cls.files.path / "rules.json"]
        plain = containers.Pdp([*common, "--listen", PLAIN, "--listen", f"unix:{cls.sockets}/pdp.sock"])
        cls.addClassCleanup(plain.end)
        (cls.sockets / "pdp.sock").chmod(0o777)
        tls = containers.Pdp([*common, "--listen", f"0.0.0.0:{TLS_PORT}", "--tls-cert", cert, "--tls-key", key])
        cls.addClassCleanup(tls.end)
        cls.dns = DnsServer({SERVICE: "127.0.0.1"})
        cls.addClassCleanup(cls.dns.close)

    def setUp(self):
        self.tree = containers.Tree()
        self.addCleanup(self.tree.close)
        self.tree.add("/ostiary-sidecar", containers.static_sidecar())
        self.tree.add("/scratch_server", containers.scratch_server())

    def client(self, *flags, **how):
        client = containers.Client(self.tree, *flags, **how)
        self.addCleanup(client.close)
        return client

    def check(self, client):
        """Allowed calls reach the server, and no others: it counts them."""
        self.assertEqual(client.call("read_file"), "call 1", client.errors())
        self.assertIn("write_file", denied := client.call("write_file"))
        self.assertIn("denied", denied.lower())
        self.assertEqual(client.call("read_file"), "call 2")

    def test_holds_two_files(self):
        self.assertEqual(sorted(path.name for path in self.tree.path.rglob("*")), ["ostiary-sidecar", "scratch_server"])

    def test_a_pdp_by_address(self):
        self.check(self.client("--pdp", PLAIN))

    def test_a_pdp_on_a_unix_socket(self):
        folder = self.tree.folder("/run/ostiary")
        subprocess.run(["mount", "--bind", self.sockets, folder], check=True)
        self.addCleanup(subprocess.run, ["umount", folder], check=True)
        self.check(self.client("--pdp", f"unix:{SOCKET}"))

    def test_a_pdp_by_a_name_that_dns_knows(self):
        self.tree.write("/etc/resolv.conf", RESOLV_CONF)
        self.check(self.client("--pdp", "ostiary-pdp.ostiary:7443", "--allow-insecure-tcp"))
        self.assertIn(SERVICE, self.dns.asked)

    def test_a_pdp_by_a_name_of_etc_hosts(self):
        self.tree.write("/etc/hosts", "127.0.0.1 pdp.of.hosts\n")
        self.tree.write("/etc/resolv.conf", RESOLV_CONF)
        before = len(self.dns.asked)
        self.check(self.client("--pdp", "pdp.of.hosts:7443", "--allow-insecure-tcp"))
        self.assertEqual(self.dns.asked[before:], [])

    def test_a_pdp_by_a_name_that_no_one_knows_allows_nothing(self):
        self.tree.write("/etc/resolv.conf", RESOLV_CONF)
        client = self.client("--pdp", "elsewhere.test:7443", "--allow-insecure-tcp")
        for _ in range(2):
            self.assertNotIn("call", client.call("read_file").split(" ")[:1])
        self.assertIn("elsewhere.test", " ".join(self.dns.asked))

    def test_a_pdp_by_tls_and_a_name_that_dns_knows(self):
        self.tree.write("/etc/resolv.conf", RESOLV_CONF)
        self.tree.add("/ca.pem", self.authority.certificate, 0o644)
        self.check(self.client("--pdp", f"ostiary-pdp.ostiary:{TLS_PORT}", "--pdp-ca", "/ca.pem"))

    def test_a_pdp_by_tls_of_another_authority_allows_nothing(self):
        self.tree.write("/etc/hosts", "127.0.0.1 ostiary-pdp.ostiary\n")
        other = containers.Tree()
        self.addCleanup(other.close)
        self.tree.add("/ca.pem", Authority(other.path).certificate, 0o644)
        client = self.client("--pdp", f"ostiary-pdp.ostiary:{TLS_PORT}", "--pdp-ca", "/ca.pem")
        self.assertNotIn("call", client.call("read_file").split(" ")[:1])

    def test_a_rules_file(self):
        self.tree.write("/etc/ostiary/rules.json", containers.RULES)
        self.check(self.client("--rules", "/etc/ostiary/rules.json"))

    def test_a_read_only_root(self):
        self.tree.write("/etc/ostiary/rules.json", containers.RULES)
        self.tree.make_read_only()
        self.addCleanup(subprocess.run, ["umount", "--lazy", self.tree.path], check=True)
        self.check(self.client("--rules", "/etc/ostiary/rules.json"))

    def test_split_over_a_socket(self):
        folder = self.tree.folder("/run/mcp")
        self.tree.write("/etc/ostiary/rules.json", containers.RULES)
        serve = subprocess.Popen(
            self.tree.command("/ostiary-sidecar", "serve", "--listen", "unix:/run/mcp/files.sock", "--agent", "scratch",
                              "--server", "files", "--rules", "/etc/ostiary/rules.json", "--", "/scratch_server"),
            stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={})
        self.addCleanup(serve.wait)
        self.addCleanup(serve.terminate)
        containers.wait_until((folder / "files.sock").is_socket, lambda: "the socket of serve")
        client = containers.Client(self.tree, command=("connect", "unix:/run/mcp/files.sock"))
        self.addCleanup(client.close)
        self.check(client)


class Keys(unittest.TestCase):
    """Whatever keys an operator has, though the static sidecar has few of OpenSSL's algorithms."""

    PORT = 7447
    KINDS = {
        "RSA": ("rsa:2048",),
        "RSA-PSS": ("rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048"),
        "P-256": P256,
        "P-384": ("ec", "-pkeyopt", "ec_paramgen_curve:P-384"),
        "P-521": ("ec", "-pkeyopt", "ec_paramgen_curve:P-521"),
        "Ed25519": ("ed25519",),
        "Ed448": ("ed448",),
    }

    def setUp(self):
        self.tree = containers.Tree()
        self.addCleanup(self.tree.close)
        self.tree.add("/ostiary-sidecar", containers.static_sidecar())
        self.tree.add("/scratch_server", containers.scratch_server())
        self.files = containers.Tree()
        self.addCleanup(self.files.close)
        self.authority = Authority(self.files.path)
        self.tree.add("/ca.pem", self.authority.certificate, 0o644)

    def serve(self, certificate, key):
        self.files.write("/rules.json", containers.RULES)
        identity = {"identity": "spiffe://test/scratch", "agents": ["scratch"]}
        self.files.write("/bindings.json", {"bindings": [identity]})
        pdp = containers.Pdp([
            containers.pdp(), "serve", "--rules", self.files.path / "rules.json", "--listen", f"127.0.0.1:{self.PORT}",
            "--tls-cert", certificate, "--tls-key", key, "--client-ca", self.authority.certificate, "--bindings",
            self.files.path / "bindings.json"])
        self.addCleanup(pdp.end)
        return pdp

    def call(self, *flags):
        client = containers.Client(self.tree, "--pdp", f"127.0.0.1:{self.PORT}", "--pdp-name", "pdp", "--pdp-ca",
                                   "/ca.pem", *flags)
        try:
            return client.call("read_file"), client.errors()
        finally:
            client.close()

    def test_both_ends_with_each_kind(self):
        for name, kind in self.KINDS.items():
            with self.subTest(name):
                pdp = self.serve(*self.authority.issue("pdp", ["pdp"], kind=kind))
                shown = self.authority.issue("client", [], identity="spiffe://test/scratch", kind=kind)
                for file, source in zip(("/client.pem", "/client.key"), shown):
                    self.tree.add(file, source, 0o644)
                answer, errors = self.call("--pdp-cert", "/client.pem", "--pdp-key", "/client.key")
                self.assertEqual(answer, "call 1", errors)
                pdp.end()

    def test_keys_in_their_old_forms(self):
        self.serve(*self.authority.issue("pdp", ["pdp"]))
        for name in ("RSA", "P-256"):
            with self.subTest(name):
                certificate, key = self.authority.issue("client", [], identity="spiffe://test/scratch",
                                                        kind=self.KINDS[name])
                openssl("pkey", "-in", key, "-traditional", "-out", self.tree.path / "client.key")
                (self.tree.path / "client.key").chmod(0o644)
                self.tree.add("/client.pem", certificate, 0o644)
                answer, errors = self.call("--pdp-cert", "/client.pem", "--pdp-key", "/client.key")
                self.assertEqual(answer, "call 1", errors)

    def test_an_encrypted_key_is_told(self):
        certificate, key = self.authority.issue("client", ["client"], kind=self.KINDS["RSA"])
        self.tree.add("/client.pem", certificate, 0o644)
        for form in ([], ["-traditional"]):
            with self.subTest(form):
                openssl("pkey", "-in", key, *form, "-aes256", "-passout", "pass:it", "-out",
                        self.tree.path / "client.key")
                (self.tree.path / "client.key").chmod(0o644)
                answer, errors = self.call("--pdp-cert", "/client.pem", "--pdp-key", "/client.key")
                self.assertNotIn("call 1", answer)
                self.assertIn("the key is encrypted", errors)

    def test_tls_1_2_and_nothing_older(self):
        certificate, key = self.authority.issue("pdp", ["pdp"])
        for version, shakes_hands in (("-tls1_2", True), ("-tls1_1", False)):
            with self.subTest(version):
                server = subprocess.Popen(
                    ["openssl", "s_server", "-accept", str(self.PORT), version, "-alpn", "h2", "-cipher",
                     "ALL:@SECLEVEL=0", "-cert", certificate, "-key", key],
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                    errors="replace")
                self.addCleanup(server.communicate)
                self.addCleanup(server.kill)
                said = ""
                while "ACCEPT" not in said:
                    said += server.stdout.readline()
                answer, _ = self.call("--decision-timeout", "500ms")
                server.kill()
                said += server.communicate()[0]
                self.assertNotIn("call 1", answer)
                self.assertEqual("CIPHER is ECDHE-ECDSA-AES" in said, shakes_hands, said)


class ForeignCode(unittest.TestCase):
    """A container that wants to load something of its own into whoever runs in it. Each case first shows that another
    program does load it."""

    VARIABLES = {"LD_PRELOAD": "/intruder.so", "LD_LIBRARY_PATH": "/intruders", "LD_AUDIT": "/intruder.so"}

    def setUp(self):
        self.tree = containers.Tree()
        self.addCleanup(self.tree.close)
        self.tree.add("/ostiary-sidecar", containers.static_sidecar())
        self.tree.add("/scratch_server", containers.scratch_server())
        self.tree.write("/etc/ostiary/rules.json", containers.RULES)
        self.tree.folder("/tmp")
        for name in ("/intruder.so", "/intruders/libnss_intruder.so.2", "/lib/x86_64-linux-gnu/libnss_intruder.so.2"):
            self.tree.add(name, containers.intruder())
        # What the C library of the static programs would need for that.
        for library in ("/lib/x86_64-linux-gnu/libc.so.6", "/lib64/ld-linux-x86-64.so.2"):
            self.tree.add(library, library)
            self.tree.add(f"/lib/x86_64-linux-gnu/{library.rpartition('/')[2]}", library)
        self.trace = self.tree.path / "tmp/intruder"

    def intruded(self):
        was_there = self.trace.exists()
        self.trace.unlink(missing_ok=True)
        return was_there

    def test_variables_of_the_loader_are_nothing_to_it(self):
        self.tree.add("/true", shutil.which("true"))
        self.tree.run("/true", environment={"LD_PRELOAD": "/intruder.so"})
        self.assertTrue(self.intruded(), "the trap does not work")
        client = containers.Client(self.tree, "--rules", "/etc/ostiary/rules.json", environment=self.VARIABLES)
        self.addCleanup(client.close)
        self.assertEqual(client.call("read_file"), "call 1")
        self.assertFalse(self.intruded())

    def test_nsswitch_conf_brings_no_modules(self):
        self.tree.write("/etc/nsswitch.conf", "hosts: intruder files dns\n")
        self.tree.write("/etc/hosts", "127.0.0.1 pdp.of.hosts\n")
        self.tree.run("/scratch_server", "look-up", "pdp.of.hosts")
        self.assertTrue(self.intruded(), "the trap does not work")
        # The port of a PDP that is not there: it is the look-up that counts.
        with socket.create_server(("127.0.0.1", 7445)) as pdp:
            client = containers.Client(self.tree, "--pdp", "pdp.of.hosts:7445", "--allow-insecure-tcp",
                                       environment=self.VARIABLES)
            self.addCleanup(client.close)
            pdp.settimeout(containers.PATIENCE_SECONDS)
            pdp.accept()[0].close()
        self.assertFalse(self.intruded())

    def test_openssl_cnf_brings_no_modules(self):
        self.tree.write("/usr/lib/ssl/openssl.cnf", """openssl_conf = all
[all]
providers = listed
[listed]
intruder = one
[one]
module = /intruder.so
activate = 1
""")
        self.tree.write("/etc/hosts", "127.0.0.1 pdp.of.hosts\n")
        folder = containers.Tree()
        self.addCleanup(folder.close)
        self.tree.add("/ca.pem", Authority(folder.path).certificate, 0o644)
        with socket.create_server(("127.0.0.1", 7446)) as pdp:
            client = containers.Client(self.tree, "--pdp", "pdp.of.hosts:7446", "--pdp-ca", "/ca.pem",
                                       environment={"OPENSSL_CONF": "/usr/lib/ssl/openssl.cnf"})
            self.addCleanup(client.close)
            pdp.settimeout(containers.PATIENCE_SECONDS)
            with pdp.accept()[0] as connection:
                self.assertEqual(connection.recv(1), b"\x16", "a TLS handshake")
        self.assertFalse(self.intruded())


if __name__ == "__main__":
    unittest.main()
