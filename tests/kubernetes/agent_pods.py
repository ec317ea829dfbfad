"""Pods of agents as a team would write them, before anything is attached. All of them are restricted."""

import copy

RESTRICTED = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
SECURITY = {"runAsNonRoot": True, "runAsUser": 1000, "runAsGroup": 1000, "seccompProfile": {"type": "RuntimeDefault"}}


def container(name="agent", **more):
    return {"name": name, "image": "registry.example/agent:1", "securityContext": copy.deepcopy(RESTRICTED), **more}


def pod(name, namespace, *containers, labels=None, **spec):
    return {"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": namespace, **({"labels": dict(labels)} if labels else {})},
            "spec": {"containers": list(containers) or [container()], "securityContext": copy.deepcopy(SECURITY), **spec}}


def bare(namespace, labels=None):
    """No volumes, no init containers, no environment, no mounts, and no token that would add them."""
    return pod("bare", namespace, labels=labels, automountServiceAccountToken=False)


def with_token(namespace, labels=None):
    """Lists that the ServiceAccount admission has made already."""
    return pod("with-token", namespace, labels=labels)


def with_everything(namespace, labels=None):
    """Lists of its own in every place that attaching touches."""
    return pod(
        "with-everything", namespace,
        container(env=[{"name": "MODEL", "value": "large"}],
                  volumeMounts=[{"name": "work", "mountPath": "/work"}]),
        labels=labels,
        initContainers=[container("prepare", command=["/prepare"], volumeMounts=[{"name": "work", "mountPath": "/work"}]),
                        container("log", restartPolicy="Always")],
        volumes=[{"name": "work", "emptyDir": {}}])


def with_two_containers(namespace, labels=None):
    """A second container with an environment, the first without."""
    return pod("with-two-containers", namespace,
               container(), container("browser", env=[{"name": "DISPLAY", "value": ":1"}]), labels=labels)


ALL = [bare, with_token, with_everything, with_two_containers]
