// client.mjs URL: what the conformance suite starts as the client under test. An SDK client on stdio,
// a sidecar where OSTIARY_CONFORMANCE_GUARD (a command, as JSON) names one, and the proxy to URL.
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

const url = process.argv.at(-1);
const scenario = process.env.MCP_CONFORMANCE_SCENARIO;
const modern = process.env.MCP_CONFORMANCE_PROTOCOL_VERSION === "2026-07-28";
const context = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? "{}");
const guard = JSON.parse(process.env.OSTIARY_CONFORMANCE_GUARD ?? "[]");
const proxy = path.join(path.dirname(fileURLToPath(import.meta.url)), "proxy.mjs");
const command = [...guard, process.execPath, proxy, url];

// A value that fits a field of a tool's arguments.
function fill(name, { type, enum: values, default: preset }) {
  if (preset !== undefined) return preset;
  if (values) return values[0];
  return { number: 2, integer: 2, boolean: true, array: [], object: {}, string: `${name} value` }[type] ?? null;
}

function argumentsFor({ inputSchema }) {
  const required = inputSchema.required ?? Object.keys(inputSchema.properties ?? {});
  return Object.fromEntries(required.map((name) => [name, fill(name, inputSchema.properties?.[name] ?? {})]));
}

// Which tools to call, with what.
function callsOf(tools) {
  if (context.toolCalls) return context.toolCalls;
  if (scenario === "json-schema-2020-12-preservation") {
    const [rich, echo] = [tools.find(({ name }) => !/echo/.test(name)), tools.find(({ name }) => /echo/.test(name))];
    return [{ name: echo.name, arguments: { schema: rich.inputSchema } }];
  }
  return tools.map((tool) => ({ name: tool.name, arguments: argumentsFor(tool) }));
}

const client = new Client(
  { name: "ostiary-conformance", version: "1" },
  {
    capabilities: { elicitation: { form: { applyDefaults: true } }, sampling: {}, roots: {} },
    versionNegotiation: { mode: modern ? { pin: "2026-07-28" } : "legacy" },
  },
);
client.setRequestHandler("elicitation/create", async () => ({ action: "accept", content: {} }));
client.onerror = () => {};

// Goes on after an error: what the suite saw until then, and sees after it, is what it judges.
async function attempt(act) {
  try {
    return await act();
  } catch (error) {
    process.stderr.write(`${scenario}: ${error.message}\n`);
    return undefined;
  }
}

// A class of its own, so that the SDK asks for the revision in place and starts no process for that.
class Stdio extends StdioClientTransport {}
await client.connect(new Stdio({ command: command[0], args: command.slice(1), env: process.env, stderr: "inherit" }));
const capabilities = client.getServerCapabilities() ?? {};
const listed = await attempt(() => client.listTools());
for (const call of callsOf(listed?.tools ?? [])) await attempt(() => client.callTool(call));
if (capabilities.resources) {
  for (const { uri } of (await attempt(() => client.listResources()))?.resources ?? []) {
    await attempt(() => client.readResource({ uri }));
  }
}
if (capabilities.prompts) {
  for (const { name } of (await attempt(() => client.listPrompts()))?.prompts ?? []) {
    await attempt(() => client.getPrompt({ name }));
  }
}
await client.close();
process.exit(0);
