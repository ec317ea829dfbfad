// Official SDK client → sidecar → real servers → PDP.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import test from "node:test";
import {
  Pdp, connect, decisionOf, eventually, guarded, linesOf, recorded, replaceFile, servers,
  temporaryDirectory, textOf,
} from "./harness.mjs";

const rulesFor = (sections) => ({ agents: { tester: sections }, defaults: { deny_on_missing_agent: true } });
const callsOf = (log, tool) =>
  linesOf(log).filter((message) => message.method === "tools/call" && message.params.name === tool);

async function startPdp(t, rules, listen) {
  const directory = temporaryDirectory(t);
  const rulesFile = path.join(directory, "rules.json");
  replaceFile(rulesFile, rules);
  const pdp = await Pdp.start(rulesFile, listen ?? `unix:${path.join(directory, "pdp.sock")}`);
  t.after(() => pdp.kill());
  return { pdp, rulesFile, directory };
}

const cases = [
  {
    server: "files",
    command: (directory) => servers.filesystem(directory),
    sections: { allow: { servers: ["files"] }, deny: { tools: { files: ["write_*", "edit_file", "move_file"] } } },
    hidden: ["write_file", "edit_file", "move_file"],
    allowed: (directory) => ({ name: "read_text_file", arguments: { path: path.join(directory, "note.txt") } }),
    denied: (directory) => ({ name: "write_file", arguments: { path: path.join(directory, "evil.txt"), content: "x" } }),
    rule: "/agents/tester/deny/tools/files/0",
    unharmed: (directory) => assert.deepEqual(fs.readdirSync(directory), ["note.txt"]),
  },
  {
    server: "memory",
    command: () => servers.memory(),
    sections: { allow: { servers: ["memory"], tools: { memory: ["read_graph", "search_nodes", "open_nodes"] } } },
    hidden: [
      "create_entities", "create_relations", "add_observations", "delete_entities", "delete_observations",
      "delete_relations",
    ],
    allowed: () => ({ name: "read_graph", arguments: {} }),
    denied: () => ({
      name: "create_entities",
      arguments: { entities: [{ name: "a", entityType: "b", observations: [] }] },
    }),
    rule: undefined,
    unharmed: (directory) => assert.ok(!fs.existsSync(path.join(directory, "memory.jsonl"))),
  },
  {
    server: "everything",
    command: () => servers.everything(),
    sections: { allow: { servers: ["every*"] }, deny: { tools: { "*": ["get-env"] } } },
    hidden: ["get-env"],
    allowed: () => ({ name: "echo", arguments: { message: "hello" } }),
    denied: () => ({ name: "get-env", arguments: {} }),
    rule: "/agents/tester/deny/tools/*/0",
    unharmed: () => {},
  },
];

for (const source of ["--pdp", "--rules"]) {
  for (const one of cases) {
    test(`${one.server} with ${source}: lists are filtered, allowed calls pass, denied ones do not`, async (t) => {
      const { pdp, rulesFile } = await startPdp(t, rulesFor(one.sections));
      const workplace = temporaryDirectory(t);
      fs.writeFileSync(path.join(workplace, "note.txt"), "a note\n");
      const log = path.join(temporaryDirectory(t), "server.log");
      const env = { MEMORY_FILE_PATH: path.join(workplace, "memory.jsonl") };
      const direct = await connect(t, one.command(workplace), { env });
      const { client, answers } = await connect(
        t,
        guarded(
          [source, source === "--pdp" ? pdp.address : rulesFile], "tester", one.server,
          recorded(log, one.command(workplace)),
        ),
        { env },
      );

      const before = (await direct.client.listTools()).tools;
      const after = (await client.listTools()).tools;
      assert.deepEqual(after, before.filter((tool) => !one.hidden.includes(tool.name)));
      assert.equal(before.length - after.length, one.hidden.length);

      const request = one.allowed(workplace);
      assert.deepEqual(await client.callTool(request), await direct.client.callTool(request));

      const denied = await client.callTool(one.denied(workplace));
      assert.equal(denied.isError, true);
      assert.equal(decisionOf(denied).effect, "DENY");
      assert.equal(decisionOf(denied).rule?.pointer, one.rule);
      assert.equal(callsOf(log, one.denied(workplace).name).length, 0);
      one.unharmed(workplace);

      assert.ok([...answers.values()].every((count) => count === 1));
    });
  }
}

test("an agent that may not use a server never starts it", async (t) => {
  const { pdp } = await startPdp(t, rulesFor({ allow: { servers: ["other"] } }));
  const log = path.join(temporaryDirectory(t), "server.log");
  const command = guarded(["--pdp", pdp.address], "tester", "memory", recorded(log, servers.memory()));
  await assert.rejects(connect(t, command), /may not use|not allowed|denied/i);
  assert.ok(!fs.existsSync(log));
});

// Calls `request` again and again until `stop.done`; returns how often each outcome came.
async function callInLoop(client, request, stop) {
  const outcomes = { allowed: 0, denied: 0, undecided: 0 };
  while (!stop.done) {
    const result = await client.callTool(request());
    const decision = decisionOf(result);
    if (!decision) outcomes.allowed += 1;
    else if (decision.outcome === "undecided") outcomes.undecided += 1;
    else outcomes.denied += 1;
  }
  return outcomes;
}

test("a reload while calls run: the old rules end when the sidecar says that it applies the new ones", async (t) => {
  const open = rulesFor({ allow: { servers: ["everything"] } });
  const closed = rulesFor({ allow: { servers: ["everything"] }, deny: { tools: { everything: ["get-sum"] } } });
  const { pdp, rulesFile } = await startPdp(t, open);
  const log = path.join(temporaryDirectory(t), "server.log");
  const { client, answers } = await connect(
    t, guarded(["--pdp", pdp.address], "tester", "everything", recorded(log, servers.everything())),
  );
  let listChanged = 0;
  client.fallbackNotificationHandler = async (notification) => {
    if (notification.method === "notifications/tools/list_changed") listChanged += 1;
  };

  const stop = { done: false };
  const echoes = [1, 2, 3, 4].map((n) =>
    callInLoop(client, () => ({ name: "echo", arguments: { message: `${n}` } }), stop));
  const sums = [1, 2].map(() => callInLoop(client, () => ({ name: "get-sum", arguments: { a: 1, b: 2 } }), stop));

  const applied = async (generation) =>
    eventually(`generation ${generation} is applied`, async () => {
      const status = await pdp.status();
      return Number(status.revision.generation) === generation && Number(status.sidecars_current) === 1;
    });
  await eventually("sums are called", () => callsOf(log, "get-sum").length > 20);
  await client.listTools(); // who has seen no list is not told that it changed
  const heardBefore = listChanged;
  for (let round = 0; round < 3; ++round) {
    replaceFile(rulesFile, closed);
    await applied(2 + 2 * round);
    // What was forwarded before the acknowledgement has arrived once a later echo has returned.
    await client.callTool({ name: "echo", arguments: { message: "fence" } });
    const executed = callsOf(log, "get-sum").length;
    const echoed = callsOf(log, "echo").length;
    await eventually("echoes go on", () => callsOf(log, "echo").length > echoed + 100);
    assert.equal(callsOf(log, "get-sum").length, executed, "a denied call was executed");
    replaceFile(rulesFile, open);
    await applied(3 + 2 * round);
    await eventually("sums are called again", () => callsOf(log, "get-sum").length > executed);
  }
  stop.done = true;
  const echoed = await Promise.all(echoes);
  const summed = await Promise.all(sums);
  assert.ok(echoed.every((o) => o.allowed > 0 && o.denied === 0 && o.undecided === 0), JSON.stringify(echoed));
  assert.ok(summed.every((o) => o.allowed > 0 && o.denied > 0 && o.undecided === 0), JSON.stringify(summed));
  assert.ok(listChanged - heardBefore >= 6, `list_changed came ${listChanged - heardBefore} times`);
  assert.ok([...answers.values()].every((count) => count === 1), "each call has exactly one answer");
});

test("a PDP killed and started again while calls run: nothing denied executes, every call is answered", async (t) => {
  const rules = rulesFor({ allow: { servers: ["everything"] }, deny: { tools: { everything: ["get-sum"] } } });
  const { pdp } = await startPdp(t, rules);
  const log = path.join(temporaryDirectory(t), "server.log");
  const { client, answers } = await connect(
    t, guarded(["--pdp", pdp.address], "tester", "everything", recorded(log, servers.everything())),
  );
  const stop = { done: false };
  let n = 0;
  const loops = [
    callInLoop(client, () => ({ name: "echo", arguments: { message: "cached" } }), stop),
    callInLoop(client, () => ({ name: "get-sum", arguments: { a: 1, b: 2 } }), stop),
    // A name that was never asked about: its decision always needs the PDP.
    callInLoop(client, () => ({ name: `no-such-tool-${n++}`, arguments: {} }), stop),
  ];
  const echoes = async (count) => {
    const seen = callsOf(log, "echo").length;
    await eventually(`${count} echoes`, () => callsOf(log, "echo").length > seen + count);
  };
  for (let round = 0; round < 5; ++round) {
    await echoes(5); // so that its decision of the present revision is cached
    await pdp.kill("SIGKILL");
    await echoes(20); // cached decisions go on under their lease
    await pdp.restart();
    const back = Date.now();
    const fresh = `fresh-${round}`;
    await eventually("a decision that needs the PDP", async () => {
      const result = await client.callTool({ name: fresh, arguments: {} });
      return decisionOf(result)?.outcome !== "undecided";
    });
    t.diagnostic(`round ${round}: decides again ${Date.now() - back} ms after the PDP's return`);
    assert.ok(Date.now() - back < 3000, "decisions within 3 s of the PDP's return");
  }
  stop.done = true;
  const [echoed, summed, unknown] = await Promise.all(loops);
  t.diagnostic(`echo ${JSON.stringify(echoed)} get-sum ${JSON.stringify(summed)} unknown ${JSON.stringify(unknown)}`);
  assert.equal(echoed.denied + echoed.undecided, 0);
  assert.equal(summed.allowed, 0);
  assert.equal(callsOf(log, "get-sum").length, 0, "a denied call was executed");
  assert.ok([...answers.values()].every((count) => count === 1), "each call has exactly one answer");
});

test("a PDP that returns with other rules: the first decision it gives empties the cache", async (t) => {
  const open = rulesFor({ allow: { servers: ["everything"] } });
  const closed = rulesFor({ allow: { servers: ["everything"] }, deny: { tools: { everything: ["echo"] } } });
  const { pdp, rulesFile } = await startPdp(t, open, "127.0.0.1:0");
  // The same port again after the restart.
  pdp.args = pdp.args.map((arg) => (arg === "127.0.0.1:0" ? pdp.address : arg));
  const { client } = await connect(
    t, guarded(["--pdp", pdp.address], "tester", "everything", servers.everything()),
  );
  const echo = () => client.callTool({ name: "echo", arguments: { message: "x" } });
  assert.match(textOf(await echo()), /x/);
  await pdp.kill("SIGKILL");
  replaceFile(rulesFile, closed);
  await pdp.restart();
  await eventually("echo is denied", async () => decisionOf(await echo())?.outcome === "denied", 5000);
});
