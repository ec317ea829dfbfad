"""Every values file of helm/ci on a real API server: accepted field by field, admitted, upgraded, taken away."""

import re
import shutil
import time
import unittest

import api
import chart
import cluster


def setUpModule():
    global kubernetes, helm
    kubernetes = cluster.shared()
    helm = chart.Helm(kubernetes)
    create_definitions()


def create_definitions():
    """The custom resources that the chart can make objects of: cert-manager's and the Prometheus operator's."""
    for path in sorted((cluster.binaries() / "crds").glob("*.yaml")):
        for document in api.documents(path.read_text()):
            try:
                kubernetes.admin.create(document)
            except api.Refused as refused:
                if refused.code != 409:
                    raise
    deadline = time.monotonic() + 30
    while problem := not_served():
        assert time.monotonic() < deadline, problem
        time.sleep(0.1)


def not_served():
    """Why the custom resources cannot be used yet, or nothing."""
    try:
        for api_version in ("cert-manager.io/v1", "monitoring.coreos.com/v1"):
            for resource in kubernetes.admin.get(f"/apis/{api_version}")["resources"]:
                if "list" in resource["verbs"]:
                    kubernetes.admin.get(f"/apis/{api_version}/{resource['name']}")
    except api.Refused as refused:
        return str(refused)
    return None


def workloads(namespace):
    return kubernetes.admin.get(f"/apis/apps/v1/namespaces/{namespace}/deployments")["items"]


class EveryValuesFile(unittest.TestCase):
    """One test per file of helm/ci; made below."""

    made = set()  # Namespaces beside the releases' own that some chart asks for.

    def check(self, path):
        namespace = kubernetes.namespace(f"ci-{path.stem}".replace("_", "-").removesuffix("-values"))
        rendered = helm("template", "ostiary", chart.CHART, "--namespace", namespace, "--values", path)
        others = set(re.findall(r"(?m)^  namespace: [\"']?([^\"'\s]+)", rendered)) - {namespace, "kube-system"}
        for other in sorted(others - self.made):
            kubernetes.namespace(other)
        EveryValuesFile.made |= others
        before = kubernetes.admin.everything({namespace} | others)
        helm.install("ostiary", namespace, "--values", path, "--dry-run=server")
        self.assertEqual(kubernetes.admin.everything({namespace} | others), before, "a dry run leaves nothing")

        helm.install("ostiary", namespace, "--values", path)
        self.check_fields(namespace)
        self.check_pods(namespace)

        helm.uninstall("ostiary", namespace)
        self.doCleanups()
        self.assertEqual(sorted(kubernetes.admin.everything({namespace} | others) - before), [], "left behind")

    def check_fields(self, namespace):
        """No field is unknown, doubled or deprecated: helm itself does not ask for that."""
        documents = helm.manifest("ostiary", namespace) + helm.hooks("ostiary", namespace)
        self.assertGreater(len(documents), 4)
        for document in documents:
            kind, name = api.top_level(document, "kind"), api.top_level(document, "name")
            with self.subTest(kind=kind, name=name):
                kubernetes.admin.apply(document, namespace, dry_run=True)
                self.assertEqual(kubernetes.admin.warnings, [])

    def check_pods(self, namespace):
        """The pods that a controller would make are admitted at the restricted level, and so are those of helm test."""
        made = [chart.pod_of(workload) for workload in workloads(namespace)]
        self.assertTrue(made, "no Deployment")
        made += [hook for hook in helm.hooks("ostiary", namespace) if api.top_level(hook, "kind") == "Pod"]
        for pod in made:
            self.make_account(pod, namespace)
            stored = kubernetes.admin.create(pod, namespace=namespace)
            with self.subTest(pod=stored["metadata"]["name"]):
                self.assertEqual(kubernetes.admin.warnings, [])
            kubernetes.admin.delete("v1", "Pod", namespace, stored["metadata"]["name"])


    def make_account(self, pod, namespace):
        """Some values name a service account that is there already; the pods of helm test have the chart's own."""
        account = isinstance(pod, dict) and pod["spec"]["serviceAccountName"]
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts"
        if account and account not in [item["metadata"]["name"] for item in kubernetes.admin.get(path)["items"]]:
            kubernetes.admin.create({"apiVersion": "v1", "kind": "ServiceAccount",
                                     "metadata": {"name": account, "namespace": namespace}})
            self.addCleanup(kubernetes.admin.delete, "v1", "ServiceAccount", namespace, account)


def _add(path):
    setattr(EveryValuesFile, f"test_{path.stem.replace('-', '_')}", lambda self: self.check(path))


for _path in chart.VALUE_FILES:
    _add(_path)


class TheLibrary(unittest.TestCase):
    """A team's own chart, with the templates of ostiary-attach: the example that stands beside them."""

    @classmethod
    def setUpClass(cls):
        # Beside its dependency as in the tree, for `repository: file://..`.
        library = kubernetes.folder / "ostiary-attach"
        shutil.copytree(chart.CHART / "charts/ostiary-attach", library)
        cls.example = library / "example"
        helm("dependency", "update", cls.example)

    def test_its_pods_are_admitted_in_both_modes(self):
        for mode in ("agent", "split"):
            with self.subTest(mode=mode):
                namespace = kubernetes.namespace(f"library-{mode}")
                helm("install", "research", self.example, "--namespace", namespace, "--set", f"ostiary.mode={mode}")
                (workload,) = workloads(namespace)
                kubernetes.admin.create(chart.pod_of(workload))
                self.assertEqual(kubernetes.admin.warnings, [])


class TheRestrictedLevel(unittest.TestCase):
    def test_refuses_a_pod_that_is_not_restricted(self):
        """Else the checks above would say nothing."""
        namespace = kubernetes.namespace("unrestricted")
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "root", "namespace": namespace},
               "spec": {"containers": [{"name": "root", "image": "root"}]}}
        with self.assertRaisesRegex(api.Refused, 'violates PodSecurity "restricted:latest"'):
            kubernetes.admin.create(pod)


class Upgrades(unittest.TestCase):
    def template(self, namespace):
        (workload,) = workloads(namespace)
        return workload["spec"]["template"]

    def secrets(self, namespace):
        """The chart's own secrets; Helm's hold its releases."""
        found = kubernetes.admin.get(f"/api/v1/namespaces/{namespace}/secrets")["items"]
        return {item["metadata"]["name"]: item["data"] for item in found if item["type"] != "helm.sh/release.v1"}

    def maps(self, namespace):
        found = kubernetes.admin.get(f"/api/v1/namespaces/{namespace}/configmaps")["items"]
        return {item["metadata"]["name"]: item.get("data") for item in found}

    def test_new_rules_make_no_new_pods_and_keep_the_certificates(self):
        namespace = kubernetes.namespace("upgraded")
        helm.install("ostiary", namespace)
        template, secrets, maps = self.template(namespace), self.secrets(namespace), self.maps(namespace)
        self.assertTrue(secrets, "the default makes certificates")

        rules = {"agents": {"upgraded": {"allow": {"servers": ["*"]}}}}
        helm.upgrade("ostiary", namespace, *chart.values({"rules": rules}))

        self.assertEqual(self.template(namespace), template)
        self.assertEqual(self.secrets(namespace), secrets)
        changed = [name for name, data in self.maps(namespace).items() if data != maps[name]]
        self.assertEqual(len(changed), 1, changed)
        self.assertIn("upgraded", str(self.maps(namespace)[changed[0]]))
        helm.uninstall("ostiary", namespace)

    def test_a_second_release_in_another_namespace_stands_beside_the_first(self):
        first, second = kubernetes.namespace("first"), kubernetes.namespace("second")
        helm.install("ostiary", first)
        before = kubernetes.admin.everything({first})
        helm.install("ostiary", second)
        helm.uninstall("ostiary", second)
        self.assertEqual(kubernetes.admin.everything({first}), before)
        helm.uninstall("ostiary", first)


if __name__ == "__main__":
    unittest.main()
