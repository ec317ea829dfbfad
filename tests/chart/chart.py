"""The chart, rendered by the real helm."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHART = ROOT / "helm"
TOOLS = ROOT / "build/tools"
SCHEMAS = TOOLS / "schemas"
CI_FILES = sorted((CHART / "ci").glob("*.yaml"))

RELEASE = "door"
NAMESPACE = "gate"


class HelmFailed(Exception):
    pass


def tool(name):
    path = shutil.which(name, path=f"{TOOLS}:{os.environ['PATH']}")
    if path is None:
        raise FileNotFoundError(f"{name} is not installed: run scripts/install helm")
    return path


def helm(*arguments):
    done = subprocess.run([tool("helm"), *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise HelmFailed(done.stderr)
    return done.stdout


def template(*arguments, chart=CHART, kube_version="1.37.2"):
    """The text of all objects."""
    return helm("template", RELEASE, chart, "--namespace", NAMESPACE, "--kube-version", kube_version, *arguments)


def render(values=None, *arguments, chart=CHART):
    """The objects, for values given as a path or as an object."""
    if values is None:
        return objects(template(*arguments, chart=chart))
    if isinstance(values, pathlib.Path):
        return objects(template("--values", values, *arguments, chart=chart))
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        yaml.safe_dump(values, file)
        file.flush()
        return objects(template("--values", file.name, *arguments, chart=chart))


def objects(text):
    return [item for item in yaml.safe_load_all(text) if item]


def one(items, kind, name=None):
    found = [item for item in items if item["kind"] == kind and name in (None, item["metadata"]["name"])]
    if len(found) != 1:
        raise AssertionError(f"{len(found)} objects of kind {kind}{f' called {name}' if name else ''}, expected one")
    return found[0]


def conform(text):
    """What kubeconform says of objects that it does not find valid; empty for none."""
    done = subprocess.run(
        [tool("kubeconform"), "-strict", "-output", "text", "-schema-location",
         str(SCHEMAS / "{{ .ResourceKind }}{{ .KindSuffix }}.json"), "-"],
        input=text, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip()


def program(name):
    """One of our programs: pdp or sidecar."""
    variable = f"OSTIARY_TEST_{name.upper()}"
    path = ROOT / os.environ.get(variable, f"build/dev/{name}/ostiary-{name}")
    if not path.exists():
        raise FileNotFoundError(f"no ostiary-{name} at {path}: build it, or name it in {variable}")
    return path


def flags_of(path, command):
    """The flags that a command of a program of ours knows, and the variables that stand for them."""
    text = subprocess.run([path, command, "--help"], capture_output=True, text=True, check=True).stdout
    flags = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text))
    return flags, {"OSTIARY_" + flag[2:].upper().replace("-", "_") for flag in flags}


def pods(items):
    """Every pod specification among the objects, with where it is."""
    for item in items:
        name = f"{item['kind']} {item['metadata']['name']}"
        if item["kind"] == "Pod":
            yield name, item["spec"]
        elif item["kind"] == "Deployment":
            yield name, item["spec"]["template"]["spec"]
