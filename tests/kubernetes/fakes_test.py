"""Labelled pods that are not what the label says: each is refused, with a sentence that says why."""

import functools
import unittest

import agent_pods
import api
import attaching
import cluster
import golden
from attaching import BIN, IDENTITY, LABEL, MODES, WRITABLE_BIN, annotate, attempt, labelled, submitted_again


def setUpModule():
    attaching.install()


def tearDownModule():
    attaching.uninstall()


def _container(pod, name):
    (found,) = [c for c in pod["spec"]["initContainers"] + pod["spec"]["containers"] if c["name"] == name]
    return found


def _volume(pod, name):
    (found,) = [v for v in pod["spec"]["volumes"] if v["name"] == name]
    return found


def _mount(pod, container, volume):
    (found,) = [m for m in _container(pod, container)["volumeMounts"] if m["name"] == volume]
    return found


def _variable(pod, container, name):
    (found,) = [v for v in _container(pod, container)["env"] if v["name"] == name]
    return found


def _source(pod, container, name):
    return _variable(pod, container, name)["valueFrom"]


def _add_init(pod, at, mounts, name="other"):
    pod["spec"]["initContainers"].insert(at, agent_pods.container(name, volumeMounts=mounts))


def _source_of(pod, volume, kind):
    (found,) = [source[kind] for source in _volume(pod, volume)["projected"]["sources"] if kind in source]
    return found


def _add_volume(pod, **source):
    pod["spec"]["volumes"].append({"name": "mine", **source})


def _add_variable(pod, **source):
    _container(pod, "agent")["env"].append({"name": "MINE", "valueFrom": source})


def _api_token(pod):
    """The mount of the API token in the one server that has it. The API server gave its volume a name of chance."""
    (found,) = [m for m in _container(pod, "mcp-files")["volumeMounts"] if m["name"].startswith("kube-api-access-")]
    return found


def _cover(pod, path):
    _container(pod, "agent")["volumeMounts"].append({"name": "work", "mountPath": path})


# What an author may do to a pod that carries the label: (name, modes, change, words of the refusal). Each starts from
# the pod of with_everything as it is attached.
FAKES = [
    ("another_mode", MODES, lambda p: p["metadata"]["labels"].update({LABEL: "yes"}), "must be agent .* or split"),
    ("another_image", MODES, lambda p: _container(p, "ostiary-install").update(image="evil"), "ostiary-install"),
    ("another_command", MODES, lambda p: _container(p, "ostiary-install").update(command=["/bin/cp"]), "ostiary-install"),
    ("arguments", MODES, lambda p: _container(p, "ostiary-install").update(args=["/elsewhere"]), "ostiary-install"),
    ("install_that_stays", MODES, lambda p: _container(p, "ostiary-install").update(restartPolicy="Always"), "ostiary-install"),
    ("install_with_an_environment", MODES, lambda p: _container(p, "ostiary-install").update(
        env=[{"name": "LD_PRELOAD", "value": "/evil"}]), "ostiary-install"),
    ("install_with_sources", MODES, lambda p: _container(p, "ostiary-install").update(
        envFrom=[{"configMapRef": {"name": "evil"}}]), "ostiary-install"),
    ("install_with_a_mount_more", MODES, lambda p: _container(p, "ostiary-install")["volumeMounts"].append(
        {"name": "work", "mountPath": "/work"}), "ostiary-install"),
    ("install_elsewhere", MODES, lambda p: _mount(p, "ostiary-install", BIN).update(mountPath="/elsewhere"), "ostiary-install"),
    ("install_into_another_volume", MODES, lambda p: _mount(p, "ostiary-install", BIN).update(name="work"), "ostiary-install"),
    ("install_with_another_mount", MODES, lambda p: _mount(p, "ostiary-install", "ostiary-no-token").update(
        name="work", mountPath="/work"), "ostiary-install"),
    ("install_into_a_part", MODES, lambda p: _mount(p, "ostiary-install", BIN).update(subPath="mine"), "ostiary-install"),
    # It alone may write the binary's volume, so it must be the container that is called so.
    ("install_by_another", MODES, lambda p: (
        _container(p, "ostiary-install").update(name="real"), _mount(p, "real", BIN).update(readOnly=True),
        _add_init(p, 0, [WRITABLE_BIN], "ostiary-install")), "ostiary-install"),
    ("writable_mount", MODES, lambda p: _mount(p, "agent", BIN).pop("readOnly"), "writable"),
    ("mount_elsewhere", MODES, lambda p: _mount(p, "agent", BIN).update(mountPath="/opt/other"), "mount"),
    ("part_of_the_mount", MODES, lambda p: _mount(p, "agent", BIN).update(subPath="other"), "mount"),
    ("overwritten_before", MODES, lambda p: _add_init(p, 0, [WRITABLE_BIN]), "ostiary-bin writable"),
    ("overwritten_after", MODES, lambda p: _add_init(p, len(p["spec"]["initContainers"]), [WRITABLE_BIN]),
     "ostiary-bin writable"),
    ("own_binary", MODES, lambda p: (_volume(p, BIN).pop("emptyDir"), _volume(p, BIN).update(
        configMap={"name": "mine", "defaultMode": 0o755})), "volume"),
    ("no_token", MODES, lambda p: _volume(p, IDENTITY)["projected"]["sources"].pop(0), "token"),
    ("token_for_others", MODES, lambda p: _volume(p, IDENTITY)["projected"]["sources"][0]["serviceAccountToken"].update(
        audience="vault"), "token"),
    ("token_of_another_file", MODES, lambda p: _volume(p, IDENTITY)["projected"]["sources"][0]["serviceAccountToken"].update(
        path="mine"), "token"),
    ("more_beside_the_token", MODES, lambda p: _volume(p, IDENTITY)["projected"]["sources"].append(
        {"configMap": {"name": "mine"}}), "volume"),
    ("no_ca", MODES, lambda p: _volume(p, IDENTITY)["projected"]["sources"][1]["configMap"].update(optional=True), "CA"),
    ("own_ca", MODES, lambda p: _volume(p, IDENTITY)["projected"]["sources"][1]["configMap"].update(name="mine"), "CA"),
    ("own_ca_file", MODES, lambda p: _volume(p, IDENTITY)["projected"]["sources"][1]["configMap"].update(
        items=[{"key": "mine", "path": "ca.crt"}]), "CA"),
    ("covered_binary", MODES, lambda p: _container(p, "agent")["volumeMounts"].append(
        {"name": "work", "mountPath": "/opt/ostiary/ostiary-sidecar", "subPath": "mine"}), "ostiary"),
    *((f"covered_as_{path}", MODES, functools.partial(_cover, path=path), "ostiary") for path in (
        "/opt/ostiary/x", "/etc/ostiary", "/run/ostiary", "/run/mcp", "/var/run/mcp/x", "opt/ostiary/x", "/opt//ostiary/x",
        "/opt/./ostiary/x", "/work/../opt/ostiary/x", "/run/mcp/.", "/var/run/ostiary/ca.crt")),
    ("covered_by_its_own", MODES, lambda p: _container(p, "agent")["volumeMounts"].append(
        {"name": BIN, "mountPath": "/run/mcp", "readOnly": True}), "ostiary"),
    ("unknown_container", MODES, lambda p: p["metadata"].setdefault("annotations", {}).update(
        {"ostiary.dev/containers": "agent,nobody"}), "ostiary.dev/containers"),
    ("another_pdp", ["agent"], lambda p: [e.update(value="evil:7443") for e in _container(p, "agent")["env"]
                                           if e["name"] == "OSTIARY_PDP"], "OSTIARY_"),
    ("named_by_itself", ["agent"], lambda p: _source(p, "agent", "OSTIARY_POD_NAMESPACE")["fieldRef"].update(
        fieldPath="metadata.annotations['mine']"), "OSTIARY_"),
    ("own_rules", ["agent"], lambda p: _container(p, "agent")["env"].append(
        {"name": "OSTIARY_RULES", "value": "/work/rules.json"}), "OSTIARY_"),
    ("other_environment_again", ["agent"], lambda p: _container(p, "agent")["env"].append(
        {"name": "OSTIARY_AGENT", "value": "admin"}), "OSTIARY_|[Dd]uplicate"),
    ("shared_processes", ["split"], lambda p: p["spec"].update(shareProcessNamespace=True), "process namespaces"),
    ("same_user", ["split"], lambda p: p["spec"]["securityContext"].update(runAsUser=65532), "runAsUser|MCP server"),
    ("no_user", ["split"], lambda p: p["spec"]["securityContext"].pop("runAsUser"), "runAsUser|allow-uid|changed"),
    ("server_changed", ["split"], lambda p: _container(p, "mcp-github").update(image="evil"), "MCP server"),
    ("server_without_the_sidecar", ["split"], lambda p: _container(p, "mcp-github").update(command=["/github-mcp"]),
     "MCP server"),
    ("server_missing", ["split"], lambda p: p["spec"]["initContainers"].remove(_container(p, "mcp-github")), "MCP server"),
    ("server_of_the_agents_user", ["split"], lambda p: _container(p, "mcp-github")["securityContext"].update(
        runAsUser=1000), "MCP server|runAsUser"),
    ("server_with_another_environment", ["split"], lambda p: _container(p, "mcp-github")["env"].append(
        {"name": "LD_PRELOAD", "value": "/evil"}), "MCP server"),
    ("server_with_another_value", ["split"], lambda p: _variable(p, "mcp-github", "OSTIARY_PDP").update(value="evil:7443"),
     "MCP server"),
    ("server_without_a_variable", ["split"], lambda p: _container(p, "mcp-github")["env"].remove(
        _variable(p, "mcp-github", "TOKEN")), "MCP server"),
    ("server_with_a_value_for_an_empty_one", ["split"], lambda p: _variable(p, "mcp-files", "DEBUG").update(value="evil"),
     "MCP server"),
    ("server_with_another_secret", ["split"], lambda p: _source(p, "mcp-github", "TOKEN")["secretKeyRef"].update(name="mine"),
     "MCP server"),
    ("server_with_another_kind_of_source", ["split"], lambda p: _variable(p, "mcp-github", "TOKEN").update(
        valueFrom={"configMapKeyRef": {"name": "github", "key": "token"}}), "MCP server"),
    ("server_of_another_agent", ["split"], lambda p: _source(p, "mcp-github", "OSTIARY_POD_NAMESPACE")["fieldRef"].update(
        fieldPath="metadata.annotations['mine']"), "MCP server"),
    ("server_with_sources", ["split"], lambda p: _container(p, "mcp-github").update(
        envFrom=[{"configMapRef": {"name": "evil"}}]), "MCP server"),
    ("server_with_other_sources", ["split"], lambda p: _container(p, "mcp-files").update(
        envFrom=[{"configMapRef": {"name": "evil"}}]), "MCP server"),
    ("server_with_a_source_more", ["split"], lambda p: _container(p, "mcp-files")["envFrom"].append(
        {"configMapRef": {"name": "evil"}}), "MCP server"),
    ("server_with_arguments", ["split"], lambda p: _container(p, "mcp-github").update(args=["--evil"]), "MCP server"),
    ("server_in_another_folder", ["split"], lambda p: _container(p, "mcp-files").update(workingDir="/home"), "MCP server"),
    ("server_in_a_folder", ["split"], lambda p: _container(p, "mcp-github").update(workingDir="/run/mcp"), "MCP server"),
    ("server_on_another_claim", ["split"], lambda p: _volume(p, "files-home")["persistentVolumeClaim"].update(
        claimName="mine"), "volume"),
    ("server_with_other_settings", ["split"], lambda p: _volume(p, "files-settings")["projected"]["sources"][0][
        "configMap"].update(name="mine"), "volume"),
    ("server_on_a_volume_of_another_kind", ["split"], lambda p: (
        _volume(p, "files-home").pop("persistentVolumeClaim"), _volume(p, "files-home").update(configMap={"name": "mine"})),
     "volume"),
    ("server_on_another_part", ["split"], lambda p: _mount(p, "mcp-files", "files-home").update(subPath="mine"), "MCP server"),
    ("server_on_a_part", ["split"], lambda p: _mount(p, "mcp-files", "files-data").update(subPath="mine"), "MCP server"),
    ("server_on_a_part_by_a_variable", ["split"], lambda p: _mount(p, "mcp-files", "files-data").update(
        subPathExpr="$(NODE)"), "MCP server"),
    ("server_with_a_mount_elsewhere", ["split"], lambda p: _mount(p, "mcp-files", "files-settings").update(mountPath="/other"),
     "MCP server"),
    ("server_covered_by_its_own", ["split"], lambda p: _container(p, "mcp-files")["volumeMounts"].append(
        {"name": "files-home", "mountPath": "/opt/ostiary/ostiary-sidecar", "subPath": "mine"}), "MCP server"),
    ("server_without_a_mount", ["split"], lambda p: _container(p, "mcp-files")["volumeMounts"].remove(
        _mount(p, "mcp-files", "files-settings")), "MCP server"),
    ("server_with_covered_files", ["split"], lambda p: _container(p, "mcp-github")["volumeMounts"].append(
        {"name": "work", "mountPath": "/var/run/ostiary/ca.crt", "subPath": "mine"}), "MCP server|mount"),
    ("server_with_a_hook", ["split"], lambda p: _container(p, "mcp-github").update(
        lifecycle={"postStart": {"exec": {"command": ["/evil"]}}}), "MCP server"),
    ("server_with_a_probe", ["split"], lambda p: _container(p, "mcp-github").update(
        startupProbe={"exec": {"command": ["/evil"]}}), "MCP server"),
    ("server_with_a_probe_of_life", ["split"], lambda p: _container(p, "mcp-github").update(
        livenessProbe={"exec": {"command": ["/evil"]}}), "MCP server"),
    ("server_with_a_probe_of_readiness", ["split"], lambda p: _container(p, "mcp-github").update(
        readinessProbe={"exec": {"command": ["/evil"]}}), "MCP server"),
    ("server_that_ends", ["split"], lambda p: _container(p, "mcp-github").pop("restartPolicy"), "MCP server"),
    ("server_that_starts_once", ["split"], lambda p: _container(p, "mcp-github").update(restartPolicy="Never"),
     "container of an MCP server"),
    ("server_by_another_name", ["split"], lambda p: _container(p, "mcp-github").update(name="real"),
     "container of an MCP server"),
    ("server_with_a_device", ["split"], lambda p: _container(p, "mcp-github").update(
        volumeDevices=[{"name": "files-home", "devicePath": "/dev/mine"}]), "container of an MCP server"),
    ("server_with_other_files_of_its_secret", ["split"], lambda p: _volume(p, "files-keys")["secret"].update(
        items=[{"key": "other", "path": "key"}]), "volume"),
    ("server_without_its_secret", ["split"], lambda p: _volume(p, "files-keys")["secret"].update(optional=True), "volume"),
    ("server_with_other_files_of_its_settings", ["split"], lambda p: _source_of(p, "files-settings", "secret").update(
        items=[{"key": "other", "path": "key"}]), "volume"),
    ("server_with_some_files_of_its_settings", ["split"], lambda p: _source_of(p, "files-settings", "configMap").update(
        items=[{"key": "other", "path": "other"}]), "volume"),
    ("server_without_its_settings", ["split"], lambda p: _source_of(p, "files-settings", "configMap").update(optional=True),
     "volume"),
    ("server_with_another_name_in_its_settings", ["split"], lambda p: _source_of(p, "files-settings", "downwardAPI")["items"][0][
        "fieldRef"].update(fieldPath="metadata.annotations['mine']"), "volume"),
    ("server_with_all_files_of_its_settings", ["split"], lambda p: _source_of(p, "files-settings", "secret").pop("items"),
     "volume of the sidecar"),
    ("server_with_a_file_more_in_its_settings", ["split"], lambda p: _source_of(p, "files-settings", "secret")["items"].append(
        {"key": "other", "path": "other"}), "volume of the sidecar"),
    ("server_with_a_mode_of_a_file", ["split"], lambda p: _source_of(p, "files-settings", "secret")["items"][0].update(
        mode=0o777), "volume of the sidecar"),
    ("server_with_its_settings_turned", ["split"], lambda p: _volume(p, "files-settings")["projected"]["sources"].reverse(),
     "volume"),
    ("server_in_another_place", ["split"], lambda p: _volume(p, "files-place")["downwardAPI"]["items"][0]["fieldRef"].update(
        fieldPath="metadata.annotations['mine']"), "volume"),
    ("server_without_a_place", ["split"], lambda p: _volume(p, "files-place")["downwardAPI"]["items"].pop(0), "volume"),
    ("server_with_another_store", ["split"], lambda p: _volume(p, "files-store")["csi"].update(
        volumeAttributes={"secretProviderClass": "mine"}), "volume"),
    ("server_with_another_key_to_its_store", ["split"], lambda p: _volume(p, "files-store")["csi"].update(
        nodePublishSecretRef={"name": "mine"}), "volume"),
    ("another_configuration", ["split"], lambda p: _volume(p, "ostiary-config")["downwardAPI"]["items"][0]["fieldRef"].update(
        fieldPath="metadata.annotations['mine']"), "volume of the sidecar"),
    ("server_on_a_copy_of_a_claim", ["split"], lambda p: _volume(p, "files-scratch")["ephemeral"]["volumeClaimTemplate"][
        "spec"].update(dataSource={"kind": "PersistentVolumeClaim", "name": "mine"}), "volume"),
    ("server_on_another_class", ["split"], lambda p: _volume(p, "files-scratch")["ephemeral"]["volumeClaimTemplate"][
        "spec"].update(storageClassName="mine"), "volume of the sidecar"),
    ("server_on_the_usual_class", ["split"], lambda p: _volume(p, "files-scratch")["ephemeral"]["volumeClaimTemplate"][
        "spec"].pop("storageClassName"), "volume of the sidecar"),
    ("server_with_a_source_for_an_empty_value", ["split"], lambda p: _variable(p, "mcp-files", "DEBUG").update(
        valueFrom={"fieldRef": {"fieldPath": "metadata.annotations['mine']"}}), "MCP server"),
    ("server_that_may_lack_its_secret", ["split"], lambda p: _source(p, "mcp-github", "TOKEN")["secretKeyRef"].update(
        optional=True), "MCP server"),
    ("server_with_the_memory_of_another", ["split"], lambda p: _source(p, "mcp-files", "MEMORY")["resourceFieldRef"].update(
        containerName="agent"), "MCP server"),
    # A variable is made of those before it.
    ("server_with_its_variables_turned", ["split"], lambda p: _container(p, "mcp-github")["env"].reverse(), "MCP server"),
    ("server_of_another_group", ["split"], lambda p: _container(p, "mcp-github")["securityContext"].update(runAsGroup=1000),
     "MCP server"),
    ("server_that_may_write_its_root", ["split"], lambda p: _container(p, "mcp-github")["securityContext"].update(
        readOnlyRootFilesystem=False), "MCP server"),
    ("server_with_the_pods_root", ["split"], lambda p: _container(p, "mcp-github")["securityContext"].pop(
        "readOnlyRootFilesystem"), "MCP server"),
    ("server_with_a_capability", ["split"], lambda p: _container(p, "mcp-github")["securityContext"]["capabilities"].update(
        add=["NET_BIND_SERVICE"]), "MCP server"),
    ("server_that_may_write_its_settings", ["split"], lambda p: _mount(p, "mcp-files", "files-settings").pop("readOnly"),
     "MCP server"),
    ("server_that_may_not_write", ["split"], lambda p: _mount(p, "mcp-files", "files-data").update(readOnly=True), "MCP server"),
    # kubelet mounts an empty file there that the container may write.
    ("server_with_a_message_over_its_settings", ["split"], lambda p: _container(p, "mcp-files").update(
        terminationMessagePath="/settings/key"), "MCP server"),
    ("install_with_a_message_over_the_binary", MODES, lambda p: _container(p, "ostiary-install").update(
        terminationMessagePath="/opt/ostiary/ostiary-sidecar"), "ostiary-install"),
    ("message_over_the_binary", MODES, lambda p: _container(p, "agent").update(
        terminationMessagePath="/opt/ostiary/ostiary-sidecar"), "ostiary"),
    ("server_with_an_api_token_of_the_authors", ["split"], lambda p: _api_token(p).update(name="work"), "MCP server"),
    ("server_with_an_api_token_like_the_real_one", ["split"], lambda p: _source_of(
        p, _api_token(p)["name"], "configMap").update(name="mine"), "MCP server"),
    ("server_with_its_api_token_elsewhere", ["split"], lambda p: _api_token(p).update(mountPath="/data/token"), "MCP server"),
    ("server_with_a_part_of_its_api_token", ["split"], lambda p: _api_token(p).update(subPath="mine"), "MCP server"),
    ("server_with_a_part_of_its_api_token_by_a_variable", ["split"], lambda p: _api_token(p).update(subPathExpr="$(NODE)"),
     "MCP server"),
    ("server_with_the_api_token_of_another_place", ["split"], lambda p: _source_of(
        p, _api_token(p)["name"], "downwardAPI")["items"][0]["fieldRef"].update(fieldPath="metadata.annotations['mine']"),
     "MCP server"),
    ("server_with_more_beside_its_api_token", ["split"], lambda p: _source_of(
        p, _api_token(p)["name"], "downwardAPI")["items"].append(
            {"path": "mine", "fieldRef": {"fieldPath": "metadata.annotations['mine']"}}), "MCP server"),
    ("api_token_from_the_agent", MODES, lambda p: _container(p, "agent")["volumeMounts"].append(
        {"name": "ostiary-no-token", "mountPath": "/t"}), "ostiary-no-token"),
    ("api_token_from_the_installer", MODES, lambda p: _mount(p, "ostiary-install", "ostiary-no-token").pop("readOnly"),
     "ostiary-no-token"),
    ("servers_claim_in_the_agent", ["split"], lambda p: _add_volume(p, persistentVolumeClaim={"claimName": "files"}), "claim"),
    ("servers_store_in_the_agent", ["split"], lambda p: _add_volume(p, csi={
        "driver": "secrets-store.csi.k8s.io", "readOnly": True, "volumeAttributes": {"secretProviderClass": "files", "a": "b"}}),
     "secret"),
    ("servers_secret_for_the_agents_driver", ["split"], lambda p: _add_volume(p, csi={
        "driver": "mine.example", "readOnly": True, "nodePublishSecretRef": {"name": "github"}}), "secret"),
    ("servers_data_in_the_agents_environment", ["split"], lambda p: _add_variable(p, fileKeyRef={
        "volumeName": "files-data", "path": "file", "key": "KEY"}), "MCP servers' containers may"),
    ("servers_data_in_the_agent", ["split"], lambda p: _container(p, "agent")["volumeMounts"].append(
        {"name": "files-data", "mountPath": "/data"}), "MCP servers' containers may mount"),
    ("servers_data_in_another", ["split"], lambda p: _add_init(p, 0, [{"name": "files-data", "mountPath": "/data"}]),
     "MCP servers' containers may mount"),
    ("token_in_the_agent", ["split"], lambda p: _container(p, "agent")["volumeMounts"].append(
        {"name": IDENTITY, "mountPath": "/token"}), "ostiary-identity"),
    ("second_token_in_the_agent", ["split"], lambda p: (
        p["spec"]["volumes"].append({"name": "mine", "projected": {"sources": [{"configMap": {"name": "mine"}},
            {"serviceAccountToken": {"audience": "ostiary-pdp", "path": "token"}}]}}),
        _container(p, "agent")["volumeMounts"].append({"name": "mine", "mountPath": "/token"})), "token"),
    ("servers_secret_in_the_agent", ["split"], lambda p: _container(p, "agent")["env"].append(
        {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "github", "key": "token"}}}), "secret"),
    ("servers_secret_in_sources", ["split"], lambda p: _container(p, "agent").update(
        envFrom=[{"configMapRef": {"name": "mine"}}, {"secretRef": {"name": "github"}}]), "secret"),
    ("servers_secret_before_the_agent", ["split"], lambda p: _container(p, "prepare").update(
        env=[{"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "github", "key": "token"}}}]), "secret"),
    ("servers_secret_in_a_volume", ["split"], lambda p: p["spec"]["volumes"].append(
        {"name": "mine", "secret": {"secretName": "github"}}), "secret"),
    ("servers_secret_among_others", ["split"], lambda p: p["spec"]["volumes"].append(
        {"name": "mine", "projected": {"sources": [{"configMap": {"name": "mine"}}, {"secret": {"name": "github"}}]}}), "secret"),
    ("socket_taken_over", ["split"], lambda p: _add_init(p, 0, [{"name": "ostiary-mcp-github", "mountPath": "/s"}]),
     "socket"),
    ("socket_writable_in_the_agent", ["split"], lambda p: _mount(p, "agent", "ostiary-mcp-github").pop("readOnly"),
     "writable|socket"),
    ("another_server", ["split"], lambda p: p["metadata"]["annotations"].update({"ostiary.dev/servers": "jira"}),
     "ostiary.dev/servers"),
]


class Fakes(unittest.TestCase):
    """One test per row of FAKES and mode; made below."""

    def check(self, mode, change, words):
        pod = submitted_again(attempt(labelled(agent_pods.with_everything, mode)))
        change(pod)
        try:
            stored = attempt(pod)
        except api.Refused as refused:
            self.assertEqual(refused.code, 422, refused.message)
            self.assertRegex(refused.message, words)
        else:
            self.fail(f"was let in:\n{golden.text(stored)}")


def _add(name, mode, change, words):
    setattr(Fakes, f"test_{name}_in_{mode}", lambda self: self.check(mode, change, words))


for _name, _modes, _change, _words in FAKES:
    for _mode in _modes:
        _add(_name, _mode, _change, _words)


# Pods as authors write them that can not be attached to: (name, mode, change, words of the refusal).
REFUSED = [
    ("unknown_mode", "sidecar", lambda p: None, '"sidecar": it must be agent .* or split'),
    ("no_user_in_split", "split", lambda p: p["spec"]["securityContext"].pop("runAsUser"), "must say .*runAsUser"),
    ("the_servers_user_in_split", "split", lambda p: p["spec"]["securityContext"].update(runAsUser=65532),
     "runAsUser.* not the MCP servers' user"),
    ("one_servers_user_in_split", "split", lambda p: p["spec"]["securityContext"].update(runAsUser=65533),
     "runAsUser.* not the MCP servers' user"),
    ("two_users_in_split", "split", lambda p: p["spec"]["containers"][1]["securityContext"].update(runAsUser=1001),
     "one user for all of them"),
    ("shared_processes_in_split", "split", lambda p: p["spec"].update(shareProcessNamespace=True), "process namespaces"),
    ("unknown_server", "split", lambda p: annotate(p, servers="github,jira"), '"jira": .* are github, files'),
    ("unknown_container", "agent", lambda p: annotate(p, containers="nobody"), "names a container that the pod does not"),
    ("own_install", "agent", lambda p: p["spec"].update(initContainers=[agent_pods.container("ostiary-install")]),
     "ostiary-install"),
    ("own_volume", "agent", lambda p: p["spec"].update(volumes=[
        {"name": BIN, "persistentVolumeClaim": {"claimName": "mine"}}]), "ostiary-bin"),
    ("own_environment", "agent", lambda p: p["spec"]["containers"][0].update(
        env=[{"name": "OSTIARY_PDP", "value": "evil:7443"}]), "OSTIARY_"),
    ("own_mount", "agent", lambda p: p["spec"]["containers"][0].update(
        volumeMounts=[{"name": BIN, "mountPath": "/mine"}]), "mount"),
    ("own_mount_of_one_in_two", "agent", lambda p: p["spec"]["containers"][1].update(
        volumeMounts=[{"name": BIN, "mountPath": "/mine", "readOnly": True}]), "lacks a mount"),
    ("covered_in_one_of_two", "agent", lambda p: (
        p["spec"].update(volumes=[{"name": "work", "emptyDir": {}}]),
        p["spec"]["containers"][1].update(volumeMounts=[{"name": "work", "mountPath": "/run/mcp"}])), "mounts something over"),
]


class Refused(unittest.TestCase):
    """One test per row of REFUSED; made below."""

    def check(self, mode, change, words):
        pod = labelled(agent_pods.with_two_containers, mode)
        change(pod)
        with self.assertRaisesRegex(api.Refused, words):
            self.fail(f"was let in:\n{golden.text(attempt(pod))}")


def _add_refused(name, mode, change, words):
    setattr(Refused, f"test_{name}", lambda self: self.check(mode, change, words))


for _row in REFUSED:
    _add_refused(*_row)


class WhereNoLevelHolds(unittest.TestCase):
    """In a namespace where pod security forbids nothing, split mode holds by itself."""

    def refused(self, words, *containers, **spec):
        cluster.shared().namespace("agents-unheld", level="privileged")
        pod = agent_pods.pod("free", "agents-unheld", agent_pods.container(), *containers, labels={LABEL: "split"}, **spec)
        with self.assertRaisesRegex(api.Refused, words):
            self.fail(f"was let in:\n{golden.text(attempt(pod))}")

    def test_no_container_is_privileged(self):
        self.refused("may be privileged", {"name": "root", "image": "root", "securityContext": {"privileged": True}})

    def test_no_init_container_is_privileged(self):
        self.refused("may be privileged", initContainers=[
            {"name": "root", "image": "root", "securityContext": {"privileged": True}}])

    def test_no_server_keeps_capabilities(self):
        cluster.shared().namespace("agents-unheld", level="privileged")
        pod = submitted_again(attempt(agent_pods.pod("free", "agents-unheld", labels={LABEL: "split"})))
        _container(pod, "mcp-github")["securityContext"]["capabilities"] = {"drop": ["NET_RAW"]}
        with self.assertRaisesRegex(api.Refused, "container of an MCP server"):
            self.fail(f"was let in:\n{golden.text(attempt(pod))}")

    def test_the_hosts_processes_are_not_shared(self):
        self.refused("process namespaces", hostPID=True)

    def test_what_says_nothing_of_security_is_let_in(self):
        self.let_in("split", {"name": "plain", "image": "plain"})

    def test_in_the_agents_container_a_privileged_one_is_let_in(self):
        self.let_in("agent", {"name": "root", "image": "root", "securityContext": {"privileged": True}})

    def let_in(self, mode, *containers):
        cluster.shared().namespace("agents-unheld", level="privileged")
        attempt(agent_pods.pod("free", "agents-unheld", *containers, labels={LABEL: mode}))


if __name__ == "__main__":
    unittest.main()
