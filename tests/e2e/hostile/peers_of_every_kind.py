"""Which readers there are here, how to start each, and the sidecar in front of one."""

import json
import os
import pathlib
import shutil
import sys

import readers

HERE = pathlib.Path(__file__).resolve().parent


def reader_commands():
    """Name of a reader → its command without the record. OSTIARY_TEST_READERS names the wanted ones, by commas."""
    commands = {name: [sys.executable, "-E", "-s", str(HERE / "reader_server.py"), name] for name in readers.READERS}
    if go := os.environ.get("OSTIARY_TEST_GO_READER"):
        commands["go"] = [go]
    if node := shutil.which("node"):
        commands["node"] = [node, str(HERE / "node_reader.mjs"), "parse"]
        commands["node_assign"] = [node, str(HERE / "node_reader.mjs"), "assign"]
    wanted = os.environ.get("OSTIARY_TEST_READERS")
    return {name: commands[name] for name in wanted.split(",")} if wanted else commands


def sidecar_command(directory, server_command, denied=("deny*",)):
    """All is allowed but the tools, prompts and resources that match one of `denied`."""
    deny = {kind: {"*": list(denied)} for kind in ("tools", "prompts", "resources")}
    rules = pathlib.Path(directory) / "rules.json"
    rules.write_text(json.dumps({"agents": {"tester": {"allow": {"servers": ["*"]}, "deny": deny}}}))
    return [os.environ["OSTIARY_TEST_SIDECAR"], "run", "--agent", "tester", "--server", "reader", "--rules", str(rules),
            "--", *server_command]
