"""What runs in the agent's container: an MCP client, and a program that tries whatever it should not.

    agent.py call TOOL...       calls the tools by `connect`, until its input ends; an answer per line
    agent.py probe SECRET PID... what it finds of the other containers, as one JSON object
"""

import ctypes
import errno
import json
import os
import pathlib
import subprocess
import sys

CONNECT = ["/opt/ostiary/ostiary-sidecar", "connect", "unix:/run/mcp/toy.sock", "--connect-timeout", "10s"]


def say(value):
    print(json.dumps(value), flush=True)


def call(tools):
    """Leaves with what `connect` left with, and says so."""
    with subprocess.Popen(CONNECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as connect:
        try:
            for tool in tools:
                request = {"jsonrpc": "2.0", "id": tool, "method": "tools/call", "params": {"name": tool}}
                connect.stdin.write(json.dumps(request) + "\n")
                connect.stdin.flush()
                line = connect.stdout.readline()
                if not line:
                    break
                say(json.loads(line))
            sys.stdin.read()  # the session stays open for so long
        except BrokenPipeError:
            pass
        rest, errors = connect.communicate()
    say({"status": connect.returncode, "stderr": errors, "rest": rest})


def error_of(action):
    """The name of its errno; "" where it succeeds."""
    try:
        action()
        return ""
    except OSError as error:
        return errno.errorcode[error.errno]


def holds(path, secret):
    try:
        return secret in path.read_bytes()
    except OSError:
        return False


def files_with(secret):
    """Everywhere but in Debian's own files, and in what every process has of itself."""
    found = []
    for folder, names, files in os.walk("/", followlinks=False):
        if folder == "/":
            names[:] = [name for name in names if name not in ("usr", "proc", "dev")]
        found += [os.path.join(folder, name) for name in files if holds(pathlib.Path(folder, name), secret)]
    return found


def processes():
    return sorted(int(name) for name in os.listdir("/proc") if name.isdigit())


def attach(pid):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(16, pid, None, None) != 0:  # PTRACE_ATTACH
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def probe(secret, pids):
    secret = secret[::-1].encode()  # turned round, so that our own words do not hold it
    own = {os.getpid(), os.getppid(), 1}
    others = [pid for pid in processes() if pid not in own]
    status = pathlib.Path("/proc/self/status").read_text().split("\n")
    words = dict(line.split(":\t", 1) for line in status if ":\t" in line)
    say({
        "uid": os.getuid(),
        "capabilities": words["CapEff"], "capabilities_to_be_had": words["CapBnd"], "no_new_privileges": words["NoNewPrivs"],
        "files": files_with(secret),
        "memory": [pid for pid in processes() if holds(pathlib.Path(f"/proc/{pid}/environ"), secret)],
        "processes": others,
        "attach": sorted({error_of(lambda pid=pid: attach(pid)) for pid in pids}),
        "kill": sorted({error_of(lambda pid=pid: os.kill(pid, 0)) for pid in pids}),
        "folders": sorted(os.listdir("/")) + sorted(os.listdir("/run")),
        "replace_program": error_of(lambda: os.open("/opt/ostiary/ostiary-sidecar", os.O_WRONLY)),
        "add_program": error_of(lambda: os.open("/opt/ostiary/other", os.O_WRONLY | os.O_CREAT)),
        "remove_socket": error_of(lambda: os.unlink("/run/mcp/toy.sock")),
        "add_socket": error_of(lambda: os.mkdir("/run/mcp/other")),
        "add_folder": error_of(lambda: os.mkdir("/secrets")),
    })


if sys.argv[1] == "call":
    call(sys.argv[2:])
else:
    probe(sys.argv[2], [int(pid) for pid in sys.argv[3:]])
