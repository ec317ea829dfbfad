// An MCP server on Node's readline and JSON.parse. With "assign", each message and its params are copied into fresh
// objects by Object.assign, as option handling often does, which makes "__proto__" a prototype.
//
// Usage: node node_reader.mjs parse|assign RECORD. What it writes is said in reader_server.py.
import fs from "node:fs";
import readline from "node:readline";

const [copying, recordFile] = process.argv.slice(2);
const record = fs.openSync(recordFile, "a");
const note = (entry) => fs.writeSync(record, JSON.stringify(entry) + "\n");
const send = (text) => fs.writeSync(1, text);
const copy = (value) =>
  copying === "assign" && typeof value === "object" && value !== null ? Object.assign({}, value) : value;

const lists = { tools: "name", prompts: "name", resources: "uri", resourceTemplates: "uriTemplate", tasks: "taskId" };
const runs = new Map([
  ["tools/call", ["TOOL", "name"]],
  ["prompts/get", ["PROMPT", "name"]],
  ["resources/read", ["RESOURCE", "uri"]],
  ["resources/subscribe", ["RESOURCE", "uri"]],
  ...["get", "result", "cancel", "update"].map((verb) => [`tasks/${verb}`, ["TASK", "taskId"]]),
]);
const results = new Map([
  ["initialize", { protocolVersion: "2025-11-25", capabilities: {}, serverInfo: { name: "r", version: "1" } }],
  ["tools/list", { tools: [] }],
  ["prompts/list", { prompts: [] }],
  ["resources/list", { resources: [] }],
  ["resources/templates/list", { resourceTemplates: [] }],
  ["tasks/list", { tasks: [] }],
  ["tools/call", { content: [] }],
]);

function whatRan(method, params) {
  if (method === "completion/complete") {
    const ref = copy(params?.ref);
    return ["COMPLETION", ref?.name ?? ref?.uri];
  }
  const row = runs.get(method);
  return row && [row[0], params?.[row[1]]];
}

function shown(result) {
  const names = [];
  for (const [key, name] of Object.entries(lists)) {
    const list = copy(result)?.[key];
    for (const element of Array.isArray(list) ? list : []) names.push(copy(element)?.[name]);
  }
  return names;
}

function handle(message) {
  if (typeof message !== "object" || message === null) return;
  const { method, id, result } = message;
  if (method === undefined) return note({ answer: id, shown: shown(result) });
  const params = copy(message.params);
  note({ method, id, ran: whatRan(method, params) });
  if (method === "tools/call" && params?.name === "write") {
    fs.writeSync(1, Buffer.from(params.arguments.hex, "hex"));
  }
  if (id !== undefined) send(JSON.stringify({ jsonrpc: "2.0", id, result: results.get(method) ?? {} }) + "\n");
}

process.stdin.on("data", (data) => note({ raw: data.toString("hex") }));
readline.createInterface({ input: process.stdin, crlfDelay: Infinity }).on("line", (line) => {
  let value;
  try {
    value = JSON.parse(line);
  } catch {
    return;
  }
  handle(copy(value));
});
