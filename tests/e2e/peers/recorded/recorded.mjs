// Declares the tests of one server: its session with every client, without a sidecar and behind one.
import assert from "node:assert/strict";
import path from "node:path";
import { describe, test } from "node:test";
import { Pdp, guarded, replaceFile, temporaryDirectory } from "../harness.mjs";
import { assertSame } from "../same.mjs";
import { clients } from "./clients.mjs";
import { bothSides, nothing, seen, wanted } from "./compare.mjs";
import { perform } from "./play.mjs";
import { plays } from "./plays.mjs";

function rulesFor(server, hidden) {
  const deny = Object.fromEntries(Object.entries(hidden).map(([kind, patterns]) => [kind, { [server]: patterns }]));
  return { agents: { all: { allow: { servers: [server] } }, some: { allow: { servers: [server] }, deny } } };
}

function compare(direct, behind, hidden) {
  assert.equal(behind.outside.length, direct.outside.length, "as many processes");
  assert.equal(behind.inside.length, direct.outside.length, "as many servers");
  direct.outside.forEach((lines, n) => {
    const sides = bothSides(behind.outside[n], behind.inside[n], hidden);
    assertSame(seen(behind.outside[n], hidden), wanted(lines, hidden), "the same session as without the sidecar");
    assertSame(sides.outside, sides.inside, "the same lines on the client's side as on the server's");
  });
}

async function compareWith(t, name, connect) {
  const play = plays[name];
  const directory = temporaryDirectory(t);
  const rules = path.join(directory, "rules.json");
  replaceFile(rules, rulesFor(name, play.hidden));
  const pdp = await Pdp.start(rules, `unix:${path.join(directory, "pdp.sock")}`);
  t.after(() => pdp.kill());
  const folder = path.join(directory, "session"); // the same path for each run: it is in the answers
  const guard = (source, agent) => (command) => guarded(source, agent, name, command);

  const direct = await perform(play, connect, folder);
  const counts = direct.outside.map((lines) => lines.length);
  t.diagnostic(`${counts.join(" + ")} lines without the sidecar`);
  assert.ok(counts.at(-1) >= play.lines, `at least ${play.lines} lines`);
  await t.test("with rules that allow all, from a PDP", async () => {
    compare(direct, await perform(play, connect, folder, guard(["--pdp", pdp.address], "all")), nothing);
  });
  await t.test("with rules that hide something, from a file", async () => {
    compare(direct, await perform(play, connect, folder, guard(["--rules", rules], "some")), play.hidden);
  });
}

// `name` names a play of plays.mjs.
export function testRecorded(name) {
  describe(`${name}: behind the sidecar the session is the same, but for what the rules hide`, { concurrency: true }, () => {
    for (const [sdk, connect] of Object.entries(clients)) test(sdk, (t) => compareWith(t, name, connect));
  });
}
