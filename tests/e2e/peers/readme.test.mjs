// Every grpcurl call of README.md and proto/README.md, run against a live PDP.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Pdp, pdpProgram } from "./harness.mjs";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");
const demo = path.join(root, "scripts/demo-files");

// The calls in the file's sh blocks: lines that start with grpcurl, with their continuations.
function grpcurlCalls(file) {
  const text = fs.readFileSync(path.join(root, file), "utf8");
  const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1].replaceAll(/\\\n\s*/g, ""));
  return blocks.flatMap((block) => block.split("\n").filter((line) => line.startsWith("grpcurl ")));
}

// What each call must answer. A call that no row knows fails the test.
const wanted = [
  [/PolicyAdminService\/Status/, ({ state, revision }) => {
    assert.equal(state, "SERVING");
    assert.equal(revision.generation, "1");
  }],
  [/"name":"write_file".*PolicyDecisionService\/Check/, ({ decision }) => {
    assert.equal(decision.effect, "DENY");
    assert.equal(decision.reason, "TOOL_NOT_ALLOWED");
  }],
  [/"name":"read_text_file".*PolicyDecisionService\/Check/, ({ decision }) => {
    assert.equal(decision.effect, "ALLOW");
    assert.equal(decision.rule.pointer, "/agents/researcher/allow/tools/files/0");
  }],
  [/PolicyDecisionService\/BatchCheck/, ({ decisions }) =>
    assert.deepEqual(decisions.map((decision) => decision.reason), ["SERVER_ALLOWED", "SERVER_ALLOWED"])],
  [/PolicyDecisionService\/ListServers/, ({ servers }) =>
    assert.deepEqual(servers.map((server) => server.name), ["files", "memory"])],
  [/PolicyAdminService\/Reload/, ({ revision, issues }) => {
    assert.equal(revision.generation, "1");
    assert.equal(issues, undefined);
  }],
  [/dney.*PolicyAdminService\/Validate/, ({ valid, issues }) => {
    assert.equal(valid, undefined); // grpcurl leaves out what is false
    assert.equal(issues[0].pointer, "/agents/a/dney");
  }],
  [/grpc\.health\.v1\.Health\/Check/, ({ status }) => assert.equal(status, "SERVING")],
];

test("the README's grpcurl calls work", async (t) => {
  const pdp = await Pdp.start(path.join(demo, "rules.json"), "127.0.0.1:0", [
    "--mcp-config", path.join(demo, "mcp.json"),
  ]);
  t.after(() => pdp.kill());
  const env = { ...process.env, PATH: `${path.join(root, "build/tools")}:${process.env.PATH}` };
  for (const file of ["README.md", "proto/README.md"]) {
    const calls = grpcurlCalls(file);
    assert.ok(calls.length >= 3, `${file} has ${calls.length} grpcurl calls`);
    for (const call of calls) {
      const row = wanted.find(([pattern]) => pattern.test(call));
      assert.ok(row, `no expectation for: ${call}`);
      const { stdout } = await promisify(execFile)("bash", ["-c", call.replaceAll("localhost:7443", pdp.address)], { env });
      row[1](stdout.trimStart().startsWith("{") ? JSON.parse(stdout) : stdout);
    }
  }
});

test("the README's rules load and decide as it says", async () => {
  const text = fs.readFileSync(path.join(root, "README.md"), "utf8");
  const rules = [...text.matchAll(/```json\n([\s\S]*?)```/g)].map((match) => JSON.parse(match[1]))
    .find((value) => value.agents);
  const file = path.join(fs.mkdtempSync("/tmp/ostiary-readme-"), "rules.json");
  fs.writeFileSync(file, JSON.stringify(rules));
  const check = async (agent, server, tool) => {
    const args = ["check", "--rules", file, "--agent", agent, "--server", server, "--tool", tool, "--format=json"];
    const { stdout } = await promisify(execFile)(pdpProgram, args).catch((error) => error);
    return JSON.parse(stdout).effect;
  };
  assert.equal(await check("researcher", "files", "read_text_file"), "ALLOW");
  assert.equal(await check("researcher", "files", "write_file"), "DENY");
  assert.equal(await check("researcher", "memory", "delete_entities"), "DENY");
  assert.equal(await check("admin", "anything", "delete_everything"), "ALLOW");
  fs.rmSync(path.dirname(file), { recursive: true });
});
