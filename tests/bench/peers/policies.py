"""Writes one policy, as each engine wants it, and the questions that all of them are asked.

    policies.py AGENTS FOLDER

Every agent has 20 rules of its own, no two agents alike: the servers `files` and `git` allowed and `secrets` denied;
eleven tools allowed and six denied on the two, half of them by a pattern with one `*` at one end (all engines have
those). A denial goes before what allows. Nothing else is allowed.

FOLDER gets rules.json (Ostiary and its ancestor), cerbos/ (a principal policy for each agent), opa/data.json (beside
policy.rego), casbin.csv, and the questions: questions.jsonl, {"agent", "server", "kind", "name", "allow"}, and
batches.jsonl, {"agent", "server", "names", "allow": a list}.
"""

import json
import pathlib
import random
import sys

BATCH = 50
MOST_QUESTIONS = 20_000


def tools(agent):
    """{server: (allowed, denied)}"""
    n = agent
    return {
        "files": (
            [f"read_{n}", f"list_{n}", f"stat_{n}", f"find_{n}", f"read_{n}_*", f"list_{n}_*", f"get_{n}_*", f"*_view_{n}"],
            [f"write_{n}", f"read_{n}_secret", f"read_{n}_key*", f"*_all_{n}"],
        ),
        "git": ([f"log_{n}", f"diff_{n}", f"show_{n}_*"], [f"push_{n}", f"show_{n}_secret*"]),
    }  # fmt: skip


def questions_of(agent):
    """(server, name or None for the server itself, whether it is allowed)"""
    n = agent
    return [
        ("files", f"read_{n}", True),
        ("files", f"find_{n}", True),
        ("files", f"read_{n}_notes", True),
        ("files", f"get_{n}_page", True),
        ("files", f"html_view_{n}", True),
        ("files", f"write_{n}", False),
        ("files", f"read_{n}_secret", False),  # an exact denial in what a pattern allows
        ("files", f"read_{n}_keys", False),  # a pattern's
        ("files", f"get_{n}_all_{n}", False),  # and one from the other end
        ("files", f"delete_{n}", False),
        ("files", f"read_{n + 1}", False),  # another agent's
        ("git", f"log_{n}", True),
        ("git", f"show_{n}_head", True),
        ("git", f"show_{n}_secrets", False),
        ("git", f"read_{n}", False),  # another server's
        ("secrets", f"read_{n}", False),
        ("elsewhere", f"read_{n}", False),
        ("files", None, True),
        ("secrets", None, False),
        ("elsewhere", None, False),
    ]


def batch_of(agent):
    """Fifty tools of a list, and whether each is allowed."""
    kinds = [
        ("read_{n}_{i}", True),
        ("t{i}_view_{n}", True),
        ("read_{n}_key{i}", False),
        ("t{i}_all_{n}", False),
        ("other_{n}_{i}", False),
    ]
    chosen = [kinds[i % len(kinds)] for i in range(BATCH)]
    return (
        [name.format(n=agent, i=i) for i, (name, _) in enumerate(chosen)],
        [allowed for _, allowed in chosen],
    )


def rules(agents):
    def section(agent, index):
        return {server: lists[index] for server, lists in tools(agent).items()}

    return {
        "agents": {
            f"agent-{agent}": {
                "allow": {"servers": ["files", "git"], "tools": section(agent, 0)},
                "deny": {"servers": ["secrets"], "tools": section(agent, 1)},
            }
            for agent in range(agents)
        },
        "defaults": {"deny_on_missing_agent": True},
    }


def cerbos(agent):
    """A server is a kind of resource, a tool an action on it, and so is `connect`."""

    def actions(names, effect):
        return [{"action": name, "effect": f"EFFECT_{effect}"} for name in names]

    of_tools = tools(agent)
    policy_rules = [
        {"resource": server, "actions": actions(["connect", *allowed], "ALLOW") + actions(denied, "DENY")}
        for server, (allowed, denied) in of_tools.items()
    ]
    policy_rules.append({"resource": "secrets", "actions": actions(["*"], "DENY")})
    return {
        "apiVersion": "api.cerbos.dev/v1",
        "principalPolicy": {"principal": f"agent-{agent}", "version": "default", "rules": policy_rules},
    }


def casbin(agent):
    lines = []
    for server, (allowed, denied) in tools(agent).items():
        lines += [(server, name, "allow") for name in ["connect", *allowed]] + [(server, name, "deny") for name in denied]
    lines.append(("secrets", "*", "deny"))
    return [f"p, agent-{agent}, {server}, {name}, {effect}" for server, name, effect in lines]


def write_lines(path, values):
    path.write_text("".join(json.dumps(value) + "\n" for value in values), encoding="utf-8")


def main():
    agents, folder = int(sys.argv[1]), pathlib.Path(sys.argv[2])
    (folder / "cerbos").mkdir(parents=True, exist_ok=True)
    (folder / "opa").mkdir(exist_ok=True)
    everything = rules(agents)
    (folder / "rules.json").write_text(json.dumps(everything), encoding="utf-8")
    (folder / "opa" / "data.json").write_text(json.dumps({"agents": everything["agents"]}), encoding="utf-8")
    for agent in range(agents):
        (folder / "cerbos" / f"agent-{agent}.json").write_text(json.dumps(cerbos(agent)), encoding="utf-8")
    (folder / "casbin.csv").write_text(
        "".join(line + "\n" for agent in range(agents) for line in casbin(agent)), encoding="utf-8"
    )

    asked = [
        {"agent": f"agent-{agent}", "server": server, "kind": "SERVER" if name is None else "TOOL", "name": name or "",
         "allow": allow}
        for agent in range(agents)
        for server, name, allow in questions_of(agent)
    ]  # fmt: skip
    asked += [
        {"agent": "nobody", "server": "files", "kind": "TOOL", "name": "read_0", "allow": False} for _ in range(agents)
    ]
    batches = []
    for agent in range(agents):
        names, allow = batch_of(agent)
        batches.append({"agent": f"agent-{agent}", "server": "files", "names": names, "allow": allow})
    dice = random.Random(1)
    dice.shuffle(asked)
    dice.shuffle(batches)
    write_lines(folder / "questions.jsonl", asked[:MOST_QUESTIONS])
    write_lines(folder / "batches.jsonl", batches)


if __name__ == "__main__":
    main()
