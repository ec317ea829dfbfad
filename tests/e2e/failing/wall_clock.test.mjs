// The wall clock moves an hour either way while the PDP and the sidecar run: decisions, sessions,
// reloads, the lease and deadlines go by time that passed, not by what the clock says. The machine's
// clock stays as it is: wall_clock.cc is preloaded into the programs.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import {
  Lateness, Pdp, Sidecar, allowing, delay, eventually, inTime, notAlwaysLate, now, paced, spread, temporaryFolder,
  writeRules,
} from "./parts.mjs";

const heartbeat = 300;
const lease = 1200;
const deadline = 1000;
const hours = [0, 1, -1, 1, 0]; // where the clock stands, one after the other

class WallClock {
  constructor(folder) {
    this.file = path.join(folder, "wall_clock");
    fs.writeFileSync(this.file, Buffer.alloc(8));
    this.fd = fs.openSync(this.file, "r+");
    this.env = { LD_PRELOAD: path.resolve(process.env.OSTIARY_TEST_WALL_CLOCK), WALL_CLOCK: this.file };
  }
  moveTo(hours) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(hours * 3600) * 1_000_000_000n);
    fs.writeSync(this.fd, bytes, 0, 8, 0);
    return hours;
  }
}

// How far from this machine's clock the last line of a log says that it was written, in hours.
const hoursOff = (entry) => Math.round((Date.parse(entry.time) - Date.now()) / 360_000) / 10 + 0;

async function parts(t) {
  const folder = temporaryFolder(t);
  const clock = new WallClock(folder);
  const rules = path.join(folder, "rules.json");
  writeRules(rules, allowing("read_*"));
  const flags = ["--heartbeat", `${heartbeat}ms`, "--lease", `${lease}ms`];
  const pdp = await new Pdp(t, { rules, flags, env: clock.env }).start();
  const sidecar = new Sidecar(t, { source: ["--pdp", pdp.address], env: clock.env, quiet: true });
  await sidecar.ready("read_1");
  return { clock, rules, pdp, sidecar };
}

describe("a wall clock that moves", { concurrency: true }, () => {
  test("the clock moves while calls run", { timeout: 120_000 }, async (t) => {
    const { clock, rules, pdp, sidecar } = await parts(t);
    const answers = [];
    let done = false;
    t.after(() => (done = true));
    const load = paced(200, () => done, (n) => {
      const tool = ["read_1", `read_new_${n}`, "delete_1", `delete_new_${n}`][n % 4];
      sidecar.call(tool).then((answer) => answers.push(answer));
    });
    let generation = 1;
    for (const hour of hours) {
      clock.moveTo(hour);
      // Two leases, and longer than Abseil takes to look at the clock anew (2 s) for a log's time.
      await delay(2 * lease + 200);
      const changed = now();
      writeRules(rules, allowing("read_*", `more_${++generation}`));
      const more = `more_${generation}`;
      while ((await sidecar.call(more)).outcome !== "allowed") {
        assert.ok(now() - changed < 10_000, `a reload went unnoticed at ${hour} h`);
        await delay(5);
      }
      const reloaded = now() - changed;
      // Else nothing was tested.
      await eventually("the sidecar's clock moved", () => hoursOff(sidecar.logged("policy_applied").at(-1)) === hour);
      await eventually("the PDP's clock moved", () => hoursOff(pdp.log.at(-1)) === hour);
      t.diagnostic(`at ${hour} h: a reload was applied after ${reloaded.toFixed(0)} ms`);
    }
    done = true;
    await load;
    await eventually("every call is answered", () => sidecar.open.size === 0);
    const right = (tool) => (tool.startsWith("read") ? "allowed" : "denied");
    const wrong = answers.filter(({ tool, outcome }) => outcome !== right(tool));
    const waits = spread(answers.map((answer) => answer.ms));
    t.diagnostic(`${answers.length} calls, wrong or undecided: ${wrong.length}; ${waits}`);
    assert.deepEqual(wrong, []);
    assert.deepEqual(sidecar.logged("pdp_session_lost"), []);
  });

  for (const [from, to] of [
    [0, 1],
    [0, -1],
    [1, -1],
  ]) {
    test(`the clock moves from ${from} to ${to} h while the PDP is stopped`, (t) =>
      notAlwaysLate(t, async () => {
        const { clock, pdp, sidecar } = await parts(t);
        clock.moveTo(from);
        await delay(2 * heartbeat);
        const late = new Lateness(t);
        await pdp.stop();
        const stopped = now();
        const uncached = [sidecar.call("read_new_0")];
        clock.moveTo(to);
        let last = stopped;
        while (now() - stopped < lease + 1000) {
          uncached.push(sidecar.call(`read_new_${uncached.length}`));
          const answer = await sidecar.call("read_1");
          if (answer.outcome === "allowed") last = answer.answered;
          else uncached.push(answer);
          await delay(10);
        }
        const waits = (await Promise.all(uncached)).map((answer) => {
          assert.equal(answer.decision?.reason, "DECISION_TIMEOUT", JSON.stringify(answer));
          return answer.ms;
        });
        t.diagnostic(
          `last cached allow ${(last - stopped).toFixed(0)} ms after the stop ` +
            `(lease ${lease} ms, heartbeat ${heartbeat} ms)`,
        );
        t.diagnostic(`without a decision: denied after ${spread(waits)}`);
        assert.ok(last - stopped < lease + 1000 && last - stopped > lease - heartbeat - 100 - late.worst);
        assert.ok(Math.min(...waits) > deadline - 50);
        inTime(Math.max(...waits) < deadline + 50 + late.worst, "denials at the deadline");

        pdp.signal("SIGCONT");
        const back = now();
        await sidecar.ready("read_back");
        const healed = now() - back;
        await pdp.kill();
        clock.moveTo(from);
        await pdp.start();
        const again = now();
        await sidecar.ready("read_again");
        const renewed = now() - again;
        t.diagnostic(
          `decisions again ${healed.toFixed(0)} ms after SIGCONT, ` +
            `${renewed.toFixed(0)} ms after a new PDP's start`,
        );
        inTime(healed < 4000 && renewed < 3000, "decisions again");

        clock.moveTo(to);
        const drain = now();
        pdp.signal("SIGTERM");
        await pdp.exited;
        t.diagnostic(`drained in ${(now() - drain).toFixed(0)} ms`);
        inTime(now() - drain < 2000, "a drain of nothing open waits for nothing");
      }));
  }
});
