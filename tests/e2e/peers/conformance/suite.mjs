// Runs the official conformance suites and reads what they found.
import { spawn } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";

const require = createRequire(import.meta.url);
const program = (name, file) => path.join(path.dirname(require.resolve(`${name}/package.json`)), file);

// Both suites need Node 22, which Debian 12 does not have; npm does.
const node22 = program(`node-linux-${process.arch}`, "bin/node");

// The newest release with all of its scenarios, and the alpha that knows 2026-07-28. `one` names the
// arguments for a single scenario.
const suites = {
  "2025-11-25": {
    program: program("@modelcontextprotocol/conformance", "dist/index.js"),
    all: ["--suite", "all"],
    one: (scenario) => ["--scenario", scenario],
  },
  "2026-07-28": {
    program: program("conformance-alpha", "dist/index.js"),
    all: ["--requirements", "2026-07-28"],
    one: (scenario) => ["--scenario", scenario, "--spec-version", "2026-07-28", "--force"],
  },
};

// A scenario's folder is its name, with what was tested before it and the time after it.
const scenarioOf = (folder) => folder.replace(/^server-/, "").replace(/-\d{4}-\d\d-\d\dT[\d-]+Z$/, "");

function readResults(directory) {
  const found = fs.readdirSync(directory, { recursive: true }).filter((file) => path.basename(file) === "checks.json");
  return new Map(found.map((file) => [
    scenarioOf(path.dirname(file)),
    JSON.parse(fs.readFileSync(path.join(directory, file), "utf8")),
  ]).sort());
}

// Runs the `role` ("server" or "client") scenarios of `revision`, or the one that is named. Returns
// scenario → its checks.
export async function runSuite({ revision, role, args, env = {}, scenario }) {
  const suite = suites[revision];
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "ostiary-conformance-"));
  const scenarios = scenario === undefined ? suite.all : suite.one(scenario);
  try {
    const child = spawn(node22, [suite.program, role, ...scenarios, "-o", directory, ...args], {
      stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env },
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
    await new Promise((resolve) => child.once("close", resolve)); // its status says whether all passed
    const results = readResults(directory);
    if (results.size === 0) throw new Error(`the suite ran nothing:\n${output}`);
    return results;
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
}

// What is compared of a scenario: each check's verdicts and complaints. INFO is the suite's log of the
// traffic. The order is that of the requests, several of which are under way at a time, so it is left
// out; and ports differ from run to run.
function verdicts(checks = []) {
  const plain = (message) => message?.replaceAll(/(127\.0\.0\.1|localhost):\d+/g, "$1:PORT") ?? "";
  const byCheck = {};
  for (const { id, name, status, errorMessage } of checks.filter((check) => check.status !== "INFO")) {
    (byCheck[id] ??= []).push(`${name} ${status} ${plain(errorMessage)}`.trim());
  }
  for (const found of Object.values(byCheck)) found.sort();
  return byCheck;
}

// The checks that differ: [{scenario, check, without, behind}].
function differences(direct, guarded) {
  const keys = (one, two) => [...new Set([...Object.keys(one), ...Object.keys(two)])].sort();
  return keys(Object.fromEntries(direct), Object.fromEntries(guarded)).flatMap((scenario) => {
    const [before, after] = [verdicts(direct.get(scenario)), verdicts(guarded.get(scenario))];
    return keys(before, after).filter((check) => !isDeepStrictEqual(before[check], after[check]))
      .map((check) => ({ scenario, check, without: before[check], behind: after[check] }));
  });
}

// The checks that the sidecar changes: `without` and `behind` run the suite, or one scenario of it. Some
// scenarios look at the clock, so a difference counts if it is there again when its scenario runs alone.
export async function changedChecks(without, behind, report) {
  const direct = await without();
  const guarded = await behind();
  report(direct, guarded);
  const changed = [];
  for (const scenario of new Set(differences(direct, guarded).map((difference) => difference.scenario))) {
    changed.push(...differences(await without(scenario), await behind(scenario)));
  }
  return changed;
}

export function count(results) {
  const counts = { scenarios: results.size, SUCCESS: 0, FAILURE: 0 };
  for (const { status } of [...results.values()].flat()) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
