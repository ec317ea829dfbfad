// demo.mjs FILES: the walk-through behind scripts/demo. FILES holds rules.json and mcp.json.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import {
  Pdp, connect, decisionOf, eventually, guarded, replaceFile, servers, temporaryDirectory, textOf,
} from "./harness.mjs";

const colours = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code) => (text) => (colours ? `\x1b[${code}m${text}\x1b[0m` : `${text}`);
const [bold, dim, red, green, yellow, cyan] = ["1", "2", "31", "32", "33", "36"].map(paint);
const say = (text = "") => console.log(text);
let step = 0;
const title = (text) => say(`\n${bold(cyan(`${++step}. ${text}`))}`);
const indent = (text) => text.split("\n").map((line) => `   ${line}`).join("\n");

// Names in columns; those that are not in `kept` are struck out.
function columns(names, kept) {
  const width = Math.max(...names.map((name) => name.length)) + 4;
  const cells = names.map((name) => {
    const cell = `${kept.includes(name) ? "✓" : "✗"} ${name}`.padEnd(width);
    return kept.includes(name) ? green(cell) : dim(red(cell));
  });
  const rows = [];
  for (let i = 0; i < cells.length; i += 3) rows.push(`   ${cells.slice(i, i + 3).join("")}`);
  return rows.join("\n");
}

function showCall(tool, args, result) {
  const decision = decisionOf(result);
  say(`   ${bold(`→ ${tool}`)} ${dim(JSON.stringify(args))}`);
  if (!decision) {
    say(`   ${green("✓ allowed")}  ${textOf(result).trim().split("\n")[0]}`);
    return;
  }
  say(`   ${red("✗ denied")}   ${textOf(result)}`);
  if (decision.rule) {
    const { pointer, pattern, line, column } = decision.rule;
    say(`              rule ${yellow(pointer)} = ${yellow(JSON.stringify(pattern))}, line ${line}, column ${column}`);
  }
}

async function main(files) {
  const work = temporaryDirectory();
  const rulesFile = path.join(work, "rules.json");
  const catalog = path.join(work, "mcp.json");
  const folder = path.join(work, "workspace");
  fs.mkdirSync(folder);
  fs.writeFileSync(path.join(folder, "note.txt"), "The door is kept.\n");
  const rules = JSON.parse(fs.readFileSync(path.join(files, "rules.json"), "utf8"));
  fs.copyFileSync(path.join(files, "rules.json"), rulesFile);
  fs.copyFileSync(path.join(files, "mcp.json"), catalog);

  say(bold("Ostiary keeps the door between an AI agent and its tools."));
  title("A PDP on example rules");
  say(indent(dim(fs.readFileSync(rulesFile, "utf8").trim())));
  const pdp = await Pdp.start(rulesFile, "127.0.0.1:0", ["--mcp-config", catalog]);
  say(`   listening on ${bold(pdp.address)}`);

  const memoryFile = { env: { MEMORY_FILE_PATH: path.join(work, "memory.jsonl") } };
  const guard = (server, command) => guarded(["--pdp", pdp.address], "researcher", server, command);
  const direct = await connect(null, servers.filesystem(folder));
  const fileTools = await connect(null, guard("files", servers.filesystem(folder)));
  const directMemory = await connect(null, servers.memory(), memoryFile);
  const memoryTools = await connect(null, guard("memory", servers.memory()), memoryFile);

  const names = async ({ client }) => (await client.listTools()).tools.map((tool) => tool.name);
  for (const [label, plain, kept] of [
    ["server-filesystem", direct, fileTools],
    ["server-memory", directMemory, memoryTools],
  ]) {
    const [before, after] = [await names(plain), await names(kept)];
    title(`${label}: ${before.length} tools without Ostiary, ${after.length} with it`);
    say(columns(before, after));
    assert.ok(after.length > 0 && after.length < before.length);
  }

  title("An allowed call");
  const read = { path: path.join(folder, "note.txt") };
  const call = async (peer, name, args) => {
    const result = await peer.client.callTool({ name, arguments: args });
    showCall(name, args, result);
    return decisionOf(result)?.effect ?? "ALLOW";
  };
  assert.equal(await call(fileTools, "read_text_file", read), "ALLOW");

  title("Denied calls, with the rule that denied them");
  const write = { path: path.join(folder, "new.txt"), content: "Let me in." };
  assert.equal(await call(fileTools, "write_file", write), "DENY");
  assert.ok(!fs.existsSync(write.path));
  assert.equal(await call(memoryTools, "delete_entities", { entityNames: ["everything"] }), "DENY");

  title("An edit of the rules while it all runs: files gain write_file, lose read_*");
  const changed = new Promise((resolve) => {
    fileTools.client.fallbackNotificationHandler = async ({ method }) => {
      if (method === "notifications/tools/list_changed") resolve();
    };
  });
  rules.agents.researcher.allow.tools.files = ["write_file", "list_*"];
  rules.agents.researcher.deny.tools.files = ["read_*"];
  const edited = Date.now();
  replaceFile(rulesFile, rules);
  await changed;
  say(`   the client hears ${bold("notifications/tools/list_changed")} ${Date.now() - edited} ms after the edit`);

  title("The next calls, decided by the new rules");
  assert.equal(await call(fileTools, "write_file", write), "ALLOW");
  assert.equal(await call(fileTools, "read_text_file", read), "DENY");

  title("The PDP's Status");
  const status = await eventually("both sidecars apply the new rules", async () => {
    const now = await pdp.status();
    return Number(now.sidecars_current) === 2 && now;
  });
  say(`   ${green(status.state)}, generation ${bold(status.revision.generation)}, ${status.revision.digest.slice(0, 19)}…`);
  say(`   ${status.sidecars_current} of ${status.sidecars_connected} sidecars apply it:`);
  for (const sidecar of status.sidecars) {
    say(`     ${sidecar.sidecar_id}  ${sidecar.agent} → ${sidecar.server}, generation ${sidecar.applied.generation}`);
  }
  say(dim(indent(`ostiary-pdp status --pdp ${pdp.address}   or, with grpcurl:\ngrpcurl -plaintext ${pdp.address} ostiary.v1.PolicyAdminService/Status`)));

  for (const peer of [direct, fileTools, directMemory, memoryTools]) await peer.client.close();
  await pdp.kill("SIGTERM");
  fs.rmSync(work, { recursive: true, force: true });
  say(`\n${green("Done.")} Next: wrap a server of your own, see README.md.`);
}

await main(process.argv[2]);
