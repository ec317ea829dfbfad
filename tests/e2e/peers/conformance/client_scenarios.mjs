// Declares the test of one revision: the suite's client scenarios, check by check, without a sidecar
// between the client and the proxy, and with one that allows all.
import assert from "node:assert/strict";
import path from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { guarded, replaceFile, temporaryDirectory } from "../harness.mjs";
import { changedChecks, count, runSuite } from "./suite.mjs";

const client = path.join(path.dirname(fileURLToPath(import.meta.url)), "client.mjs");
const args = ["--command", `${process.execPath} ${client}`, "--timeout", "60000"];

// At least `passes` checks must pass without the sidecar.
export function testClientScenarios(revision, { passes }) {
  test(`the client scenarios for ${revision}: the sidecar changes no verdict`, async (t) => {
    const rules = path.join(temporaryDirectory(t), "rules.json");
    replaceFile(rules, { agents: { suite: { allow: { servers: ["conformance"] } } } });
    const guard = JSON.stringify(guarded(["--rules", rules], "suite", "conformance", []));
    const run = (env) => (scenario) => runSuite({ revision, role: "client", args, env, scenario });
    const changed = await changedChecks(run({}), run({ OSTIARY_CONFORMANCE_GUARD: guard }), (direct, behind) => {
      t.diagnostic(`without the sidecar: ${JSON.stringify(count(direct))}`);
      t.diagnostic(`with the sidecar:    ${JSON.stringify(count(behind))}`);
      assert.ok(count(direct).SUCCESS >= passes, "the suite's own run is as it should be");
    });
    assert.deepEqual(changed, []);
  });
}
