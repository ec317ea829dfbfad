// What the protocol asks of HTTP alone: status codes, headers that repeat the body, and no stranger's
// pages (DNS rebinding).
export const modern = "2026-07-28";
export const key = (name) => `io.modelcontextprotocol/${name}`;
export const versionOf = (message) => message.params?._meta?.[key("protocolVersion")];

// The HTTP status of an answer.
export function statusOf({ error }, request) {
  const meta = request.params?._meta;
  const envelope = meta?.[key("protocolVersion")] !== undefined && meta?.[key("clientCapabilities")] !== undefined;
  if (error?.code === -32601) return 404;
  if (error?.code === -32602 && !envelope) return 400;
  return [-32600, -32700, -32020, -32021, -32022].includes(error?.code) ? 400 : 200;
}

// A header's value as the body would spell it.
function plain(value) {
  const encoded = /^=\?base64\?(.*)\?=$/.exec(value ?? "");
  return encoded ? Buffer.from(encoded[1], "base64").toString("utf8") : value;
}

// The member of params that Mcp-Name repeats.
const namedBy = {
  "tools/call": "name", "prompts/get": "name", "resources/read": "uri",
  "tasks/get": "taskId", "tasks/update": "taskId", "tasks/cancel": "taskId",
};

// What 2026-07-28 wants the headers to repeat of the body. Returns what is wrong.
export function headerProblem(headers, { id, method, params }) {
  if (id === undefined) return undefined;
  const version = versionOf({ params });
  if (version !== undefined && headers["mcp-protocol-version"] !== version) return "MCP-Protocol-Version is not the body's";
  if (headers["mcp-method"] !== method) return "Mcp-Method is not the body's method";
  const name = params?.[namedBy[method]];
  if (name !== undefined && plain(headers["mcp-name"]) !== name) return "Mcp-Name is not the body's";
  return undefined;
}

// Is a Host or an Origin of this machine?
export const local = (value) => /^(https?:\/\/)?(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(value);
