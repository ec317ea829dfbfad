// proxy.mjs URL: MCP over stdio on the outside, Streamable HTTP to URL on the inside, so that a client
// that only speaks stdio reaches the servers of the conformance suite. The HTTP is the SDK's.
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioServerTransport } from "@modelcontextprotocol/server/stdio";
import { Consent } from "./consent.mjs";

const url = new URL(process.argv[2]);
const consent = new Consent(JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? "{}"));
const outside = new StdioServerTransport();
const inside = new StreamableHTTPClientTransport(url, { authProvider: consent.provider, fetch: fetchAndTell });
const versionKey = "io.modelcontextprotocol/protocolVersion";

// After `initialized` the client's end of HTTP opens a stream for what the server says by itself. What
// the client sends next waits for it, since a server may drop what has no stream to go to.
let streamOpened = () => {};
let ready = Promise.resolve();

async function fetchAndTell(target, options) {
  try {
    return await fetch(target, options);
  } finally {
    if (options?.method === "GET") streamOpened();
  }
}

const open = new Map(); // request id → what ends its HTTP request

// Sends, and where the server wants to know who asks: goes through its login once, then sends again.
async function send(message, options) {
  try {
    await inside.send(message, options);
  } catch (error) {
    if (!consent.answer) throw error;
    await inside.finishAuth(consent.takeAnswer());
    await inside.send(message, options);
  }
}

outside.onmessage = async (message) => {
  const before = ready;
  if (message.method === "notifications/initialized") {
    ready = Promise.race([
      new Promise((resolve) => (streamOpened = resolve)), new Promise((resolve) => setTimeout(resolve, 2000)),
    ]);
  }
  await before;
  const claimed = message.params?._meta?.[versionKey];
  if (claimed !== undefined) inside.setProtocolVersion(claimed);
  if (message.method === "notifications/cancelled") open.get(message.params.requestId)?.abort();
  const stop = new AbortController();
  if (message.id !== undefined && message.method !== undefined) open.set(message.id, stop);
  try {
    await send(message, claimed !== undefined ? { requestSignal: stop.signal } : undefined);
  } catch (error) {
    if (message.id === undefined || message.method === undefined) return;
    await outside.send({ jsonrpc: "2.0", id: message.id, error: { code: -32603, message: error.message } });
  }
};

inside.onmessage = (message) => {
  if (message.result?.protocolVersion !== undefined) inside.setProtocolVersion(message.result.protocolVersion);
  if (message.method === undefined) open.delete(message.id);
  void outside.send(message);
};

outside.onclose = async () => {
  await inside.close();
  process.exit(0);
};

await inside.start();
await outside.start();
