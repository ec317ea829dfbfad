"""The chart's README is what its values and its template make."""

import re
import subprocess
import unittest

import yaml

import chart


class Documentation(unittest.TestCase):
    def generated(self):
        return subprocess.run(
            [chart.tool("helm-docs"), "--chart-to-generate", "helm", "--dry-run", "--log-level", "warning"],
            cwd=chart.ROOT, capture_output=True, text=True, check=True).stdout

    def test_the_readme_is_current(self):
        self.assertEqual(self.generated().strip(), (chart.CHART / "README.md").read_text().strip(),
                         "run build/tools/helm-docs --chart-to-generate helm")

    def test_every_value_is_described(self):
        rows = re.findall(r"^\| `([^`]+)` \| (.*) \| (.*) \|$", self.generated(), re.MULTILINE)
        self.assertGreater(len(rows), 100)
        self.assertEqual([name for name, _, description in rows if not description.strip()], [])

    def test_images_are_built_under_the_names_that_the_chart_asks_for(self):
        values = yaml.safe_load((chart.CHART / "values.yaml").read_text())
        version = yaml.safe_load((chart.CHART / "Chart.yaml").read_text())["appVersion"]
        readme = (chart.ROOT / "README.md").read_text()
        for folder, image in (("pdp", values["image"]), ("sidecar", values["attach"]["image"])):
            build = f"docker build -f {folder}/Dockerfile -t {image['repository']}:{version} ."
            self.assertIn(build, (chart.ROOT / folder / "Dockerfile").read_text())
            self.assertIn(build, readme)

    def notes(self, values_file, *arguments):
        return chart.helm("install", chart.RELEASE, chart.CHART, "--dry-run=client", "--namespace", chart.NAMESPACE,
                          "--values", chart.CHART / "ci" / values_file, *arguments).partition("NOTES:")[2]

    def test_the_notes_name_what_to_do(self):
        for path in chart.CI_FILES:
            with self.subTest(path.name):
                notes = self.notes(path.name)
                self.assertIn("grpcurl", notes)
                self.assertIn("/ostiary-pdp status --pdp unix:/run/ostiary/pdp.sock", notes)
                self.assertEqual("WARNING: TLS is off" in notes, path.name == "insecure-values.yaml")
                self.assertNotIn("<no value>", notes)
                self.assertNotIn("%!", notes)
                # What a Secret holds comes out in base64.
                for line in notes.splitlines():
                    self.assertEqual("get secret" in line, "base64 -d" in line, line)

    def test_the_notes_show_a_certificate_where_nobody_connects_without(self):
        for name, shown in (("existing-secret-values.yaml", True), ("both-identities-values.yaml", False),
                            ("default-values.yaml", False), ("insecure-values.yaml", False)):
            with self.subTest(name):
                for command in re.findall(r"^ *grpcurl (.*)$", self.notes(name), re.MULTILINE):
                    self.assertEqual("-cert client.crt -key client.key" in command, shown, command)

    def test_the_notes_take_no_authority_from_a_secret_that_may_have_none(self):
        self.assertNotIn("get secret", self.notes("existing-secret-values.yaml"))
        self.assertIn("get secret door-ostiary-tls ", self.notes("cert-manager-values.yaml"))

    def test_the_notes_say_what_bindings_of_ones_own_must_hold(self):
        notes = " ".join(self.notes("jwks-configmap-values.yaml", "--set", "tests.enabled=true").split())
        self.assertIn("ostiary-bindings has to bind local:unix to the role admin for that, and for helm test "
                      "system:serviceaccount:gate:door-ostiary-test to what it asks)", notes)
        self.assertIn("has to bind local:unix to the role admin for that)",
                      " ".join(self.notes("jwks-configmap-values.yaml").split()))

    def test_the_notes_do_not_promise_an_authority_that_the_chart_does_not_know(self):
        for name, known in (("default-values.yaml", True), ("existing-secret-values.yaml", False),
                            ("cert-manager-values.yaml", False)):
            with self.subTest(name):
                notes = " ".join(self.notes(name).split())
                self.assertEqual("with the CA: list them in attach.namespaces" in notes, known)
                self.assertEqual("which this chart does not know: set tls.ca and attach.namespaces" in notes, not known)


if __name__ == "__main__":
    unittest.main()
