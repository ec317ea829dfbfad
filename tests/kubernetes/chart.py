"""Ostiary's chart through the real helm: rendered, installed, upgraded, taken away."""

import json
import os
import pathlib
import subprocess

import api
import cluster

CHART = pathlib.Path(os.environ.get("OSTIARY_CHART") or cluster.ROOT / "helm")
VALUE_FILES = sorted((CHART / "ci").glob("*.yaml"))


class Helm:
    """The helm command on one cluster."""

    def __init__(self, over):
        self.program = os.environ.get("OSTIARY_HELM") or cluster.ROOT / "build/tools/helm"
        # A home of its own: no plugins, caches or repositories of whoever runs the tests.
        home = over.folder / "helm"
        home.mkdir(exist_ok=True)
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(home), "KUBECONFIG": str(over.kubeconfig)}

    def __call__(self, *arguments):
        done = subprocess.run([self.program, *map(str, arguments)], capture_output=True, text=True, timeout=120,
                              env=self.environment, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise HelmFailed(f"helm {' '.join(map(str, arguments))}: exit {done.returncode}\n{done.stderr}")
        return done.stdout

    def install(self, release, namespace, *arguments):
        return self("install", release, CHART, "--namespace", namespace, *arguments)

    def upgrade(self, release, namespace, *arguments):
        return self("upgrade", release, CHART, "--namespace", namespace, *arguments)

    def uninstall(self, release, namespace):
        return self("uninstall", release, "--namespace", namespace)

    def manifest(self, release, namespace):
        """The YAML documents of a release, without its hooks."""
        return api.documents(self("get", "manifest", release, "--namespace", namespace))

    def hooks(self, release, namespace):
        return api.documents(self("get", "hooks", release, "--namespace", namespace))


class HelmFailed(AssertionError):
    pass


def values(content):
    """A values file for helm's --values: JSON is YAML."""
    return ["--set-json=" + f"{key}={json.dumps(value)}" for key, value in content.items()]


def pod_of(workload):
    """The pod that a controller would make of a Deployment."""
    template = workload["spec"]["template"]
    metadata = {**template["metadata"], "name": f"{workload['metadata']['name']}-0",
                "namespace": workload["metadata"]["namespace"]}
    metadata.pop("creationTimestamp", None)
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}
