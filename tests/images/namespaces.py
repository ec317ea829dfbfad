"""Namespaces of the test's own: mounts, the loopback network and processes that no one else sees and that end with it.

A test file calls enter() first. It then runs as root in these namespaces: port 53 of 127.0.0.1 is free, and whatever
is mounted or still runs is gone when the file has ended.
"""

import os
import subprocess
import sys

MARK = "OSTIARY_TEST_OWN_NAMESPACES"


def enter():
    if os.environ.get(MARK) == str(os.getppid()) or os.environ.get(MARK) == "inside":
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        os.environ[MARK] = "inside"
        return
    if os.geteuid() != 0:
        sys.exit(f"{sys.argv[0]}: needs root, for chroot and mounts: scripts/test-images runs it by sudo")
    environment = dict(os.environ, **{MARK: "inside"})
    options = ["--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private"]
    os.execvpe("unshare", ["unshare", *options, sys.executable, "-B", *sys.argv], environment)
