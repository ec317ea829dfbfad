// line_server.mjs RUNS [ENVIRONMENT]: a small MCP server on stdio that records what runs.
//
// Appends the name of each tool to RUNS before it answers, so what is not in there has not run, and
// writes "ran ID" to stderr, which it shares with the sidecar's log: their order there is the order
// in which things happened. Writes its environment to the file ENVIRONMENT, as it came.
import fs from "node:fs";

const [runsPath, environmentPath] = process.argv.slice(2);
const runs = fs.openSync(runsPath, "a");
if (environmentPath) fs.writeFileSync(environmentPath, fs.readFileSync("/proc/self/environ"));

const tools = ["a_1", "a_2", "a_3", "b_1", "b_2", "b_3", "read_1", "delete_1"];
const results = {
  initialize: () => ({
    protocolVersion: "2025-06-18",
    capabilities: { tools: { listChanged: true } },
    serverInfo: { name: "line-server", version: "1" },
  }),
  "tools/list": () => ({ tools: tools.map((name) => ({ name, inputSchema: { type: "object" } })) }),
  "tools/call": ({ id, params }) => {
    fs.writeSync(runs, `${params.name}\n`);
    tell(`ran ${id}\n`);
    return { content: [{ type: "text", text: `ran ${params.name}` }] };
  },
};

// A stderr that takes nothing is part of what is tested.
function tell(text) {
  if (process.env.LINE_SERVER_QUIET) return;
  try {
    fs.writeSync(2, text);
  } catch {}
}

let tail = "";
process.stdin.setEncoding("utf8").on("data", (chunk) => {
  const lines = (tail + chunk).split("\n");
  tail = lines.pop();
  let out = "";
  for (const line of lines) {
    const message = JSON.parse(line);
    if (message.id === undefined || !message.method) continue;
    const result = results[message.method]?.(message) ?? {};
    out += `${JSON.stringify({ jsonrpc: "2.0", id: message.id, result })}\n`;
  }
  if (out) fs.writeSync(1, out);
});
