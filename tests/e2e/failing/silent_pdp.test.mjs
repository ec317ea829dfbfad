// A PDP that says nothing: stopped with SIGSTOP, or replaced by a listener that accepts and never
// answers, or that speaks TCP and no HTTP/2. What is cached counts until the lease ends and no
// longer; a call without a cached decision is denied at its deadline, while the others pass. The
// tests run side by side, since they mostly wait.
import assert from "node:assert/strict";
import path from "node:path";
import { describe, test } from "node:test";
import {
  Lateness, Pdp, Relay, Sidecar, allowing, delay, eventually, inTime, notAlwaysLate, now, paced, spread,
  temporaryFolder, writeRules,
} from "./parts.mjs";

const heartbeat = 400;
const lease = 2000;
const deadline = 1000; // the sidecar's default
const precision = 50;

async function parts(t) {
  const folder = temporaryFolder(t);
  const rules = path.join(folder, "rules.json");
  writeRules(rules, allowing("read_*"));
  const flags = ["--heartbeat", `${heartbeat}ms`, "--lease", `${lease}ms`];
  const pdp = await new Pdp(t, { rules, flags }).start();
  let target = pdp.address;
  const relay = await new Relay(t, () => target).start();
  const sidecar = new Sidecar(t, { source: ["--pdp", relay.address], quiet: true });
  await sidecar.ready("read_1");
  const divert = (to) => {
    target = to;
    relay.silence();
  };
  const heal = () => {
    target = pdp.address;
    relay.cut();
  };
  return { pdp, sidecar, divert, heal };
}

function expectDeniedAtTheDeadline(t, what, answers, late) {
  const waits = answers.map((answer) => answer.ms);
  t.diagnostic(`${what}: denied after ${spread(waits)} (the machine was up to ${late.worst.toFixed(1)} ms late)`);
  assert.ok(answers.length > 0);
  for (const answer of answers) {
    assert.equal(answer.decision?.reason, "DECISION_TIMEOUT", JSON.stringify(answer));
    assert.ok(answer.ms > deadline - precision, `${answer.ms} ms`);
    inTime(answer.ms < deadline + precision + late.worst, `${answer.ms} ms`);
  }
}

// Calls a cached and a new tool throughout, and makes the PDP fall silent a while after the start.
async function fallSilent(t, { silence, heal }, sidecar) {
  const late = new Lateness(t);
  const answers = [];
  let done = false;
  t.after(() => (done = true));
  const load = paced(200, () => done, (n) => {
    sidecar.call(n % 4 === 0 ? `read_new_${n}` : "read_1").then((answer) => answers.push(answer));
  });
  await delay(2 * heartbeat);
  await silence();
  const silent = now();
  await delay(lease + 2 * deadline);
  done = true;
  await load;
  await eventually("every call is answered", () => sidecar.open.size === 0);

  const after = answers.filter((answer) => answer.sent > silent);
  const isNew = (answer) => answer.tool !== "read_1";
  const passed = after.filter((answer) => answer.outcome === "allowed" && !isNew(answer));
  const last = Math.max(...passed.map((answer) => answer.answered)) - silent;
  const undecided = after.filter((answer) => answer.outcome !== "allowed");
  const newAllowed = after.filter((answer) => isNew(answer) && answer.outcome === "allowed");
  t.diagnostic(
    `last cached allow ${last.toFixed(0)} ms after the silence began; the lease ended between ` +
      `${lease - heartbeat} and ${lease} ms after`,
  );
  t.diagnostic(`cached calls meanwhile: ${spread(passed.map((answer) => answer.ms))}`);
  expectDeniedAtTheDeadline(t, "calls without a decision", undecided, late);
  assert.ok(last < lease + 1000, "cached allows end with the lease");
  assert.ok(last > lease - heartbeat - 200 - late.worst, "and not before");
  assert.deepEqual(newAllowed, []);
  inTime(Math.max(...passed.map((answer) => answer.ms)) < 100 + late.worst, "cached calls wait for nobody");
  assert.deepEqual(sidecar.oddities, []);

  const back = now();
  await heal();
  await sidecar.ready("read_back");
  t.diagnostic(`decisions again ${(now() - back).toFixed(0)} ms after the PDP's return`);
  inTime(now() - back < 4000, "decisions again");
}

describe("a PDP that says nothing", { concurrency: true }, () => {
  test("a PDP stopped with SIGSTOP", (t) =>
    notAlwaysLate(t, async () => {
      const { pdp, sidecar } = await parts(t);
      await fallSilent(t, { silence: () => pdp.stop(), heal: () => pdp.signal("SIGCONT") }, sidecar);
    }));

  for (const [name, target] of [
    ["that accepts and never answers", "silence"],
    ["that speaks TCP and no HTTP/2", "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"],
  ]) {
    test(`a listener ${name}, in the PDP's place`, (t) =>
      notAlwaysLate(t, async () => {
        const { sidecar, divert, heal } = await parts(t);
        await fallSilent(t, { silence: () => divert(target), heal }, sidecar);
      }));

    test(`a listener ${name}, from the start`, (t) =>
      notAlwaysLate(t, async () => {
        const relay = await new Relay(t, () => target).start();
        const sidecar = new Sidecar(t, { source: ["--pdp", relay.address] });
        await eventually("it connects", () => relay.accepted > 0);
        const late = new Lateness(t);
        const answers = [];
        const start = now();
        const isOver = () => now() - start > 1000;
        await paced(100, isOver, () => sidecar.call("read_1").then((answer) => answers.push(answer)));
        await eventually("every call is answered", () => sidecar.open.size === 0);
        expectDeniedAtTheDeadline(t, "all calls", answers, late);
        assert.deepEqual(sidecar.runs(), []);
      }));
  }
});
