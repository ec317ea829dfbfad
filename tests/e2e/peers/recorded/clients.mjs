// The official SDKs' clients on a command's stdio, with the same answers to what a server asks them.
import { Client as ClientOne } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as StdioOne } from "@modelcontextprotocol/sdk/client/stdio.js";
import { InMemoryTaskStore } from "@modelcontextprotocol/sdk/experimental/tasks/stores/in-memory.js";
import {
  CreateMessageRequestSchema, ElicitRequestSchema, ListRootsRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { Client as ClientTwo } from "@modelcontextprotocol/client";
import { StdioClientTransport as StdioTwo } from "@modelcontextprotocol/client/stdio";

const me = { name: "ostiary-recorded", version: "1" };
const formats = { email: "ann@example.org", uri: "https://example.org/", date: "2026-01-02", "date-time": "2026-01-02T03:04:05Z" };

// A value that fits the schema of one field of a form.
function fill({ type, format, enum: values, oneOf, items, minimum, default: preset }) {
  if (preset !== undefined) return preset;
  if (values || oneOf) return values?.[0] ?? oneOf[0].const;
  if (type === "array") return [items.enum?.[0] ?? items.anyOf[0].const];
  if (type === "boolean") return true;
  if (type === "integer" || type === "number") return minimum ?? 1;
  return formats[format] ?? "Ann";
}

const answers = {
  "elicitation/create": async ({ params }) => ({
    action: "accept",
    ...(params.mode !== "url" && {
      content: Object.fromEntries(Object.entries(params.requestedSchema.properties).map(([name, schema]) => [name, fill(schema)])),
    }),
  }),
  "sampling/createMessage": async () => ({
    role: "assistant", model: "none", stopReason: "endTurn", content: { type: "text", text: "A model would say this." },
  }),
  "roots/list": async () => ({ roots: [{ uri: "file:///nowhere", name: "nowhere" }] }),
};

function withAnswers(client, nameOf) {
  for (const [method, answer] of Object.entries(answers)) client.setRequestHandler(nameOf(method), answer);
  client.onerror = () => {}; // what goes wrong on the wire is in the recording
  return client;
}

const schemas = {
  "elicitation/create": ElicitRequestSchema,
  "sampling/createMessage": CreateMessageRequestSchema,
  "roots/list": ListRootsRequestSchema,
};
const capabilities = { elicitation: { form: {}, url: {} }, sampling: {}, roots: { listChanged: true } };

// SDK 1.x knows tasks of the client's, too: a server may ask for one, and then ask after it.
const clientTasks = { list: {}, cancel: {}, requests: { elicitation: { create: {} } } };

async function elicitAsTask(request, { taskStore }) {
  const answer = await answers["elicitation/create"](request);
  if (!request.params.task) return answer;
  const task = { ...(await taskStore.createTask({ ttl: request.params.task.ttl })) }; // as it is before
  await taskStore.storeTaskResult(task.taskId, "completed", answer);
  return { task };
}

async function one(parameters) {
  const taskStore = new InMemoryTaskStore();
  const options = { capabilities: { ...capabilities, tasks: clientTasks }, taskStore };
  const client = withAnswers(new ClientOne(me, options), (method) => schemas[method]);
  client.setRequestHandler(ElicitRequestSchema, elicitAsTask);
  client.onclose = () => taskStore.cleanup(); // its timers
  await client.connect(new StdioOne(parameters));
  return client;
}

const two = (mode, extensions) => async (parameters) => {
  const options = {
    versionNegotiation: { mode }, capabilities: { ...capabilities, ...(extensions && { extensions }) },
  };
  const client = withAnswers(new ClientTwo(me, options), (method) => method);
  await client.connect(new StdioTwo(parameters));
  return client;
};

// Name → how to connect. `auto` speaks 2026-07-28 to servers that can, and 2025-11-25 to the others.
export const clients = {
  "SDK 1.x": one,
  "SDK 2.x, 2025-11-25": two("legacy"),
  "SDK 2.x, auto": two("auto", { "io.modelcontextprotocol/tasks": {} }),
};
