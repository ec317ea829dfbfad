"""The Dockerfiles: no engine runs here, so they must be the commands that the other tests run, and nothing else."""

import json
import os
import pathlib
import re
import shlex
import subprocess
import tempfile
import unittest

import dockerfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
IMAGES = {
    "sidecar": ["scripts/install build", "cmake --preset release-static", "cmake --build --preset release-static",
                "scripts/image-tree sidecar /tree"],
    "pdp": ["scripts/install build", "cmake --preset release -DOSTIARY_BENCH=OFF -DOSTIARY_TESTS=OFF",
            "cmake --build --preset release --target ostiary-pdp", "scripts/image-tree pdp /tree"],
}
PORTS = {"sidecar": [], "pdp": ["7443 7080 9090"]}


def context():
    """What a build sees of the repository: .dockerignore leaves out everything, then takes some back."""
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert lines[0] == "*" and lines[-1] == "**/node_modules", lines
    wanted = [line.removeprefix("!") for line in lines[1:-1]]
    known = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
                           capture_output=True, text=True, check=True).stdout.split("\0")
    return [path for path in known if path and path.split("/")[0] in wanted and (ROOT / path).is_file()]


class Dockerfiles(unittest.TestCase):
    def each(self):
        for image in IMAGES:
            text = (ROOT / image / "Dockerfile").read_text()
            yield image, text, *dockerfile.stages(text)

    def test_build_on_debian_12_and_end_on_nothing(self):
        for _, text, build, final in self.each():
            self.assertEqual(dockerfile.instructions(text)[0], ("ARG", "DEBIAN=debian:12"))
            self.assertEqual(build[0], ("FROM", "${DEBIAN} AS build"))
            self.assertEqual(final[0], ("FROM", "scratch"))

    def test_run_what_the_tests_run(self):
        for image, _, build, final in self.each():
            self.assertEqual(dockerfile.of(build, "RUN"), IMAGES[image])
            self.assertEqual(dockerfile.of(final, "RUN"), [])

    def test_copy_the_sources_and_then_the_tree(self):
        for _, _, build, final in self.each():
            self.assertEqual(dockerfile.of(build, "COPY"), ["scripts/install scripts/install", ". ."])
            self.assertEqual(dockerfile.of(final, "COPY"), ["--from=build /tree/ /"])

    def test_run_as_a_user_by_number(self):
        # runAsNonRoot cannot judge a name.
        for _, _, _, final in self.each():
            self.assertEqual(dockerfile.of(final, "USER"), ["65532:65532"])

    def test_start_the_program_itself(self):
        for image, _, _, final in self.each():
            self.assertEqual([json.loads(entry) for entry in dockerfile.of(final, "ENTRYPOINT")],
                             [[f"/ostiary-{image}"]])
            self.assertEqual(dockerfile.of(final, "CMD"), [])
            self.assertEqual(dockerfile.of(final, "EXPOSE"), PORTS[image])

    def test_say_what_they_are(self):
        version = re.search(r"project\(ostiary VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text()).group(1)
        for image, _, _, final in self.each():
            self.assertEqual(dockerfile.of(final, "ARG"), [f"VERSION={version}", "REVISION="])
            labels = dict(word.split("=", 1) for word in shlex.split(dockerfile.of(final, "LABEL")[0]))
            self.assertEqual(labels.pop("org.opencontainers.image.title"), f"ostiary-{image}")
            self.assertIn("Access control", labels.pop("org.opencontainers.image.description"))
            self.assertEqual(labels, {
                "org.opencontainers.image.licenses": "Apache-2.0",
                "org.opencontainers.image.version": "${VERSION}",
                "org.opencontainers.image.revision": "${REVISION}",
                "org.opencontainers.image.base.name": "scratch",
            })

    def test_have_no_instruction_that_is_not_looked_at(self):
        for _, _, build, final in self.each():
            self.assertLessEqual({name for name, _ in build}, {"FROM", "WORKDIR", "COPY", "RUN"})
            self.assertLessEqual({name for name, _ in final},
                                 {"FROM", "ARG", "LABEL", "COPY", "USER", "EXPOSE", "ENTRYPOINT"})

    def test_are_built_from_sources_alone(self):
        files = context()
        for left_out in ("README.md", "tests/README.md", ".git/HEAD"):
            self.assertNotIn(left_out, files)
        # Where the PDP's image is configured, both programs are; the other way round takes as long again.
        for image in IMAGES if os.environ.get("OSTIARY_LONG") else ["pdp"]:
            configure, build = map(shlex.split, IMAGES[image][1:3])
            with self.subTest(image), tempfile.TemporaryDirectory(prefix="ostiary-context.") as folder:
                for path in files:
                    (pathlib.Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
                    (pathlib.Path(folder) / path).write_bytes((ROOT / path).read_bytes())
                # A dry run fails where a file is not there that the build names.
                for command in configure, [*build, "--", "-n", "ostiary-sidecar"]:
                    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
                    self.assertEqual(done.returncode, 0, done.stdout[-2000:] + done.stderr[-2000:])
                self.assertIn(f"ostiary-{image}", done.stdout)


class Reader(unittest.TestCase):
    def test_joins_lines_and_skips_comments(self):
        text = "# c\nARG A=b\nFROM a AS b\n\nRUN one \\\n    two\n# c\nFROM scratch\nuser 1:1\n"
        self.assertEqual(dockerfile.instructions(text)[0], ("ARG", "A=b"))
        self.assertEqual(dockerfile.stages(text), [[("FROM", "a AS b"), ("RUN", "one two")],
                                                   [("FROM", "scratch"), ("USER", "1:1")]])

    def test_refuses_a_last_line_that_goes_on(self):
        with self.assertRaisesRegex(ValueError, "RUN x"):
            dockerfile.instructions("RUN x \\\n")


if __name__ == "__main__":
    unittest.main()
