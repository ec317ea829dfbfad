// Revision 2026-07-28 with the SDK's client, where more happens than a session of its own shows: the
// probe, rules that change, streams, tasks, and an agent that may not come in.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { z } from "zod";
import { Pdp, decisionOf, eventually, guarded, replaceFile, temporaryDirectory } from "./harness.mjs";
import { readExits, readTap } from "./recorded/recording.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const server = [process.execPath, path.join(here, "conformance/server.mjs")];
const tapped = (log, command) => [process.execPath, path.join(here, "tap.mjs"), log, ...command];
const rulesFor = (deny) => ({ agents: { tester: { allow: { servers: ["modern"] }, deny } } });
const anything = z.looseObject({});
const task = "io.modelcontextprotocol/tasks";

class World {
  constructor(directory, rules, pdp) {
    Object.assign(this, { directory, rules, pdp, sessions: 0 });
  }

  static async create(t, deny = {}, sections = rulesFor(deny)) {
    const directory = temporaryDirectory(t);
    const rules = path.join(directory, "rules.json");
    replaceFile(rules, sections);
    const pdp = await Pdp.start(rules, `unix:${path.join(directory, "pdp.sock")}`);
    t.after(() => pdp.kill());
    return new World(directory, rules, pdp);
  }

  // A client behind a sidecar, with a tap on each side.
  async connect(t, { mode = "auto", answer = async () => ({ action: "decline" }) } = {}) {
    const n = ++this.sessions;
    const [outside, inside] = ["outside", "inside"].map((side) => path.join(this.directory, `${side}-${n}.log`));
    const guard = guarded(["--pdp", this.pdp.address], "tester", "modern", tapped(inside, server));
    const [command, ...args] = tapped(outside, guard);
    const client = new Client({ name: "modern", version: "1" }, {
      versionNegotiation: { mode }, capabilities: { elicitation: { form: {} }, extensions: { [task]: {} } },
    });
    client.setRequestHandler("elicitation/create", answer);
    client.onerror = () => {};
    const session = { client, outside, inside };
    this.latest = session;
    await client.connect(new StdioClientTransport({ command, args, env: process.env, stderr: "ignore" }));
    t.after(() => client.close());
    return session;
  }

  // New rules, and the moment when this many sidecars apply them.
  async deny(deny, sidecars = 1) {
    const { revision } = await this.pdp.status();
    replaceFile(this.rules, rulesFor(deny));
    await eventually("the sidecars apply the new rules", async () => {
      const now = await this.pdp.status();
      return now.revision.generation !== revision.generation && Number(now.sidecars_current) === sidecars;
    });
  }
}

const said = (log, from, method) =>
  readTap(log).flat().filter((entry) => entry.from === from && entry.message.method === method).map(({ message }) => message);
const namesIn = (list) => list.map(({ name }) => name);
const rejection = async (promise) => promise.then(() => assert.fail("this must be refused"), (error) => error);

test("auto mode: the probe sees server/discover alone, and both it and its server are gone within the second", async (t) => {
  const world = await World.create(t);
  const begun = Date.now();
  const { client, outside, inside } = await world.connect(t);
  t.diagnostic(`connected after ${Date.now() - begun} ms`);
  assert.equal(client.getNegotiatedProtocolVersion(), "2026-07-28");
  await client.listTools();
  for (const log of [outside, inside]) {
    const [probe, session] = readTap(log);
    assert.deepEqual(probe.map(({ from, message }) => [from, message.method]), [["client", "server/discover"], ["server", undefined]]);
    assert.deepEqual(session.map(({ from, message }) => [from, message.method]), [["client", "tools/list"], ["server", undefined]]);
  }
  // The client kills a probe that stays for a second: then no exit would be written down.
  assert.equal(readExits(outside).length, 1);
  await eventually("the probe's server has left", () => readExits(inside).length === 1, 1000);
});

test("a reload: the streams that asked hear of the lists that changed, and of no other", async (t) => {
  const world = await World.create(t);
  const { client, outside } = await world.connect(t);
  const lists = async () => ({
    tools: namesIn((await client.listTools()).tools),
    prompts: namesIn((await client.listPrompts()).prompts),
    resources: (await client.listResources()).resources.map(({ uri }) => uri),
    templates: (await client.listResourceTemplates()).resourceTemplates.map(({ uriTemplate }) => uriTemplate),
  });
  const before = await lists();
  const streams = [
    await client.listen({ toolsListChanged: true }),
    await client.listen({ promptsListChanged: true, resourcesListChanged: true }),
  ];
  const [tools, others] = said(outside, "client", "subscriptions/listen").map(({ id }) => id);
  const heard = () => ["tools", "prompts", "resources"].flatMap((list) =>
    said(outside, "server", `notifications/${list}/list_changed`)
      .map(({ params }) => [list, params._meta["io.modelcontextprotocol/subscriptionId"]]));
  assert.deepEqual(heard(), []);

  const steps = [
    [{ prompts: { modern: ["test_prompt_with_image"] } }, [["prompts", others]]],
    [{ prompts: { modern: ["test_prompt_with_image"] }, tools: { modern: ["*_content"] } }, [["tools", tools]]],
    [{ resources: { modern: ["test://static-*"] } }, [["tools", tools], ["prompts", others], ["resources", others]]],
    [{ resources: { modern: ["test://static-*", "test://template/{id}/data"] } }, [["resources", others]]],
    [{ tools: { modern: ["no_such_*"] }, resources: { modern: ["test://static-*", "test://template/{id}/data"] } }, []],
  ];
  let wanted = [];
  for (const [deny, more] of steps) {
    await world.deny(deny);
    await client.listTools(); // an answer that comes after what the reload made the sidecar say
    wanted = [...wanted, ...more];
    assert.deepEqual(heard().sort(), wanted.toSorted(), JSON.stringify(deny));
    const hidden = (kind, name) => (deny[kind]?.modern ?? []).some((pattern) =>
      new RegExp(`^${pattern.replaceAll(/[{}]/g, "\\$&").replaceAll("*", ".*")}$`).test(name));
    const kinds = { tools: "tools", prompts: "prompts", resources: "resources", templates: "resources" };
    assert.deepEqual(await lists(), Object.fromEntries(Object.entries(before).map(([list, names]) =>
      [list, names.filter((name) => !hidden(kinds[list], name))])));
  }
  for (const stream of streams) await stream.close();
});

test("listening to a resource that is hidden is denied, and the server does not hear of it", async (t) => {
  const world = await World.create(t, { resources: { modern: ["test://watched-*"] } });
  const { client, inside } = await world.connect(t);
  const error = await rejection(client.listen({ toolsListChanged: true, resourceSubscriptions: ["test://watched-resource"] }));
  assert.equal(error.code, 4030);
  assert.equal(error.data["ostiary/decision"].rule.pointer, "/agents/tester/deny/resources/modern/0");
  assert.deepEqual(said(inside, "client", "subscriptions/listen"), []);
  const stream = await client.listen({ toolsListChanged: true, resourceSubscriptions: ["test://static-text"] });
  assert.deepEqual(stream.honoredFilter, { toolsListChanged: true, resourceSubscriptions: ["test://static-text"] });
  await stream.close();
});

test("a tool denied between two rounds of a call: the retry is a denial, and the server does not see it", async (t) => {
  const world = await World.create(t);
  const name = "test_input_required_result_elicitation";
  const answer = async () => {
    await world.deny({ tools: { modern: ["test_input_*"] } });
    return { action: "accept", content: { name: "Ann" } };
  };
  const { client, outside, inside } = await world.connect(t, { answer });
  const result = await client.callTool({ name, arguments: {} });
  assert.equal(result.isError, true);
  assert.equal(decisionOf(result).rule.pointer, "/agents/tester/deny/tools/modern/0");
  const calls = said(outside, "client", "tools/call");
  assert.equal(calls.length, 2);
  assert.deepEqual(calls[1].params.inputResponses, { user_name: { action: "accept", content: { name: "Ann" } } });
  assert.equal(said(inside, "client", "tools/call").length, 1);
});

test("a task belongs to its tool and its session", async (t) => {
  const world = await World.create(t);
  const [one, two] = [await world.connect(t), await world.connect(t)];
  const about = ({ client }, method, taskId) => client.request({ method, params: { taskId } }, anything);
  // The SDK knows no tasks by itself: it throws at the answer that creates one. The ids count up.
  await rejection(one.client.callTool({ name: "slow_compute", arguments: { seconds: 600 } }));
  assert.equal((await about(one, "tasks/get", "task-1")).status, "working");

  for (const method of ["tasks/get", "tasks/update", "tasks/cancel"]) {
    const foreign = await rejection(about(two, method, "task-1"));
    assert.equal(foreign.data["ostiary/decision"].reason, "TASK_NOT_OF_SESSION", method);
    assert.deepEqual(said(two.inside, "client", method), []);
  }
  await world.deny({ tools: { modern: ["slow_*"] } }, 2);
  const denied = await rejection(about(one, "tasks/get", "task-1"));
  assert.equal(denied.code, 4030);
  assert.equal(denied.data["ostiary/decision"].name, "slow_compute");
  await world.deny({}, 2);
  await about(one, "tasks/cancel", "task-1");
  assert.equal((await about(one, "tasks/get", "task-1")).status, "cancelled");
});

for (const mode of ["auto", { pin: "2026-07-28" }]) {
  test(`an agent that may not use the server, ${JSON.stringify(mode)}: it is told so, and the server never starts`, async (t) => {
    const world = await World.create(t, {}, { agents: { tester: { allow: { servers: ["another"] } } } });
    await rejection(world.connect(t, { mode }));
    const asked = readTap(world.latest.outside).flat();
    const decisions = asked.filter(({ from }) => from === "server").map(({ message }) => message.error.data["ostiary/decision"]);
    assert.deepEqual(asked.filter(({ from }) => from === "client").map(({ message }) => message.method),
      mode === "auto" ? ["server/discover", "initialize"] : ["server/discover"]);
    assert.deepEqual(new Set(decisions.map(({ reason }) => reason)), new Set(["SERVER_NOT_ALLOWED"]));
    assert.ok(!fs.existsSync(world.latest.inside));
  });
}
