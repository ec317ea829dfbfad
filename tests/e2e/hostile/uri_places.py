"""Where a URI leads by Python's standard library: the places that a server may reach by it."""

import posixpath
import re
import urllib.parse


def file_place(path):
    return "file " + posixpath.normpath("/" + path.lstrip("/"))


def host_place(scheme, host, port, path):
    """A host with a dot behind is the same one to the web's resolvers; a default port is none."""
    if scheme == "https":
        host, port = host.removesuffix("."), None if port == 443 else port
    return f"{scheme} {host.lower()}{f':{port}' if port else ''} {posixpath.normpath('/' + path.lstrip('/'))}"


def places(uri):
    """By urlparse, decoded and not, and by cutting the scheme off, as servers by hand do."""
    found = set()
    try:
        parts = urllib.parse.urlparse(uri)
        for path in (parts.path, urllib.parse.unquote(parts.path)):
            if parts.scheme == "file":
                found.add(file_place(path))
            elif parts.hostname:
                found.add(host_place(parts.scheme, parts.hostname, parts.port, path))
    except ValueError:
        pass
    if re.match("file:///", uri, re.IGNORECASE):
        found.add(file_place(urllib.parse.unquote(uri[len("file://"):])))
    return found
