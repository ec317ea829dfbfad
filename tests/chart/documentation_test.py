"""The chart's README is what its values and its template make."""

import re
import subprocess
import unittest

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

    def test_the_notes_name_what_to_do(self):
        for path in chart.CI_FILES:
            with self.subTest(path.name):
                notes = chart.helm("install", chart.RELEASE, chart.CHART, "--dry-run=client", "--namespace",
                                   chart.NAMESPACE, "--values", path).partition("NOTES:")[2]
                self.assertIn("grpcurl", notes)
                self.assertIn("/ostiary-pdp status --pdp unix:/run/ostiary/pdp.sock", notes)
                self.assertEqual("WARNING: TLS is off" in notes, path.name == "insecure-values.yaml")
                self.assertNotIn("<no value>", notes)
                self.assertNotIn("%!", notes)


if __name__ == "__main__":
    unittest.main()
