"""compare.py [AGENTS...]: starts the engines on the same policy, asks them the same, prints a table for each size.

`run` installs and builds what it needs. Each engine's answers to all questions are compared before anything is
measured, and each answer again while it is. The engines take turns, A B C A B C, so what else the machine does hits all.
"""

import json
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[2]
PEERS = ROOT / "build" / "peers"
RELEASE = ROOT / "build" / "release"
DRIVER = PEERS / "bin" / "driver"

TITLES = {"ostiary": "Ostiary", "cerbos": "Cerbos", "opa": "OPA", "casbin": "casbin (Go)",
          "agent-mcp-gateway": "agent-mcp-gateway (Python)"}  # fmt: skip

ROUNDS = 3
SECONDS = 2
IN_FLIGHT = 64

CERBOS_CONFIG = """
server: {{httpListenAddr: "127.0.0.1:{http}", grpcListenAddr: "127.0.0.1:{grpc}"}}
storage: {{driver: disk, disk: {{directory: {folder}/cerbos, watchForChanges: false}}}}
telemetry: {{disabled: true}}
"""


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Server:
    """One engine's server: its process, and where it listens."""

    def __init__(self, name, address, command, folder):
        self.name, self.address = name, address
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=(folder / f"{name}.log").open("wb"))
        host, port = address.split(":")
        for _ in range(600):
            if self.process.poll() is not None:
                raise SystemExit((folder / f"{name}.log").read_text(encoding="utf-8"))
            try:
                socket.create_connection((host, int(port))).close()
                break
            except OSError:
                time.sleep(0.1)

    def ask(self, folder, mode, seconds):
        return json.loads(
            subprocess.run(
                [DRIVER, "server", self.name, self.address, str(self.process.pid), folder, mode, str(IN_FLIGHT), str(seconds)],
                check=True, stdout=subprocess.PIPE,
            ).stdout
        )  # fmt: skip

    def resident_mb(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")) * 1024 / 1e6

    def stop(self):
        self.process.terminate()
        self.process.wait()


def start_servers(folder):
    ports = [free_port() for _ in range(4)]
    address = [f"127.0.0.1:{port}" for port in ports]
    config = folder / "cerbos.yaml"
    config.write_text(CERBOS_CONFIG.format(http=ports[3], grpc=ports[1], folder=folder), encoding="utf-8")
    opa = folder / "opa"
    return [
        Server("ostiary", address[0],
               [RELEASE / "pdp" / "ostiary-pdp", "serve", "--rules", folder / "rules.json", "--listen", address[0]], folder),
        Server("cerbos", address[1],
               [PEERS / "node_modules" / "@cerbos" / "cerbos-linux-x64" / "cerbos-linux-x64", "server", f"--config={config}",
                "--log-level=ERROR"], folder),
        Server("opa", address[2],
               [PEERS / "bin" / "opa", "run", "--server", f"--addr={address[2]}", "--log-level=error", "--disable-telemetry",
                opa / "policy.rego", opa / "data.json"], folder),
    ]  # fmt: skip


def spread(values):
    def show(value):
        return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.2g}"

    return f"{show(statistics.median(values))} ({show(min(values))}-{show(max(values))})"


def row(*cells):
    print("| " + " | ".join(cells) + " |", flush=True)


def compare_servers(folder):
    servers = start_servers(folder)
    try:
        for server in servers:
            asked = [server.ask(folder, mode, 0) for mode in ("single", "batch")]
            print(f"{server.name}: {asked[0]} single and {asked[1]} batched questions answered right", file=sys.stderr)
        figures = {(server.name, mode): [] for server in servers for mode in ("single", "batch")}
        for _ in range(ROUNDS):
            for mode in ("single", "batch"):
                for server in servers:
                    figures[server.name, mode].append(server.ask(folder, mode, SECONDS))
        for server in servers:
            single, batch = (figures[server.name, mode] for mode in ("single", "batch"))
            row(
                TITLES[server.name],
                spread([run["cpu_us"] for run in single]),
                spread([run["cpu_us"] for run in batch]),
                spread([run["cpu_us"] / 50 for run in batch]),
                spread([run["per_second"] for run in single]),
                f"{server.resident_mb():.0f} MB",
            )
    finally:
        for server in servers:
            server.stop()


def compare_libraries(folder):
    commands = {
        "ostiary": [RELEASE / "tests" / "bench" / "peers" / "in_process", folder],
        "opa": [DRIVER, "library", "opa", folder],
        "casbin": [DRIVER, "library", "casbin", folder],
        "agent-mcp-gateway": [sys.executable, "-B", HERE / "gateway.py", folder],
    }
    figures = {name: [] for name in commands}
    for _ in range(ROUNDS):
        for name, command in commands.items():
            answer = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
            figures[name].append(json.loads(answer))
    for name, runs in figures.items():
        row(TITLES[name], spread([run["cpu_us"] for run in runs]), f"{statistics.median(run['memory_mb'] for run in runs):.2g} MB")


def main():
    for agents in [int(text) for text in sys.argv[1:]] or [1, 100, 1000]:
        with tempfile.TemporaryDirectory(prefix="ostiary-peers.") as name:
            folder = pathlib.Path(name)
            subprocess.run([sys.executable, "-B", HERE / "policies.py", str(agents), folder], check=True)
            (folder / "opa" / "policy.rego").write_bytes((HERE / "policy.rego").read_bytes())
            print(f"\n### {agents:,} {'agent' if agents == 1 else 'agents'}\n")
            row("server", "CPU µs per decision", "CPU µs per 50 in one call", "of them each", "decisions/s, one a call", "memory")
            row(*["---"] * 6)
            compare_servers(folder)
            print()
            row("in process", "CPU µs per decision", "memory")
            row(*["---"] * 3)
            compare_libraries(folder)


if __name__ == "__main__":
    main()
