"""Compares objects with files of golden/. OSTIARY_UPDATE_GOLDEN=1 writes them anew: read the diff."""

import difflib
import json
import os
import pathlib
import re

FOLDER = pathlib.Path(__file__).parent / "golden"

# What the API server fills in everywhere and says nothing about Ostiary. A field that has another value stays.
DEFAULTS = {
    "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
    "imagePullPolicy": "IfNotPresent",
    "resources": {},
    "dnsPolicy": "ClusterFirst",
    "restartPolicy": "Always",
    "schedulerName": "default-scheduler",
    "terminationGracePeriodSeconds": 30,
    "preemptionPolicy": "PreemptLowerPriority",
    "priority": 0,
    "defaultMode": 420,
    "securityContext": {},
}
# Of the API server's own keeping, or random.
KEPT = {"uid", "creationTimestamp", "resourceVersion", "managedFields", "generation", "status"}
TOLERATED = {"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"}
# The token volume that the ServiceAccount admission adds ends in five random characters.
TOKEN_VOLUME = re.compile(r"kube-api-access-[a-z0-9]{5}")


def plain(thing, inside=""):
    """An object without what KEPT and DEFAULTS name."""
    if isinstance(thing, dict):
        kept = {}
        for key, value in thing.items():
            # A container's restartPolicy is what makes it a native sidecar: it stays.
            is_default = key in DEFAULTS and value == DEFAULTS[key] and not (
                key == "restartPolicy" and inside != "spec")
            value = plain(value, key)
            if key not in KEPT and not is_default and not (key == "tolerations" and not value):
                kept[key] = value
        return kept
    if isinstance(thing, list):
        if inside == "tolerations":
            thing = [item for item in thing if item.get("key") not in TOLERATED]
        return [plain(item, inside) for item in thing]
    if isinstance(thing, str):
        return TOKEN_VOLUME.sub("kube-api-access-xxxxx", thing)
    return thing


def text(thing):
    return json.dumps(plain(thing), indent=2, sort_keys=True) + "\n"


def compare(test, name, thing):
    """Fails `test` where `thing` is not golden/NAME.json."""
    path = FOLDER / f"{name}.json"
    shown = text(thing)
    if os.environ.get("OSTIARY_UPDATE_GOLDEN"):
        FOLDER.mkdir(exist_ok=True)
        path.write_text(shown)
        return
    expected = path.read_text() if path.is_file() else ""
    if shown != expected:
        difference = difflib.unified_diff(expected.splitlines(), shown.splitlines(), str(path), "now", lineterm="")
        test.fail("\n".join(difference))
