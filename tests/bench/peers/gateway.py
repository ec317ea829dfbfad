"""gateway.py FOLDER: what a decision costs the policy engine of agent-mcp-gateway, in process; one line of JSON.

Its package wants a newer Python than Debian's for its server; the engine, `src/policy.py`, is loaded alone.
"""

import gc
import importlib.util
import json
import pathlib
import sys
import time

SOURCE = pathlib.Path(__file__).parents[3] / "build" / "peers" / "gateway" / "src" / "policy.py"
SPAN = 2.0


def resident_mb():
    for line in pathlib.Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0


def main():
    folder = pathlib.Path(sys.argv[1])
    spec = importlib.util.spec_from_file_location("policy", SOURCE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    asked = [json.loads(line) for line in (folder / "questions.jsonl").open(encoding="utf-8")]
    gc.collect()
    empty = resident_mb()
    engine = module.PolicyEngine(json.loads((folder / "rules.json").read_text(encoding="utf-8")))
    memory = resident_mb() - empty

    decided = 0
    start, used = time.monotonic(), time.process_time()
    while time.monotonic() - start < SPAN:
        question = asked[decided % len(asked)]
        if question["kind"] == "SERVER":
            allow = engine.can_access_server(question["agent"], question["server"])
        else:
            allow = engine.can_access_tool(question["agent"], question["server"], question["name"])
        if allow != question["allow"]:
            sys.exit(f"{question}: answered otherwise")
        decided += 1
    print(json.dumps({"cpu_us": (time.process_time() - used) * 1e6 / decided, "memory_mb": memory}))


if __name__ == "__main__":
    main()
