"""Authority: certificates for one test, made by the openssl program."""

import subprocess

P256 = ("ec", "-pkeyopt", "ec_paramgen_curve:P-256")


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


class Authority:
    """Keeps its files, and those that it issues, in `folder`."""

    def __init__(self, folder):
        self._folder = folder
        self.certificate = folder / "ca.pem"
        self._key = folder / "ca.key"
        openssl("req", "-x509", "-newkey", *P256, "-nodes", "-days", 2, "-subj", "/CN=authority of a test", "-keyout",
                self._key, "-out", self.certificate)

    def issue(self, name, hosts, identity=None, kind=P256):
        """(certificate, key) for who has these names. `kind`: of key, as `openssl req` takes it."""
        certificate, key = self._folder / f"{name}.pem", self._folder / f"{name}.key"
        names = [f"DNS:{host}" for host in hosts] + ([f"URI:{identity}"] if identity else [])
        openssl("req", "-x509", "-CA", self.certificate, "-CAkey", self._key, "-newkey", *kind, "-nodes", "-days", 1,
                "-subj", f"/CN={name}", "-addext", "subjectAltName=" + ",".join(names), "-addext",
                "basicConstraints=critical,CA:FALSE", "-keyout", key, "-out", certificate)
        return certificate, key
