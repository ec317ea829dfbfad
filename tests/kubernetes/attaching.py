"""What the tests of the admission policies share: the chart's values, its release, pods with the label."""

import copy
import time

import agent_pods
import api
import chart
import cluster

NAMESPACE = "agents-attached"
LABEL = "ostiary.dev/attach"
VALUES = {
    "image": {"tag": "1.0.0"},
    "attach": {
        "image": {"registry": "registry.example", "digest": "sha256:" + "0" * 64},
        "admission": {"enabled": True},
        "servers": [
            {"name": "github", "image": "registry.example/github:1", "command": ["/github-mcp", "stdio"],
             "env": [{"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "github", "key": "token"}}}]},
            {"name": "files", "image": "registry.example/files:1", "command": ["/files-mcp", "/data"], "user": 65533,
             "workingDir": "/data",
             # Without what the API server adds by itself, and with what it leaves away.
             "env": [{"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}, {"name": "DEBUG", "value": ""},
                     {"name": "MEMORY", "valueFrom": {"resourceFieldRef": {"resource": "limits.memory"}}}],
             "envFrom": [{"configMapRef": {"name": "files"}}],
             "volumes": [{"name": "files-data", "emptyDir": {}},
                         {"name": "files-home", "persistentVolumeClaim": {"claimName": "files", "readOnly": False}},
                         {"name": "files-settings", "projected": {"sources": [
                             {"configMap": {"name": "files", "optional": False}},
                             {"secret": {"name": "files", "items": [{"key": "key", "path": "key"}]}},
                             {"downwardAPI": {"items": [{"path": "me", "fieldRef": {"fieldPath": "metadata.name"}}]}},
                             {"serviceAccountToken": {"path": "token", "audience": "files"}}]}},
                         {"name": "files-place", "downwardAPI": {"items": [
                             {"path": "namespace", "fieldRef": {"fieldPath": "metadata.namespace"}},
                             {"path": "memory", "resourceFieldRef": {"containerName": "mcp-files", "resource": "limits.memory"}}]}},
                         {"name": "files-keys", "secret": {"secretName": "files-keys"}},
                         {"name": "files-store", "csi": {"driver": "secrets-store.csi.k8s.io", "readOnly": True,
                                                         "volumeAttributes": {"secretProviderClass": "files"}}},
                         {"name": "files-scratch", "ephemeral": {"volumeClaimTemplate": {"spec": {
                             "accessModes": ["ReadWriteOnce"], "storageClassName": "fast",
                             "resources": {"requests": {"storage": "1024Mi"}}}}}}],
             "volumeMounts": [{"name": "files-data", "mountPath": "/data"},
                              {"name": "files-home", "mountPath": "/home", "subPath": "files"},
                              {"name": "files-settings", "mountPath": "/settings", "readOnly": True},
                              {"name": "files-place", "mountPath": "/place"}, {"name": "files-keys", "mountPath": "/keys"},
                              {"name": "files-store", "mountPath": "/store", "readOnly": False},
                              {"name": "files-scratch", "mountPath": "/scratch"}],
             "apiToken": True}]}}
MODES = ["agent", "split"]
BIN, IDENTITY = "ostiary-bin", "ostiary-identity"
WRITABLE_BIN = {"name": BIN, "mountPath": "/bin"}


def install():
    """The chart with its policies, in effect. Returns the cluster, helm, and the pods as they are without the chart."""
    global kubernetes, helm
    kubernetes = cluster.shared()
    helm = chart.Helm(kubernetes)
    for namespace in ("attach-pdp", NAMESPACE):
        kubernetes.namespace(namespace)
    before = {make: attempt(make(NAMESPACE)) for make in agent_pods.ALL}
    helm.install("ostiary", "attach-pdp", *chart.values(VALUES))
    wait_for_policies()
    return kubernetes, helm, before


def uninstall():
    """And waits until the policies are out of effect: they match all namespaces, those of the next tests too."""
    helm.uninstall("ostiary", "attach-pdp")

    def problem():
        for mode in (*MODES, "nonsense"):
            try:
                stored = attempt(labelled(agent_pods.bare, mode))
            except api.Refused as refused:
                return f"still refused: {refused.message}"
            if "initContainers" in stored["spec"]:
                return "still attached"
        return None

    eventually(problem)


def attempt(pod, dry_run=True):
    return kubernetes.admin.create(pod, dry_run=dry_run)


def eventually(problem, seconds=30):
    """Waits until there is no problem. The API server takes a moment to follow its policies, each by itself."""
    deadline = time.monotonic() + seconds
    while said := problem():
        assert time.monotonic() < deadline, said
        time.sleep(0.2)


def wait_for_policies():
    def problem():
        try:
            inits = [c["name"] for c in attempt(labelled(agent_pods.bare, "split"))["spec"].get("initContainers", [])]
        except api.Refused as refused:
            return refused.message
        if inits != ["ostiary-install", "mcp-github", "mcp-files"]:
            return f"attached: {inits}"
        try:
            attempt(labelled(agent_pods.bare, "nonsense"))
        except api.Refused:
            return None
        return "nonsense was let in"

    eventually(problem)


def labelled(make, mode):
    return make(NAMESPACE, labels={LABEL: mode})


def submitted_again(stored):
    """A stored pod as a client would send it again, under another name."""
    pod = copy.deepcopy(stored)
    pod.pop("status", None)
    for key in ("uid", "creationTimestamp", "resourceVersion", "managedFields", "generation"):
        pod["metadata"].pop(key, None)
    return pod


def annotate(pod, **annotations):
    pod["metadata"].setdefault("annotations", {}).update(
        {f"ostiary.dev/{name}": value for name, value in annotations.items()})
