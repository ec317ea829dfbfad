// Two PDPs with opposite rules behind one address, and connections cut at random: no decision of one
// is used as the other's.
//
// The server writes "ran ID" to the stderr that it shares with the sidecar's log, so that pipe has
// one order: between what the test had read of it when it sent a call, and the line that says that
// the call ran, stands every policy_applied that can have decided it. One of those must be of a PDP
// that allows the tool. A denial names the revision that decided, and a list is all of one policy.
import assert from "node:assert/strict";
import path from "node:path";
import test from "node:test";
import {
  Pdp, Relay, Sidecar, allowing, delay, eventually, now, paced, random, runsLong, temporaryFolder, writeRules,
} from "./parts.mjs";

const sidecars = 8;
const seconds = runsLong ? 60 : 10;
const rate = 100; // of each sidecar

// Mostly cached, some asked each time anew.
const toolOf = (n) => `${n % 2 === 0 ? "a" : "b"}_${n % 8 < 6 ? 1 + (n % 3) : `new_${n}`}`;

// {epoch of the policy_applied lines, calls that ran}, in the order of the shared pipe.
class History {
  constructor(sidecar) {
    this.sidecar = sidecar;
    this.read = 0;
    this.applied = []; // {at, epoch}
    this.ran = new Map(); // id → place in the order
  }
  update() {
    for (; this.read < this.sidecar.lines.length; ++this.read) {
      const line = this.sidecar.lines[this.read];
      const ran = /^ran (\d+)$/.exec(line);
      if (ran) this.ran.set(Number(ran[1]), this.read);
      else if (line.includes('"policy_applied"')) this.applied.push({ at: this.read, epoch: JSON.parse(line).epoch });
    }
  }
  // The epochs in force at some time from place `from` to place `to`.
  epochs(from, to) {
    const before = this.applied.filter((entry) => entry.at < from).slice(-1);
    const between = this.applied.filter((entry) => entry.at >= from && entry.at < to);
    return [...before, ...between].map((entry) => entry.epoch);
  }
}

test("two PDPs behind one address, connections cut at random", async (t) => {
  const folder = temporaryFolder(t);
  const pdps = {};
  for (const letter of ["a", "b"]) {
    const rules = path.join(folder, `${letter}.json`);
    writeRules(rules, allowing(`${letter}_*`));
    pdps[letter] = await new Pdp(t, { rules }).start();
  }
  const either = () => pdps[Math.random() < 0.5 ? "a" : "b"].address;

  // Which epoch is whose.
  const letterOf = new Map();
  for (const letter of ["a", "b"]) {
    const probe = new Sidecar(t, { source: ["--pdp", pdps[letter].address] });
    assert.equal((await probe.ready(`${letter}_1`)).outcome, "allowed");
    letterOf.set((await eventually("it logs", () => probe.logged("policy_applied")[0])).epoch, letter);
    assert.equal(await probe.end(), 0);
  }
  assert.equal(letterOf.size, 2);

  const totals = { allowed: 0, denied: 0, undecided: 0, lists: 0, listsUndecided: 0 };
  Object.assign(totals, { switches: 0, cuts: 0, ambiguous: 0 });
  const wrong = [];

  const one = async () => {
    const relay = await new Relay(t, either).start();
    const sidecar = new Sidecar(t, { source: ["--pdp", relay.address] });
    const history = new History(sidecar);
    await sidecar.initialize();
    const answers = [];
    const lists = [];
    const start = now();
    const stop = () => now() - start > seconds * 1000;
    const load = paced(rate, stop, (n) => {
      const from = sidecar.lines.length;
      if (n % 25 === 24) sidecar.request("tools/list", {}).then((answer) => lists.push(answer));
      else sidecar.call(toolOf(n)).then((answer) => answers.push({ ...answer, from }));
    });
    while (!stop()) {
      await delay(random(0, 900));
      relay.cut();
      ++totals.cuts;
    }
    await load;
    await eventually("every call is answered", () => sidecar.open.size === 0);
    assert.equal(await sidecar.end(), 0);
    history.update();

    for (const answer of answers) {
      ++totals[answer.outcome];
      const letter = answer.tool[0];
      if (answer.outcome === "denied") {
        if (letterOf.get(answer.decision.revision?.epoch) === letter) wrong.push(answer);
      } else if (answer.outcome === "allowed") {
        const epochs = history.epochs(answer.from, history.ran.get(answer.id));
        if (new Set(epochs).size > 1) ++totals.ambiguous;
        if (!epochs.some((epoch) => letterOf.get(epoch) === letter)) wrong.push({ ...answer, epochs });
      }
    }
    for (const { result, decision } of lists) {
      if (result === undefined) {
        ++totals.listsUndecided;
        assert.equal(decision.outcome, "undecided");
        continue;
      }
      ++totals.lists;
      const letters = result.tools.map((tool) => tool.name[0]);
      if (new Set(letters).size !== 1 || letters.length !== 3) wrong.push(result);
    }
    totals.switches += history.applied.length - 1;
    // The same tool may be allowed and then denied, but never ran where it was denied.
    assert.equal(sidecar.runs().length, answers.filter((answer) => answer.outcome === "allowed").length);
    assert.deepEqual(sidecar.oddities, []);
  };
  await Promise.all(Array.from({ length: sidecars }, one));

  t.diagnostic(`${sidecars} sidecars, ${seconds} s: ${JSON.stringify(totals)}; of the other's: ${wrong.length}`);
  assert.deepEqual(wrong, []);
  assert.ok(totals.switches >= sidecars, "the PDPs took turns");
  assert.ok(totals.allowed > 500 && totals.denied > 500, "both were asked");
  assert.ok(totals.ambiguous < totals.allowed / 3, "most calls had one policy in force, so a wrong one shows");
});
