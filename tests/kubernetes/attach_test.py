"""The admission policies on agents' pods: what they attach (golden/), to which pods, and what they leave alone."""

import copy
import unittest

import agent_pods
import api
import attaching
import chart
import golden
from attaching import (BIN, IDENTITY, LABEL, MODES, NAMESPACE, VALUES, WRITABLE_BIN, annotate, attempt, eventually,
                       labelled, submitted_again, wait_for_policies)


def setUpModule():
    global kubernetes, helm, before
    kubernetes, helm, before = attaching.install()


def tearDownModule():
    attaching.uninstall()


class Attached(unittest.TestCase):
    def test_pods_are_attached_as_in_the_golden_files(self):
        for mode in MODES:
            for make in agent_pods.ALL:
                with self.subTest(mode=mode, pod=make.__name__):
                    stored = attempt(labelled(make, mode), dry_run=False)
                    kubernetes.admin.delete("v1", "Pod", NAMESPACE, stored["metadata"]["name"])
                    self.assertEqual(kubernetes.admin.warnings, [])
                    golden.compare(self, f"{mode}-{make.__name__}", stored)

    def test_attached_pods_are_not_attached_twice(self):
        for mode in MODES:
            for make in agent_pods.ALL:
                with self.subTest(mode=mode, pod=make.__name__):
                    once = attempt(labelled(make, mode))
                    self.assertEqual(golden.text(attempt(submitted_again(once))), golden.text(once))

    def test_pods_without_the_label_are_as_without_the_chart(self):
        for make in agent_pods.ALL:
            with self.subTest(pod=make.__name__):
                self.assertEqual(golden.text(attempt(make(NAMESPACE))), golden.text(before[make]))


class WithoutTheMutation(unittest.TestCase):
    """A labelled pod that no one attached to is refused: the second policy does not rely on the first."""

    BINDING = "/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicybindings"

    def setUp(self):
        self.whole = {mode: submitted_again(attempt(labelled(agent_pods.with_everything, mode))) for mode in MODES}
        (self.binding,) = kubernetes.admin.get(self.BINDING)["items"]
        kubernetes.admin.ask("DELETE", f"{self.BINDING}/{self.binding['metadata']['name']}")

    def tearDown(self):
        kubernetes.admin.create({"apiVersion": "admissionregistration.k8s.io/v1",
                                 "kind": "MutatingAdmissionPolicyBinding", **submitted_again(self.binding)})
        wait_for_policies()

    def test_a_labelled_pod_is_refused_with_a_sentence(self):
        for mode in MODES:
            for make in agent_pods.ALL:
                with self.subTest(mode=mode, pod=make.__name__):
                    def problem():
                        try:
                            attempt(labelled(make, mode))
                        except api.Refused as refused:
                            self.assertIn("ostiary-install", refused.message)
                            return None
                        return "was let in"

                    eventually(problem)

    def test_each_variable_of_the_sidecar_is_asked_for(self):
        def without(name):
            pod = copy.deepcopy(self.whole["agent"])
            (agent,) = pod["spec"]["containers"]
            agent["env"] = [variable for variable in agent["env"] if variable["name"] != name]
            return pod

        def problem():
            try:
                attempt(labelled(agent_pods.bare, "agent"))
            except api.Refused:
                return None
            return "still attached"

        eventually(problem)
        attempt(without("MODEL"))
        for name in ("OSTIARY_AGENT", "OSTIARY_PDP", "OSTIARY_PDP_CA", "OSTIARY_PDP_TOKEN_FILE", "OSTIARY_POD_NAMESPACE"):
            with self.subTest(name=name), self.assertRaisesRegex(api.Refused, "lacks the sidecar's"):
                attempt(without(name))


class Chosen(unittest.TestCase):
    """Annotations choose containers and servers."""

    def test_only_the_named_container_is_attached(self):
        pod = labelled(agent_pods.with_two_containers, "agent")
        annotate(pod, containers=" browser ")
        agent, browser = attempt(pod)["spec"]["containers"]
        self.assertNotIn(BIN, str(agent))
        self.assertIn(BIN, str(browser))

    def test_only_the_named_server_is_attached(self):
        pod = labelled(agent_pods.bare, "split")
        annotate(pod, servers="files")
        stored = attempt(pod)
        self.assertEqual([c["name"] for c in stored["spec"]["initContainers"]], ["ostiary-install", "mcp-files"])
        self.assertNotIn("github", str(stored["spec"]))

    def test_a_server_that_is_named_twice_is_attached_once(self):
        pod = labelled(agent_pods.bare, "split")
        annotate(pod, servers="files, files")
        stored = attempt(pod)
        self.assertEqual([c["name"] for c in stored["spec"]["initContainers"]], ["ostiary-install", "mcp-files"])
        self.assertEqual(stored["metadata"]["annotations"]["ostiary.dev/mcp.json"].count('"files"'), 1)

    def test_no_server_at_all_is_refused(self):
        for servers in ("", ",", "files,"):
            pod = labelled(agent_pods.bare, "split")
            annotate(pod, servers=servers)
            with self.subTest(servers=servers), self.assertRaisesRegex(api.Refused, "ostiary.dev/servers"):
                self.fail(golden.text(attempt(pod)))

    def test_what_is_said_to_be_off_is_no_reason(self):
        container = agent_pods.container()
        container["securityContext"]["privileged"] = False
        pod = agent_pods.pod("off", NAMESPACE, container, labels={LABEL: "split"}, shareProcessNamespace=False, hostPID=False)
        self.assertEqual(len(attempt(pod)["spec"]["initContainers"]), 3)

    def test_what_is_the_agents_own_is_let_in(self):
        volumes = [{"name": "claim", "persistentVolumeClaim": {"claimName": "mine"}}, {"name": "secret", "secret": {"secretName": "mine"}},
                   {"name": "store", "csi": {"driver": "secrets-store.csi.k8s.io", "readOnly": True,
                                             "volumeAttributes": {"secretProviderClass": "mine"}}},
                   {"name": "bucket", "csi": {"driver": "mine.example", "readOnly": True, "volumeAttributes": {"bucket": "mine"}}},
                   {"name": "nothing", "projected": {"defaultMode": 0o444}},
                   {"name": "driver", "csi": {"driver": "mine.example", "readOnly": True, "nodePublishSecretRef": {"name": "mine"}}},
                   {"name": "sources", "projected": {"sources": [
                       {"secret": {"name": "mine"}}, {"serviceAccountToken": {"path": "api"}},
                       {"serviceAccountToken": {"path": "token", "audience": "mine"}}]}}]
        pod = labelled(lambda *a, **k: agent_pods.pod("own", NAMESPACE, agent_pods.container(
            env=[{"name": "MINE", "valueFrom": {"secretKeyRef": {"name": "mine", "key": "key"}}}],
            envFrom=[{"configMapRef": {"name": "mine"}}, {"secretRef": {"name": "mine"}}],
            terminationMessagePath="/tmp/said", volumeMounts=[{"name": v["name"], "mountPath": f"/{v['name']}"} for v in volumes]),
            volumes=volumes, **k), "split")
        self.assertEqual(len(attempt(pod)["spec"]["initContainers"]), 3)

    def test_in_the_agents_container_users_are_no_concern(self):
        """Only in split mode are agent and servers told apart by them."""
        for security in ({}, {"runAsUser": 65532}, {"runAsUser": 1001}):
            pod = labelled(agent_pods.with_two_containers, "agent")
            pod["spec"]["securityContext"].pop("runAsUser")
            pod["spec"]["containers"][0]["securityContext"].update(security)
            with self.subTest(security=security):
                self.assertEqual(len(attempt(pod)["spec"]["initContainers"]), 1)

    def test_in_the_agents_container_a_servers_secret_is_the_agents(self):
        """Who starts the server there is the agent."""
        volumes = [{"name": "claim", "persistentVolumeClaim": {"claimName": "files"}}, {"name": "secret", "secret": {"secretName": "github"}},
                   {"name": "token", "projected": {"sources": [{"serviceAccountToken": {"path": "t", "audience": "ostiary-pdp"}}]}}]
        pod = labelled(lambda *a, **k: agent_pods.pod("own", NAMESPACE, agent_pods.container(
            env=[{"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "github", "key": "token"}}}],
            volumeMounts=[{"name": v["name"], "mountPath": f"/{v['name']}"} for v in volumes]),
            volumes=volumes, shareProcessNamespace=True, **k), "agent")
        self.assertEqual(len(attempt(pod)["spec"]["initContainers"]), 1)

    def test_a_server_may_be_held_to_more(self):
        """By another policy of the cluster's."""
        pod = submitted_again(attempt(labelled(agent_pods.bare, "split")))
        pod["spec"]["initContainers"][1]["securityContext"]["capabilities"]["drop"].append("NET_RAW")
        attempt(pod)

    def test_pods_of_a_deployment_are_attached(self):
        """They come without a name."""
        pod = labelled(agent_pods.bare, "split")
        pod["metadata"]["generateName"] = pod["metadata"].pop("name") + "-"
        self.assertEqual(len(attempt(pod)["spec"]["initContainers"]), 3)


class Running(unittest.TestCase):
    """What may be done to pods that exist. Nothing of it is done: the API server only says what it would do."""

    PODS = [(None, None), ("split", None), ("split", "files"), ("split", "github,files")]

    @classmethod
    def setUpClass(cls):
        cls.pods = {(mode, servers): cls.store(mode, servers) for mode, servers in cls.PODS}

    @classmethod
    def store(cls, mode, servers):
        pod = agent_pods.bare(NAMESPACE, labels={LABEL: mode} if mode else None)
        pod["metadata"]["generateName"] = pod["metadata"].pop("name") + "-"
        if servers:
            annotate(pod, servers=servers)
        name = attempt(pod, dry_run=False)["metadata"]["name"]
        cls.addClassCleanup(kubernetes.admin.delete, "v1", "Pod", NAMESPACE, name)
        return f"/api/v1/namespaces/{NAMESPACE}/pods/{name}"

    def patch(self, path, change):
        return kubernetes.admin.ask("PATCH", path, change, "application/strategic-merge-patch+json", dryRun="All")

    def debug(self, name="debugger", **more):
        return self.patch(f"{self.pods['split', None]}/ephemeralcontainers", {"spec": {"ephemeralContainers": [
            agent_pods.container(name, **more)]}})

    def test_a_label_that_comes_later_is_refused(self):
        with self.assertRaisesRegex(api.Refused, "ostiary-install"):
            self.patch(self.pods[None, None], {"metadata": {"labels": {LABEL: "agent"}}})

    def test_other_changes_are_no_concern(self):
        pod = self.pods["split", None]
        self.patch(pod, {"metadata": {"labels": {"other": "label"}, "annotations": {"other": "annotation"}}})
        self.patch(pod, {"spec": {"containers": [{"name": "agent", "image": "registry.example/agent:2"}]}})
        self.patch(f"{pod}/status", {"status": {"message": "from kubelet"}})
        self.patch(self.pods[None, None], {"metadata": {"annotations": {"ostiary.dev/servers": "files"}}})

    def test_the_label_stays(self):
        """Else the next change would be judged by nothing."""
        for value, words in ((None, "may not be taken off"), ("", "may not be taken off"),
                             ("agent", "ostiary-install|volume of the sidecar|lacks a mount")):
            for at in ("", "/status"):
                with self.subTest(value=value, at=at), self.assertRaisesRegex(api.Refused, words):
                    self.patch(self.pods["split", None] + at, {"metadata": {"labels": {LABEL: value}}})

    def test_the_servers_that_a_pod_names_stay(self):
        """Else a debugger would be held to others."""
        for before, after in (("files", "files,github"), ("files", None), ("github,files", "github"), (None, "files"), (None, "")):
            for at in ("", "/status"):
                with self.subTest(before=before, after=after, at=at), self.assertRaisesRegex(
                        api.Refused, "annotation ostiary.dev/servers"):
                    self.patch(self.pods["split", before] + at, {"metadata": {"annotations": {"ostiary.dev/servers": after}}})

    def test_the_sidecars_images_stay(self):
        """The one thing of a container that may be changed while it runs."""
        for name in ("ostiary-install", "mcp-github"):
            with self.subTest(name=name), self.assertRaisesRegex(api.Refused, "ostiary-install|MCP server"):
                self.patch(self.pods["split", None], {"spec": {"initContainers": [{"name": name, "image": "evil"}]}})

    def test_a_debugger_without_mounts_is_let_in(self):
        self.debug()

    def test_a_debugger_may_not_take_a_servers_secret(self):
        with self.assertRaisesRegex(api.Refused, "secret of an MCP server"):
            self.debug(env=[{"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "github", "key": "token"}}}])

    def test_a_debugger_may_not_mount_what_is_the_servers(self):
        for mount, words in [({"name": IDENTITY, "mountPath": "/i"}, IDENTITY), (WRITABLE_BIN, BIN),
                             ({"name": "ostiary-no-token", "mountPath": "/t"}, "ostiary-no-token"),
                             ({"name": "files-data", "mountPath": "/d"}, "MCP servers"),
                             ({"name": "ostiary-mcp-github", "mountPath": "/s"}, "socket")]:
            with self.subTest(mount=mount["name"]), self.assertRaisesRegex(api.Refused, words):
                self.debug(volumeMounts=[mount])


class Unjudged(unittest.TestCase):
    """A pod with the label that is older than the policies, and nothing of what they ask for."""

    @classmethod
    def setUpClass(cls):
        volume = {"name": "work", "emptyDir": {}}
        pod = agent_pods.pod("unjudged", NAMESPACE, agent_pods.container(
            volumeMounts=[{"name": "work", "mountPath": "/run/mcp"}]), volumes=[volume], labels={LABEL: "split"})
        pod["spec"]["securityContext"].pop("runAsUser")
        annotate(pod, containers="agent,nobody")
        attaching.uninstall()
        name = attempt(pod, dry_run=False)["metadata"]["name"]
        cls.addClassCleanup(kubernetes.admin.delete, "v1", "Pod", NAMESPACE, name)
        cls.path = f"/api/v1/namespaces/{NAMESPACE}/pods/{name}"
        helm.install("ostiary", "attach-pdp", *chart.values(VALUES))
        wait_for_policies()

    def patch(self, at, change):
        kubernetes.admin.ask("PATCH", self.path + at, change, "application/strategic-merge-patch+json", dryRun="All")

    def test_it_goes_on(self):
        self.patch("", {"metadata": {"labels": {"other": "label"}, "annotations": {"other": "annotation"}}})
        self.patch("", {"spec": {"containers": [{"name": "agent", "image": "registry.example/agent:2"}]}})
        self.patch("/status", {"status": {"message": "from kubelet"}})

    def test_a_debugger_is_let_in(self):
        self.patch("/ephemeralcontainers", {"spec": {"ephemeralContainers": [agent_pods.container("debugger")]}})

    def test_a_debugger_may_not_take_a_servers_secret(self):
        with self.assertRaisesRegex(api.Refused, "secret of an MCP server"):
            self.patch("/ephemeralcontainers", {"spec": {"ephemeralContainers": [agent_pods.container("debugger", env=[
                {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "github", "key": "token"}}}])]}})


class Older(Running):
    """The same of pods that are older than an upgrade, and as they are would not be let in any more."""

    NEWER = {**VALUES, "attach": {**VALUES["attach"], "image": {"registry": "registry.example", "digest": "sha256:" + "1" * 64},
                                  "servers": [*VALUES["attach"]["servers"], {
                                      "name": "jira", "image": "registry.example/jira:1", "command": ["/jira-mcp"],
                                      "env": [{"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "jira", "key": "token"}}}]}]}}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.addClassCleanup(wait_for_policies)
        cls.addClassCleanup(helm.upgrade, "ostiary", "attach-pdp", *chart.values(VALUES))
        helm.upgrade("ostiary", "attach-pdp", *chart.values(cls.NEWER))

        def problem():
            try:
                return None if "mcp-jira" in str(attempt(labelled(agent_pods.bare, "split"))) else "attached as before"
            except api.Refused as refused:
                return refused.message

        eventually(problem)

    def test_a_debugger_is_no_server(self):
        """Though it is called like one that new pods have."""
        for more in ({"env": [{"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "jira", "key": "token"}}}]},
                     {"volumeMounts": [{"name": IDENTITY, "mountPath": "/i"}]}):
            with self.subTest(more=list(more)), self.assertRaisesRegex(api.Refused, "secret of an MCP server|" + IDENTITY):
                self.debug("mcp-jira", **more)


class Volumes(unittest.TestCase):
    """A server may have volumes of any kind, of which the API server fills in what is not said."""

    KINDS = {
        "awsElasticBlockStore": {"volumeID": "volume", "fsType": ""},
        "azureDisk": {"diskName": "disk", "diskURI": "https://blob.example/disk.vhd"},
        "azureFile": {"secretName": "azure", "shareName": "share"},
        "cephfs": {"monitors": ["192.0.2.1:6789"]},
        "cinder": {"volumeID": "volume"},
        "configMap": {"name": "settings"},
        "csi": {"driver": "driver.example", "volumeAttributes": {}},
        "emptyDir": {"sizeLimit": "1024Mi"},
        "downwardAPI": {"items": [{"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}},
                                  {"path": "cpu", "resourceFieldRef": {
                                      "containerName": "mcp-kinds", "resource": "limits.cpu", "divisor": "1000m"}}]},
        "ephemeral": {"volumeClaimTemplate": {"metadata": {"labels": {"of": "kinds"}}, "spec": {
            "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1024Mi"}},
            "dataSource": {"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "name": "files"}}}},
        "fc": {"targetWWNs": ["50060e801049cfd1"], "lun": 0},
        "flexVolume": {"driver": "driver.example/one"},
        "gcePersistentDisk": {"pdName": "disk"},
        "gitRepo": {"repository": "https://git.example/one"},
        "glusterfs": {"endpoints": "one", "path": "two"},
        "hostPath": {"path": "/one"},
        "image": {"reference": "registry.example/files:1"},
        "iscsi": {"targetPortal": "192.0.2.1:3260", "iqn": "iqn.2001-04.com.example:storage", "lun": 0},
        "nfs": {"server": "192.0.2.1", "path": "/one"},
        "persistentVolumeClaim": {"claimName": "claim"},
        "portworxVolume": {"volumeID": "volume"},
        "rbd": {"monitors": ["192.0.2.1:6789"], "image": "image"},
        "scaleIO": {"gateway": "https://gateway.example", "system": "one", "volumeName": "two", "secretRef": {"name": "scale"}},
        "secret": {"secretName": "kinds", "items": []},
        "vsphereVolume": {"volumePath": "/one"},
    }

    @classmethod
    def setUpClass(cls):
        server = {"name": "kinds", "image": "registry.example/server:1", "command": ["/server"],
                  "volumes": [{"name": kind.lower(), kind: source} for kind, source in cls.KINDS.items()],
                  "env": [{"name": "NOTHING"}, {"name": "CPU", "valueFrom": {"resourceFieldRef": {
                      "resource": "limits.cpu", "divisor": "1000m"}}}],
                  "volumeMounts": [{"name": "nfs", "mountPath": "/part", "subPathExpr": "$(OSTIARY_POD_NAMESPACE)"}]}
        helm.upgrade("ostiary", "attach-pdp", *chart.values({**VALUES, "attach": {**VALUES["attach"], "servers": [server]}}))
        cls.addClassCleanup(wait_for_policies)
        cls.addClassCleanup(helm.upgrade, "ostiary", "attach-pdp", *chart.values(VALUES))
        # Most of these kinds are not for restricted namespaces.
        cls.enforce("privileged")
        cls.addClassCleanup(cls.enforce, "restricted")

    @staticmethod
    def enforce(level):
        kubernetes.admin.ask("PATCH", f"/api/v1/namespaces/{NAMESPACE}",
                             {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": level}}},
                             content_type="application/merge-patch+json")

    def test_volumes_of_all_kinds_are_let_in(self):
        eventually(self.problem)

    def test_what_is_filled_in_may_be_nothing_else(self):
        eventually(self.problem)
        for kind, field, value in (("rbd", "pool", "another"), ("rbd", "user", "another"), ("iscsi", "iscsiInterface", "another"),
                                   ("azureDisk", "readOnly", True), ("scaleIO", "storageMode", "ThickProvisioned"),
                                   ("nfs", "readOnly", True), ("persistentVolumeClaim", "readOnly", True)):
            with self.subTest(kind=kind, field=field):
                pod = submitted_again(self.attached())
                next(v for v in pod["spec"]["volumes"] if v["name"] == kind.lower())[kind][field] = value
                with self.assertRaisesRegex(api.Refused, "is another than it should be"):
                    attempt(pod)

    def problem(self):
        try:
            names = [c["name"] for c in self.attached()["spec"]["initContainers"]]
        except api.Refused as refused:
            return refused.message
        return None if "mcp-kinds" in names else f"attached are {names}"

    def attached(self):
        return attempt(labelled(agent_pods.bare, "split"))


class Large(unittest.TestCase):
    """The API server bounds what policies may cost to evaluate."""

    def test_many_servers_on_a_large_pod(self):
        files, others = ([{"key": f"key-{i}", "path": f"{folder}-{i}"} for i in range(5)] for folder in ("one", "other"))
        servers = [{"name": f"server-{n}", "image": "registry.example/server:1", "command": ["/server", str(n)],
                    "env": [{"name": f"VARIABLE_{i}", "value": "x" * 50} for i in range(20)],
                    "volumes": [{"name": f"secret-{n}", "secret": {"secretName": f"secret-{n}", "items": files}},
                                {"name": f"settings-{n}", "configMap": {"name": f"settings-{n}", "items": files}},
                                {"name": f"both-{n}", "projected": {"sources": [
                                    {"secret": {"name": f"secret-{n}", "items": files}},
                                    {"configMap": {"name": f"settings-{n}", "items": others}}]}}],
                    "volumeMounts": [{"name": f"{name}-{n}", "mountPath": f"/{name}", "readOnly": True}
                                     for name in ("secret", "settings", "both")]} for n in range(20)]
        many = {**VALUES, "attach": {**VALUES["attach"], "servers": servers}}
        helm.upgrade("ostiary", "attach-pdp", *chart.values(many))
        self.addCleanup(wait_for_policies)
        self.addCleanup(helm.upgrade, "ostiary", "attach-pdp", *chart.values(VALUES))
        pod = labelled(lambda *a, **k: agent_pods.pod("large", NAMESPACE, *(agent_pods.container(
            f"agent-{n}", env=[{"name": f"E{i}", "value": "x" * 50} for i in range(50)],
            volumeMounts=[{"name": f"v{i}", "mountPath": f"/v{i}"} for i in range(10)]) for n in range(10)),
            volumes=[{"name": f"v{i}", "emptyDir": {}} for i in range(10)], **k), "split")

        def problem():
            try:
                count = len(attempt(pod)["spec"]["initContainers"])
            except api.Refused as refused:
                return refused.message
            return None if count == 21 else f"{count} init containers"

        eventually(problem)


if __name__ == "__main__":
    unittest.main()
