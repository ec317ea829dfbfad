// A PDP killed again and again under 1,000 calls a second: nothing denied runs, every call is
// answered once, and decisions are back within 3 s of the PDP's return. With OSTIARY_LONG 100 kills,
// on a Unix socket and over TCP.
import assert from "node:assert/strict";
import path from "node:path";
import test from "node:test";
import {
  Pdp, Sidecar, allowing, delay, eventually, now, paced, random, runsLong, spread, temporaryFolder, writeRules,
} from "./parts.mjs";

const kills = runsLong ? 100 : 10;
const rate = 1000;

// Denied and allowed, from the cache and never asked before.
function toolOf(n) {
  const tools = [`read_${n % 7}`, `delete_${n % 5}`, `read_new_${n}`, `delete_new_${n}`];
  return tools[[0, 0, 0, 0, 1, 2, 0, 0, 3, 1][n % 10]];
}
const isDenied = (tool) => tool.startsWith("delete");

async function killUnderLoad(t, listenIn) {
  const folder = temporaryFolder(t);
  const rules = path.join(folder, "rules.json");
  writeRules(rules, allowing("read_*"));
  const pdp = await new Pdp(t, { rules, listen: listenIn(folder) }).start();
  const sidecar = new Sidecar(t, { source: ["--pdp", pdp.address], quiet: true });
  await sidecar.ready("read_0");

  const count = { allowed: 0, denied: 0, undecided: 0, error: 0 };
  const wrong = [];
  let sent = 0;
  let returned = Infinity; // when the PDP came back last
  let recovered = Infinity; // the first new decision after it
  const take = (answer) => {
    ++count[answer.outcome];
    if (answer.outcome === "error" || (answer.outcome === "allowed" && isDenied(answer.tool))) wrong.push(answer);
    if (/_new_/.test(answer.tool) && answer.outcome !== "undecided" && answer.answered > returned) {
      recovered = Math.min(recovered, answer.answered);
    }
  };

  let done = false;
  t.after(() => (done = true));
  const load = paced(rate, () => done, (n) => {
    ++sent;
    sidecar.call(toolOf(n)).then(take);
  });
  const recoveries = [];
  const outages = [];
  const start = now();
  for (let kill = 0; kill < kills; ++kill) {
    await delay(random(0, 150));
    const gone = now();
    returned = recovered = Infinity;
    await pdp.kill();
    if (kill % 3 === 2) await delay(random(0, 1500));
    await pdp.start();
    returned = now();
    await eventually("decisions again", () => recovered < Infinity);
    recoveries.push(recovered - returned);
    outages.push(recovered - gone);
  }
  done = true;
  await load;
  const seconds = (now() - start) / 1000;
  await eventually("every call is answered", () => sidecar.open.size === 0);
  assert.equal(await sidecar.end(), 0);

  const ran = sidecar.runs();
  t.diagnostic(`${kills} kills, ${sent} calls, ${(sent / seconds).toFixed(0)}/s: ${JSON.stringify(count)}`);
  t.diagnostic(`denied tools that ran: ${ran.filter(isDenied).length}; decisions again after ${spread(recoveries)}`);
  t.diagnostic(`without a PDP's decisions for ${spread(outages)}`);
  assert.deepEqual(wrong, []);
  assert.deepEqual(ran.filter(isDenied), []);
  assert.deepEqual(sidecar.oddities, [], "each call has one answer");
  assert.equal(count.allowed + count.denied + count.undecided, sent);
  assert.equal(ran.length, count.allowed + 1, "what was allowed ran once");
  assert.ok(sent / seconds > rate * 0.9, `only ${(sent / seconds).toFixed(0)} calls a second`);
  assert.ok(Math.max(...recoveries) < 3000, "decisions again within 3 s");
}

test(`a PDP killed ${kills} times under ${rate} calls a second`, { timeout: 600_000 }, (t) =>
  killUnderLoad(t, (folder) => `unix:${folder}/pdp.sock`));

test("the same over TCP", { timeout: 600_000, skip: !runsLong }, (t) => killUnderLoad(t, () => "127.0.0.1:0"));
