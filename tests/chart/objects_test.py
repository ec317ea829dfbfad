"""Every values file of helm/ci: objects that the API server's schemas take, pods that the restricted level takes."""

import base64
import pathlib
import subprocess
import tarfile
import tempfile
import unittest

import chart


class EveryValuesFile(unittest.TestCase):
    def test_there_are_values_files(self):
        self.assertGreaterEqual(len(chart.CI_FILES), 10)

    def test_objects_are_valid(self):
        for path in chart.CI_FILES:
            with self.subTest(path.name):
                self.assertEqual(chart.conform(chart.template("--values", path)), "")

    def test_names_that_yaml_reads_otherwise_stay_texts(self):
        text = chart.helm(
            "template", "on", chart.CHART, "--namespace", "no", "--kube-version", "1.37.2", "--set",
            "attach.admission.enabled=true,attach.namespaces={yes},attach.caConfigMap=off,metrics.serviceMonitor.enabled=true",
            "--set-string", "fullnameOverride=y,imagePullSecrets={1},priorityClassName=2,serviceAccount.name=3,"
            "identity.tokens.audience=4,identity.clientCA.secret=5,identity.clientCA.key=6,policy.existingConfigMap=7,"
            "identity.bindings.existingConfigMap=8,podAnnotations.kubectl\\.kubernetes\\.io/default-container=9")
        self.assertEqual(chart.conform(text), "")

    def test_texts_of_files_may_start_with_blanks(self):
        for rules in ("  {\n\"agents\": {}\n}", "\t{}", "\n\n {}\n"):
            with self.subTest(rules):
                made = chart.one(chart.render({"rules": rules, "mcpConfig": rules}), "ConfigMap", "door-ostiary-policy")["data"]
                self.assertEqual([made["rules.json"].rstrip(), made["mcp.json"].rstrip()], [rules.rstrip()] * 2)
                keys = {"source": "inline", "inline": rules + '"keys"'}
                items = chart.render({"identity": {"tokens": {"jwks": keys}}})
                self.assertEqual(chart.one(items, "ConfigMap", "door-ostiary-jwks")["data"]["jwks.json"].rstrip(), keys["inline"])

    def test_names_are_cut_to_what_a_service_may_be_called(self):
        for override in ("a" * 38 + "--bb", "a" * 39 + ".bb", "a" * 60):
            for item in chart.render({"fullnameOverride": override}):
                with self.subTest(override, kind=item["kind"]):
                    self.assertRegex(item["metadata"]["name"], "^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$")

    def test_names_are_unique(self):
        for path in chart.CI_FILES:
            with self.subTest(path.name):
                names = [(o["kind"], o["metadata"].get("namespace"), o["metadata"]["name"]) for o in chart.render(path)]
                self.assertEqual(len(names), len(set(names)))

    def test_pods_hold_what_the_restricted_level_asks(self):
        for path in chart.CI_FILES:
            for name, spec in chart.pods(chart.render(path)):
                with self.subTest(path.name, pod=name):
                    self.assertIs(spec["automountServiceAccountToken"], False)
                    self.assertIs(spec["enableServiceLinks"], False)
                    self.assertIs(spec["securityContext"]["runAsNonRoot"], True)
                    self.assertEqual(spec["securityContext"]["seccompProfile"], {"type": "RuntimeDefault"})
                    self.assertNotIn("hostNetwork", spec)
                    for container in spec["containers"] + spec.get("initContainers", []):
                        context = container["securityContext"]
                        self.assertIs(context["allowPrivilegeEscalation"], False)
                        self.assertIs(context["readOnlyRootFilesystem"], True)
                        self.assertEqual(context["capabilities"], {"drop": ["ALL"]})
                        self.assertIn("memory", container["resources"]["limits"])
                        self.assertIn("cpu", container["resources"]["requests"])

    def test_a_file_that_breaks_a_schema_is_found(self):
        broken = chart.template("--values", chart.CI_FILES[0]).replace("automountServiceAccountToken:", "automountToken:")
        self.assertRegex(chart.conform(broken), "additional properties 'automountToken' not allowed|automountToken")


class GeneratedCertificates(unittest.TestCase):
    """What genCA and genSignedCert make of the values, as openssl reads it."""

    def openssl(self, *arguments):
        return subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=True, cwd=self.folder).stdout

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def make(self, **tls):
        for name, text in chart.one(chart.render({"tls": tls}), "Secret")["data"].items():
            (pathlib.Path(self.folder) / name).write_bytes(base64.b64decode(text))

    def test_the_authority_signed_the_servers_certificate_of_this_key(self):
        self.make()
        self.openssl("verify", "-CAfile", "ca.crt", "-purpose", "sslserver", "tls.crt")
        public = self.openssl("x509", "-in", "tls.crt", "-noout", "-pubkey")
        self.assertEqual(self.openssl("pkey", "-in", "tls.key", "-pubout"), public)
        self.assertNotEqual(self.openssl("x509", "-in", "ca.crt", "-noout", "-pubkey"), public)
        for name in ("ca.crt", "tls.crt"):
            self.assertIn("ASN1 OID: prime256v1", self.openssl("x509", "-in", name, "-noout", "-text"))

    def test_the_names_are_the_services_and_those_of_the_values(self):
        self.make(extraDnsNames=["pdp.example.com"], ipAddresses=["192.0.2.1"])
        names = self.openssl("x509", "-in", "tls.crt", "-noout", "-ext", "subjectAltName")
        for name in ("DNS:door-ostiary", "DNS:door-ostiary.gate.svc.cluster.local", "DNS:door-ostiary-headless.gate.svc",
                     "DNS:pdp.example.com", "IP Address:192.0.2.1"):
            self.assertRegex(names, rf"{name}(,|$|\n)")
        self.assertIn("CN = door-ostiary.gate.svc", self.openssl("x509", "-in", "tls.crt", "-noout", "-subject"))

    def test_they_hold_as_long_as_is_said(self):
        self.make(generated={"validityDays": 3})
        for name in ("ca.crt", "tls.crt"):
            self.openssl("x509", "-in", name, "-noout", "-checkend", str(3 * 86400 - 600))
            with self.assertRaises(subprocess.CalledProcessError):
                self.openssl("x509", "-in", name, "-noout", "-checkend", str(3 * 86400 + 600))


class Changes(unittest.TestCase):
    """What a change of values does to the pods."""

    def pod_template(self, values):
        return chart.one(chart.render(values), "Deployment")["spec"]["template"]

    def test_rules_and_bindings_restart_nothing(self):
        changed = {"rules": {"agents": {"another": {"allow": {"servers": ["*"]}}}},
                   "mcpConfig": {"mcpServers": {"other": {"command": "true"}}},
                   "identity": {"bindings": {"admins": ["local:loopback"]}}}
        before = self.pod_template({"mcpConfig": {"mcpServers": {}, "_comment": "none yet"}})
        self.assertEqual(self.pod_template(changed), before)

    def test_an_image_does(self):
        self.assertNotEqual(self.pod_template({"image": {"tag": "2"}}), self.pod_template({}))


class Packages(unittest.TestCase):
    def package(self, chart_folder):
        with tempfile.TemporaryDirectory() as folder:
            chart.helm("package", chart_folder, "--destination", folder)
            (archive,) = pathlib.Path(folder).iterdir()
            with tarfile.open(archive) as files:
                return {name.partition("/")[2] for name in files.getnames()}

    def test_the_chart_holds_what_it_needs_and_no_tests(self):
        names = self.package(chart.CHART)
        self.assertLessEqual({"values.schema.json", "README.md", "dashboards/ostiary.json", "templates/NOTES.txt",
                              "templates/tests/decisions.yaml", "charts/ostiary-attach/templates/_server.tpl"}, names)
        self.assertEqual([n for n in names if n.startswith(("ci/", "tests/")) or "example" in n or n.endswith(".gotmpl")], [])

    def test_the_library_is_a_package_of_its_own(self):
        names = self.package(chart.CHART / "charts/ostiary-attach")
        self.assertLessEqual({"Chart.yaml", "README.md", "templates/_pod.tpl"}, names)


if __name__ == "__main__":
    unittest.main()
