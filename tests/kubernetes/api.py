"""A client for the API server, as small as the tests need: JSON or YAML out, JSON in, warnings kept."""

import json
import re
import ssl
import urllib.error
import urllib.parse
import urllib.request

STRICT = {"fieldValidation": "Strict"}
# Comes and goes by itself.
OF_THE_SERVER = ("ComponentStatus", "Event", "IPAddress", "Lease")


class Refused(Exception):
    """The API server said no. `code` is the HTTP status, `message` its sentence."""

    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


def documents(text):
    """The YAML documents of a text as texts, without those that hold nothing."""
    pieces = re.split(r"(?m)^---[ \t]*(?:#.*)?$", text)
    return [piece for piece in pieces if re.search(r"(?m)^kind:", piece)]


def top_level(document, key):
    """A scalar at the top or under metadata of a YAML document, as charts write them: read, not parsed."""
    indent = r"" if key in ("kind", "apiVersion") else r"  "
    found = re.search(rf"(?m)^{indent}{key}:[ \t]*[\"']?([^\s\"'#]+)", document)
    return found and found.group(1)


class Client:
    """Asks one API server with one bearer token."""

    def __init__(self, url, ca, token):
        self.url = url
        self.token = token
        self.warnings = []  # Of the last answer.
        self._plurals = {}
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=str(ca))))

    def ask(self, method, path, body=None, content_type="application/json", raw=False, **query):
        data = body if body is None or isinstance(body, bytes) else (
            body.encode() if isinstance(body, str) else json.dumps(body).encode())
        url = f"{self.url}{path}" + (f"?{urllib.parse.urlencode(query)}" if query else "")
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "*/*" if raw else "application/json"}
        if data is not None:
            headers["Content-Type"] = content_type
        request = urllib.request.Request(url, data=data, headers=headers, method=method)
        try:
            with self._opener.open(request, timeout=30) as answer:
                self.warnings = [re.sub(r'^299 \S+ "(.*)"$', r"\1", value)
                                 for value in answer.headers.get_all("Warning", [])]
                text = answer.read()
        except urllib.error.HTTPError as error:
            text = error.read().decode(errors="replace")
            try:
                text = json.loads(text).get("message", text)
            except ValueError:
                pass
            raise Refused(error.code, text) from None
        return text.decode() if raw else json.loads(text)

    def get(self, path, raw=False, **query):
        return self.ask("GET", path, raw=raw, **query)

    def path(self, api_version, kind, namespace=None, name=None):
        """The path of a kind's objects, by the server's own discovery."""
        root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        if (api_version, kind) not in self._plurals:
            for found in self.get(root)["resources"]:
                if "/" not in found["name"]:
                    self._plurals[api_version, found["kind"]] = (found["name"], found["namespaced"])
        plural, namespaced = self._plurals[api_version, kind]
        where = f"/namespaces/{namespace}" if namespaced and namespace else ""
        return f"{root}{where}/{plural}" + (f"/{name}" if name else "")

    def create(self, thing, dry_run=False, namespace=None):
        """Creates an object (a dict, or a YAML document) under strict field validation; returns what is stored."""
        if isinstance(thing, str):
            api_version, kind = top_level(thing, "apiVersion"), top_level(thing, "kind")
            namespace = top_level(thing, "namespace") or namespace
            content_type = "application/yaml"
        else:
            api_version, kind = thing["apiVersion"], thing["kind"]
            namespace = thing["metadata"].get("namespace", namespace)
            content_type = "application/json"
        path = self.path(api_version, kind, namespace)
        return self.ask("POST", path, thing, content_type, **STRICT, **({"dryRun": "All"} if dry_run else {}))

    def apply(self, document, namespace, dry_run=False):
        """Server-side apply of a YAML document, under strict field validation."""
        path = self.path(top_level(document, "apiVersion"), top_level(document, "kind"),
                         top_level(document, "namespace") or namespace, top_level(document, "name"))
        return self.ask("PATCH", path, document, "application/apply-patch+yaml", **STRICT, fieldManager="test",
                        force="true", **({"dryRun": "All"} if dry_run else {}))

    def delete(self, api_version, kind, namespace, name):
        self.ask("DELETE", self.path(api_version, kind, namespace, name), gracePeriodSeconds=0)

    def everything(self, namespaces):
        """Names of all objects that can be listed, (apiVersion, kind, namespace, name), but for the server's own."""
        found = set()
        for api_version in self.api_versions():
            root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
            for resource in self.get(root)["resources"]:
                if "list" not in resource["verbs"] or resource["kind"] in OF_THE_SERVER:
                    continue
                for item in self.get(f"{root}/{resource['name']}").get("items", []):
                    namespace = item["metadata"].get("namespace")
                    if namespace is None or namespace in namespaces:
                        found.add((api_version, resource["kind"], namespace, item["metadata"]["name"]))
        return found

    def api_versions(self):
        groups = self.get("/apis")["groups"]
        return ["v1"] + [group["preferredVersion"]["groupVersion"] for group in groups]
