// Declares the test of one revision: the suite's server scenarios, check by check, without a sidecar
// and behind one that allows all.
import assert from "node:assert/strict";
import path from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { guarded, replaceFile, temporaryDirectory } from "../harness.mjs";
import { Bridge } from "./bridge.mjs";
import { changedChecks, count, runSuite } from "./suite.mjs";

const server = [process.execPath, path.join(path.dirname(fileURLToPath(import.meta.url)), "server.mjs")];

// The suite, or one scenario of it, on a bridge to `command`.
async function run(revision, command, scenario) {
  const bridge = await Bridge.start(command);
  try {
    return await runSuite({ revision, role: "server", args: ["--url", bridge.url], scenario });
  } finally {
    await bridge.close();
  }
}

// At least `passes` checks must pass without the sidecar, and no more than `failures` fail.
export function testServerScenarios(revision, { passes, failures }) {
  test(`the server scenarios for ${revision}: the sidecar changes no verdict`, async (t) => {
    const rules = path.join(temporaryDirectory(t), "rules.json");
    replaceFile(rules, { agents: { suite: { allow: { servers: ["conformance"] } } } });
    const guard = guarded(["--rules", rules], "suite", "conformance", server);
    const changed = await changedChecks(
      (scenario) => run(revision, server, scenario),
      (scenario) => run(revision, guard, scenario),
      (direct, behind) => {
        t.diagnostic(`without the sidecar: ${JSON.stringify(count(direct))}`);
        t.diagnostic(`with the sidecar:    ${JSON.stringify(count(behind))}`);
        assert.ok(count(direct).SUCCESS >= passes, "the suite's own run is as it should be");
        assert.ok(count(direct).FAILURE <= failures, "the suite's own run is as it should be");
      },
    );
    assert.deepEqual(changed, []);
  });
}
