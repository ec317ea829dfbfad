"""Values that are nonsense are refused, with words that say where."""

import json
import unittest

import yaml

import chart


# What: (values, words of the message).
CASES = {
    "an unknown value": ({"replcas": 3}, "additional properties 'replcas' not allowed"),
    "an unknown value deeper": ({"tls": {"moed": "disabled"}}, "at '/tls'.*additional properties 'moed'"),
    "no replicas": ({"replicas": 0}, "/replicas.*minimum"),
    "a fraction of replicas": ({"replicas": 1.5}, "/replicas"),
    "replicas as text": ({"replicas": "2"}, "/replicas.*got string, want integer"),
    "a digest that is none": ({"image": {"digest": "latest"}}, "/image/digest.*pattern"),
    "a tag in the repository": ({"image": {"repository": "ostiary:1"}}, "/image/repository"),
    "a pull policy that is none": ({"image": {"pullPolicy": "Sometimes"}}, "/image/pullPolicy.*one of"),
    "a pull secret as an object": ({"imagePullSecrets": [{"name": "a"}]}, "/imagePullSecrets/0"),
    "a number of labels": ({"commonLabels": {"a": 1}}, "/commonLabels/a.*want string"),
    "no rules": ({"rules": 3}, "/rules"),
    "an empty text of rules": ({"rules": ""}, "/rules"),
    "two sources of rules": ({"policy": {"existingConfigMap": "a", "volume": {"emptyDir": {}}}}, "'not' failed"),
    "a volume of two sources": ({"policy": {"volume": {"emptyDir": {}, "secret": {}}}}, "/policy/volume.*maxProperties"),
    "a volume with a name": ({"policy": {"volume": {"name": "a"}}}, "/policy/volume"),
    "a rules file with a path": ({"policy": {"rulesKey": "a/b"}}, "/policy/rulesKey"),
    "a log level that is none": ({"pdp": {"logLevel": "trace"}}, "/pdp/logLevel.*one of"),
    "a duration without a unit": ({"pdp": {"maxConnectionAge": "10"}}, "/pdp/maxConnectionAge"),
    "a number for a duration": ({"pdp": {"maxConnectionAge": 10}}, "/pdp/maxConnectionAge.*want string"),
    "an address with a port": ({"pdp": {"listenAddress": "0.0.0.0:1"}}, "/pdp/listenAddress"),
    "an argument that is no flag": ({"pdp": {"extraArgs": ["serve"]}}, "/pdp/extraArgs/0"),
    "a flag by the environment": ({"pdp": {"extraEnv": [{"name": "OSTIARY_RULES", "value": "x"}]}}, "/pdp/extraEnv/0/name"),
    "a volume of the chart's again": ({"pdp": {"extraVolumes": [{"name": "tls", "emptyDir": {}}]}}, "/pdp/extraVolumes/0"),
    "a checksum that would restart": ({"podAnnotations": {"checksum/rules": "1"}}, "checksum/rules"),
    "an update that cannot go on": ({"updateStrategy": {"maxUnavailable": 0, "maxSurge": 0}}, "/updateStrategy"),
    "a budget that holds every drain": ({"podDisruptionBudget": {"maxUnavailable": 0}}, "/podDisruptionBudget/maxUnavailable"),
    "an autoscaler at no CPU": ({"autoscaling": {"targetCPUUtilizationPercentage": 0}}, "/autoscaling/targetCPU"),
    "more PDPs at least than at most": ({"autoscaling": {"enabled": True, "minReplicas": 7}},
                                        "autoscaling.minReplicas is 7: it may not be more than autoscaling.maxReplicas \\(6\\)"),
    "a TLS mode that is none": ({"tls": {"mode": "tls"}}, "/tls/mode.*one of"),
    "no TLS, and tokens": ({"tls": {"mode": "disabled"}}, "/identity/tokens/enabled"),
    "no TLS, and client certificates": ({"tls": {"mode": "disabled"}, "identity": {
        "tokens": {"enabled": False}, "clientCA": {"secret": "a"}}}, "/identity/clientCA/secret"),
    "no TLS, and attached pods": ({"tls": {"mode": "disabled"}, "identity": {"tokens": {"enabled": False}},
                                  "attach": {"admission": {"enabled": True}}}, "/attach/admission/enabled|/identity/tokens"),
    "an existing secret without a name": ({"tls": {"mode": "existingSecret"}}, "/tls/existingSecret/name"),
    "a CA where the chart makes one": ({"tls": {"ca": "-----BEGIN CERTIFICATE-----\nx"}}, "/tls/ca"),
    "a CA that is a path": ({"tls": {"mode": "certManager", "ca": "/ca.crt"}}, "/tls/ca"),
    "an IP address that is a name": ({"tls": {"ipAddresses": ["localhost"]}}, "/tls/ipAddresses/0"),
    "a certificate of no days": ({"tls": {"generated": {"validityDays": 0}}}, "/tls/generated/validityDays"),
    "an issuer without TLS": ({"identity": {"tokens": {"issuer": "http://a"}}}, "/identity/tokens/issuer"),
    "keys without TLS": ({"identity": {"tokens": {"jwks": {"url": "http://a"}}}}, "/identity/tokens/jwks/url"),
    "no audience": ({"identity": {"tokens": {"audience": ""}}}, "/identity/tokens/audience"),
    "inline keys that are none": ({"identity": {"tokens": {"jwks": {"source": "inline"}}}}, "/identity/tokens/jwks/inline"),
    "keys in a ConfigMap without a name": ({"identity": {"tokens": {"jwks": {"source": "existingConfigMap"}}}},
                                          "/existingConfigMap/name"),
    "two client CAs": ({"identity": {"clientCA": {"secret": "a", "configMap": "b"}}}, "/identity/clientCA"),
    "a binding for nothing": ({"identity": {"bindings": {"extra": [{"identity": "local:unix"}]}}}, "/identity/bindings/extra/0"),
    "a binding with an unknown key": ({"identity": {"bindings": {"extra": [{"identity": "local:unix", "agent": ["b"]}]}}},
                                      "additional properties 'agent'"),
    "an admin that is no identity": ({"identity": {"bindings": {"admins": ["ops:oncall"]}}}, "/identity/bindings/admins/0"),
    "an account without a namespace": ({"identity": {"bindings": {"extra": [
        {"identity": "system:serviceaccount:oncall", "roles": ["admin"]}]}}}, "/identity/bindings/extra/0/identity"),
    "a role that is none": ({"identity": {"bindings": {"extra": [{"identity": "local:unix", "roles": ["root"]}]}}}, "roles/0"),
    "a trust domain with a scheme": ({"identity": {"bindings": {"spiffeTrustDomain": "spiffe://a"}}}, "spiffeTrustDomain"),
    "a network that is an address": ({"networkPolicy": {"apiServerCidrs": ["10.0.0.1"]}}, "/apiServerCidrs/0"),
    "no port of the API server": ({"networkPolicy": {"apiServerPorts": []}}, "/apiServerPorts"),
    "a port past the last": ({"service": {"port": 65536}}, "/service/port"),
    "a monitor of no metrics": ({"metrics": {"enabled": False, "serviceMonitor": {"enabled": True}}}, "/metrics/serviceMonitor"),
    "metrics scraped twice": ({"metrics": {"serviceMonitor": {"enabled": True}, "podMonitor": {"enabled": True}}}, "/metrics"),
    "an access of no kind": ({"tests": {"allow": {"kind": "file"}}}, "/tests/allow"),
    "an access without an agent": ({"tests": {"deny": {"agent": ""}}}, "/tests/deny"),
    "a namespace twice": ({"attach": {"namespaces": ["a", "a"]}}, "/attach/namespaces"),
    "a namespace that is none": ({"attach": {"namespaces": ["A_b"]}}, "/attach/namespaces/0"),
    "servers as root": ({"attach": {"serverUser": 0}}, "/attach/serverUser"),
    "a server without a command": ({"attach": {"servers": [{"name": "a", "image": "b"}]}}, "missing property 'command'"),
    "a server without an image": ({"attach": {"servers": [{"name": "a", "command": ["b"]}]}}, "missing property 'image'"),
    "a server with a path for a name": ({"attach": {"servers": [{"name": "../a", "image": "b", "command": ["c"]}]}},
                                        "/attach/servers/0/name"),
    "attached pods without tokens": ({"identity": {"tokens": {"enabled": False}}, "attach": {"admission": {"enabled": True}}},
                                     "/identity/tokens/enabled"),
    "a PDP address without a port": ({"attach": {"pdpAddress": "pdp.example.com"}}, "/attach/pdpAddress"),
    "a stop shorter than the drain": ({"pdp": {"terminationGracePeriodSeconds": 30}}, "longer than .* together \\(30\\)"),
    "bindings for nobody": ({"tests": {"enabled": False}, "identity": {"bindings": {
        "serviceAccounts": False, "localAdmin": False}}}, "bind nobody"),
    # Helm takes away what a values file leaves empty, default and all.
    "an empty line where tokens are turned on": ({"identity": {"tokens": {"enabled": None}}},
                                                 "at '/identity/tokens': missing property 'enabled'"),
    "an empty line for all that identifies": ({"identity": None}, "missing property 'identity'"),
    "an empty number of replicas": ({"replicas": None}, "missing property 'replicas'"),
    "a name with a dot, which no Service has": ({"fullnameOverride": "my.pdp"}, "called \"my.pdp\".*set fullnameOverride"),
    "a name that starts with a digit": ({"fullnameOverride": "1door"}, "called \"1door\""),
    "a part of the name with a dot": ({"nameOverride": "a.b"}, "called \"door-a.b\""),
    "keys asked for too often": ({"identity": {"tokens": {"jwks": {"refresh": "9s"}}}},
                                 "identity.tokens.jwks.refresh is 9s: the PDP takes 10 seconds or more, up to 86400"),
    "keys asked for too seldom": ({"identity": {"tokens": {"jwks": {"refresh": "24h1s"}}}}, "jwks.refresh is 24h1s"),
    "keys at no path": ({"identity": {"tokens": {"jwks": {"url": "https://example.com"}}}}, "/identity/tokens/jwks/url"),
    "keys asked for too seldom in all": ({"identity": {"tokens": {"jwks": {"refresh": "23h59m61s"}}}}, "jwks.refresh is 23h59m61s"),
    "connections of half a second": ({"pdp": {"maxConnectionAge": "0.5s"}}, "pdp.maxConnectionAge is 0.5s"),
    "connections of no age": ({"pdp": {"maxConnectionAge": "500ms"}}, "pdp.maxConnectionAge is 500ms: .* 1 seconds or more"),
    "a grace past the longest": ({"pdp": {"maxConnectionAgeGrace": "1.5h"}}, "pdp.maxConnectionAgeGrace is 1.5h"),
    "a flag of the chart's again": ({"pdp": {"extraArgs": ["--lease=20s", "--drain-grace=30s"]}},
                                    "pdp.extraArgs has --drain-grace, which the chart gives already"),
    "two MCP servers of one name": ({"attach": {"admission": {"enabled": True}, "servers": [
        {"name": "a", "image": "b", "command": ["c"]}, {"name": "a", "image": "d", "command": ["e"]}]}}, "two servers .*a"),
    "two MCP servers with volumes of one name": ({"attach": {"admission": {"enabled": True}, "servers": [
        {"name": name, "image": "b", "command": ["c"], "volumes": [{"name": "data", "emptyDir": {}}]} for name in ("fs", "db")]}},
        "the servers fs and db both have a volume data: a pod may have both servers"),
    "a volume that is called as the sidecar's": ({"attach": {"admission": {"enabled": True}, "servers": [
        {"name": "x", "image": "b", "command": ["c"], "volumes": [{"name": "ostiary-bin", "emptyDir": {}}]}]}},
        "the server x has a volume ostiary-bin: names that begin with ostiary- are the sidecar's"),
}

# Defaults that may be taken away: nothing is lost by it, or that is what the value says.
MAY_BE_EMPTY = {"resources", "attach.installResources", "metrics.dashboard.labels", "tests.allow", "tests.deny"}


def defaults_that_count(schema):
    """The values that must not be empty: (path, schema of the object that holds it, key)."""
    def follow(part):
        while "$ref" in part:
            part = schema["definitions"][part["$ref"].rpartition("/")[2]]
        return part

    def walk(part, values, path):
        part = follow(part)
        for key, value in values.items():
            name = ".".join([*path, key])
            if name in MAY_BE_EMPTY or value is None:
                continue
            inside = follow(part["properties"][key])
            closed = inside.get("additionalProperties") is False
            if closed or value not in ("", False, [], {}) or value is not False and value == 0:
                yield name, part, key
            if closed:
                yield from walk(inside, value, [*path, key])

    return list(walk(schema, yaml.safe_load((chart.CHART / "values.yaml").read_text()), []))


class Empty(unittest.TestCase):
    """`key:` with nothing behind it is null, by which Helm takes the default away, and the schema with it."""

    def test_every_default_that_counts_is_required(self):
        found = defaults_that_count(json.loads((chart.CHART / "values.schema.json").read_text()))
        self.assertGreater(len(found), 60)
        self.assertEqual([name for name, part, key in found if key not in part.get("required", [])], [])

    def test_what_is_empty_anyway_may_be_so(self):
        chart.render({
            "commonLabels": None, "commonAnnotations": None, "imagePullSecrets": None, "mcpConfig": None, "nodeSelector": None,
            "tolerations": None, "affinity": None, "podLabels": None, "podAnnotations": None, "resources": None,
            "extraObjects": None, "image": {"tag": None, "digest": None, "registry": None},
            "tls": {"extraDnsNames": None, "ipAddresses": None}, "identity": {"bindings": {"extra": None, "admins": None}},
            "networkPolicy": {"apiServerCidrs": None, "extraIngress": None, "extraEgress": None},
            "pdp": {"extraArgs": None, "extraEnv": None, "extraVolumes": None, "extraVolumeMounts": None},
            "attach": {"namespaces": None, "servers": None}, "tests": {"allow": None, "deny": None}})


class Nonsense(unittest.TestCase):
    def test_is_refused(self):
        for what, (values, words) in CASES.items():
            with self.subTest(what):
                with self.assertRaises(chart.HelmFailed) as refused:
                    chart.render(values)
                self.assertRegex(" ".join(str(refused.exception).split()), words)

    def test_an_old_cluster_has_no_admission_policies(self):
        with self.assertRaisesRegex(chart.HelmFailed, "needs Kubernetes 1.36 or later"):
            chart.template("--set", "attach.admission.enabled=true", kube_version="1.35.9")
        with self.assertRaisesRegex(chart.HelmFailed, "which is incompatible with Kubernetes"):
            chart.template(kube_version="1.29.0")

    def test_sense_is_not_refused(self):
        self.assertTrue(chart.render({}))
        self.assertTrue(chart.render({
            "pdp": {"maxConnectionAge": "1h30m", "maxConnectionAgeGrace": "1h", "extraArgs": ["--listen=127.0.0.1:7444"]},
            "identity": {"tokens": {"jwks": {"refresh": "23h59m60s"}}, "bindings": {"admins": [
                "spiffe://example.com/ns/{namespace}/sa/oncall", "system:serviceaccount:ops:{name}", "local:loopback"]}}}))


if __name__ == "__main__":
    unittest.main()
