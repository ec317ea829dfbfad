"""Plays a pod as kubelet would, without a node: its containers as processes on this machine.

Each container gets a mount namespace and a root of its own, read-only, with its volumes in it, a process namespace, its
user and group, its environment with references resolved, and no way to new privileges. Init containers run in turn,
native sidecars stay, tokens are asked of the API server for this very pod. The network is this process's. Services have
no proxy: their names stand in /etc/hosts, so each port must be the container's own. Needs root.

Images are not pulled: a container has the machine's /usr read-only, and the programs that `images` puts into the root
of the image that is called so.
"""

import base64
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import time

START = """set -e
mount --bind {root} {root}
{mounts}
mount -t proc proc {root}/proc
mount -o remount,bind,ro {root}
cd {root}
exec setpriv --no-new-privs chroot --userspec={user}:{group} --groups={groups} {root} /usr/bin/env -i {environment} {command}
"""
# Where kubelet finds these fields.
FIELDS = {"metadata.name": lambda pod: pod["metadata"]["name"],
          "metadata.namespace": lambda pod: pod["metadata"]["namespace"],
          "spec.serviceAccountName": lambda pod: pod["spec"]["serviceAccountName"]}


class PlayedPod:
    def __init__(self, kubernetes, stored, images, hosts, folder):
        """`stored` is the pod as the API server has it. images: name in an image → {path: file on this machine}."""
        self.kubernetes, self.pod, self.images, self.hosts = kubernetes, stored, images, hosts
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        self.spec, self.namespace = stored["spec"], stored["metadata"]["namespace"]
        self.group = self.spec.get("securityContext", {}).get("fsGroup")
        self.running, self.fillings = [], []
        self.volumes = {volume["name"]: self.volume(volume) for volume in self.spec.get("volumes", [])}

    # Volumes.

    def volume(self, volume):
        path = self.folder / "volumes" / volume["name"]
        path.mkdir(parents=True)
        if "emptyDir" in volume:
            path.chmod(0o777)
            return path
        self.fill(path, volume)
        return path

    def fill(self, path, volume):
        """As kubelet does: a folder with a date, and links through ..data, which is swapped whole."""
        kind = next(kind for kind in ("configMap", "secret", "projected", "downwardAPI") if kind in volume)
        source = volume[kind]
        parts = source["sources"] if kind == "projected" else [{kind: {**source, "name": source.get(
            "secretName", source.get("name"))}}]
        old = list(path.glob("..2026*"))
        dated = path / f"..2026_{len(self.fillings)}"
        self.fillings.append(dated)
        dated.mkdir()
        for part in parts:
            for name, content in self.files(part).items():
                file = dated / name
                file.write_bytes(content)
                os.chown(file, 0, self.group or 0)
                file.chmod(source.get("defaultMode", 0o644) | (0o040 if self.group else 0))
        (path / "..data_tmp").symlink_to(dated.name)
        (path / "..data_tmp").rename(path / "..data")
        for file in dated.iterdir():
            if not (path / file.name).is_symlink():
                (path / file.name).symlink_to(f"..data/{file.name}")
        for folder in old:
            shutil.rmtree(folder)

    def sync(self, name):
        """The API server's object has changed, and kubelet notices."""
        (volume,) = [volume for volume in self.spec["volumes"] if volume["name"] == name]
        self.fill(self.volumes[name], volume)

    def files(self, part):
        """Name → content, for one source of a projected volume."""
        ((kind, source),) = part.items()
        if kind == "serviceAccountToken":
            return {source["path"]: self.token(source).encode()}
        if kind == "downwardAPI":
            return {item["path"]: self.field(item["fieldRef"]["fieldPath"]).encode() for item in source["items"]}
        plural = {"configMap": "configmaps", "secret": "secrets"}[kind]
        data = self.kubernetes.admin.get(f"/api/v1/namespaces/{self.namespace}/{plural}/{source['name']}").get("data", {})
        read = base64.b64decode if kind == "secret" else str.encode
        items = source.get("items") or [{"key": key, "path": key} for key in data]
        return {item["path"]: read(data[item["key"]]) for item in items}

    def token(self, source):
        account = self.spec["serviceAccountName"]
        spec = {"expirationSeconds": source.get("expirationSeconds", 3600),
                "boundObjectRef": {"apiVersion": "v1", "kind": "Pod", "name": self.pod["metadata"]["name"],
                                   "uid": self.pod["metadata"]["uid"]}}
        if "audience" in source:
            spec["audiences"] = [source["audience"]]
        return self.kubernetes.admin.ask(
            "POST", f"/api/v1/namespaces/{self.namespace}/serviceaccounts/{account}/token",
            {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec})["status"]["token"]

    def field(self, path):
        annotation = re.fullmatch(r"metadata\.annotations\['(.*)'\]", path)
        return self.pod["metadata"]["annotations"][annotation[1]] if annotation else FIELDS[path](self.pod)

    # Containers.

    def environment(self, container):
        found = {"PATH": "/usr/local/bin:/usr/bin:/bin"}
        for entry in container.get("env", []):
            if "valueFrom" in entry:
                ((kind, source),) = entry["valueFrom"].items()
                if kind == "secretKeyRef":
                    value = self.files({"secret": {"name": source["name"]}})[source["key"]].decode()
                else:
                    value = self.field(source["fieldPath"])
            else:
                value = re.sub(r"\$\((\w+)\)", lambda m: found.get(m[1], m[0]), entry.get("value", ""))
            found[entry["name"]] = value
        return found

    def root(self, container):
        """The container's root folder, and the commands that mount what belongs there."""
        root = self.folder / "roots" / container["name"]
        for name in ("usr", "proc", "dev", "etc", "tmp"):
            (root / name).mkdir(parents=True, exist_ok=True)
        for name in ("bin", "lib", "lib64"):
            if not (root / name).is_symlink():
                (root / name).symlink_to(f"usr/{name}")
        (root / "etc/hosts").write_text("127.0.0.1 localhost " + " ".join(self.hosts) + "\n")
        (root / "etc/nsswitch.conf").write_text("hosts: files\n")
        mounts = [("/usr", "/usr", "ro")]
        mounts += [(f"/dev/{name}", f"/dev/{name}", "rw") for name in ("null", "urandom")]
        image = re.split(r"[@:]", container["image"].rsplit("/", 1)[-1])[0]
        mounts += [(source, target, "ro") for target, source in self.images[image].items()]
        mounts += [(self.volumes[mount["name"]], mount["mountPath"], "ro" if mount.get("readOnly") else "rw")
                   for mount in container.get("volumeMounts", [])]
        commands = []
        for source, target, mode in mounts:
            place = root / target.lstrip("/")
            if pathlib.Path(source).is_dir():
                place.mkdir(parents=True, exist_ok=True)
            else:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.touch()
            commands.append(f"mount -o bind,{mode} {shlex.quote(str(source))} {shlex.quote(str(place))}")
        return root, "\n".join(commands)

    def start(self, container, command=None, **pipes):
        """Starts a container; `command` is for images whose entry point is not in the pod."""
        root, mounts = self.root(container)
        own, pods = container.get("securityContext", {}), self.spec.get("securityContext", {})
        user, group = (own.get(key, pods.get(key, 65534)) for key in ("runAsUser", "runAsGroup"))
        command = command or container["command"] + container.get("args", [])
        script = START.format(
            root=root, mounts=mounts, user=user, group=group, groups=self.group or "",
            environment=" ".join(shlex.quote(f"{key}={value}") for key, value in self.environment(container).items()),
            command=" ".join(map(shlex.quote, command)))
        log = (self.folder / f"{container['name']}.log").open("ab")
        process = subprocess.Popen(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private", "sh", "-c", script],
            **{"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log, **pipes})
        log.close()
        return process

    def container(self, name):
        (found,) = [c for c in self.spec["containers"] if c["name"] == name]
        return found

    def log(self, name):
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def initialise(self):
        """Init containers in turn: the native sidecars start, the others must succeed."""
        for container in self.spec.get("initContainers", []):
            process = self.start(container)
            if container.get("restartPolicy") == "Always":
                self.running.append(process)
            elif process.wait(timeout=60) != 0:
                raise AssertionError(f"{container['name']} failed: {self.log(container['name'])}")

    def run(self):
        """All of the pod."""
        self.initialise()
        self.running += [self.start(container) for container in self.spec["containers"]]

    def stop(self):
        """SIGTERM to all, as kubelet sends it; the last to start is the first to end."""
        for process in reversed(self.running):
            for child in children(process.pid):
                os.kill(child, signal.SIGTERM)
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()  # And with it, by --kill-child, all in its process namespace.
                process.wait()
        self.running = []


def children(pid):
    try:
        return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def wait_until(problem, seconds):
    deadline = time.monotonic() + seconds
    while said := problem():
        if time.monotonic() > deadline:
            raise AssertionError(said)
        time.sleep(0.2)
