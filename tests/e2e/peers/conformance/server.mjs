// server.mjs [SIZE]: a stdio server with what the conformance suite's server scenarios ask for, in every revision: the
// 2025 ones and 2026-07-28, which the SDK's serveStdio tells apart by the first message.
// With SIZE, its lists come in pages of that many.
//
// It is also the 2026-07-28 server of the recorded sessions. What it answers depends on nothing but
// what it was asked in this session.
import { ProtocolError, ResourceNotFoundError, Server } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { inputPrompt, verifyState } from "./inputs.mjs";
import { prompts, resources, templates } from "./content.mjs";
import { addTaskMethods, tasksExtension } from "./tasks.mjs";
import { tools } from "./tools.mjs";

const capabilities = {
  tools: { listChanged: true },
  prompts: { listChanged: true },
  resources: { listChanged: true, subscribe: true },
  completions: {},
  logging: {},
  extensions: { [tasksExtension]: {} },
};

const invalidParams = (message) => new ProtocolError(-32602, message);
const withoutCode = ({ call, get, complete, ...shown }) => shown;

const pageSize = Number(process.argv[2] ?? Infinity);

// One page of `all`, as the result's `member`. A cursor says nothing to anybody else.
function page(member, all, cursor) {
  const from = cursor === undefined ? 0 : Number(Buffer.from(cursor, "base64url"));
  const next = from + pageSize;
  return {
    [member]: all.slice(from, next).map(withoutCode),
    ...(next < all.length && { nextCursor: Buffer.from(`${next}`).toString("base64url") }),
  };
}

// `extra` holds what a session added to the lists by itself.
function serveLists(server, extra) {
  const allTools = () => [...tools, ...extra.tools];
  const allPrompts = () => [...prompts, inputPrompt, ...extra.prompts];
  const list = (method, member, all) =>
    server.setRequestHandler(method, async ({ params }) => page(member, all(), params?.cursor));
  list("tools/list", "tools", () => allTools());
  list("prompts/list", "prompts", () => allPrompts());
  list("resources/list", "resources", () => resources);
  list("resources/templates/list", "resourceTemplates", () => templates);

  server.setRequestHandler("tools/call", async (request, context) => {
    const tool = allTools().find(({ name }) => name === request.params.name);
    if (!tool) throw invalidParams(`Unknown tool: ${request.params.name}`);
    return tool.call(request.params.arguments ?? {}, context, { server, extra });
  });
  server.setRequestHandler("prompts/get", async (request, context) => {
    const prompt = allPrompts().find(({ name }) => name === request.params.name);
    if (!prompt) throw invalidParams(`Unknown prompt: ${request.params.name}`);
    return prompt.get(request.params.arguments ?? {}, context);
  });
  server.setRequestHandler("resources/read", async ({ params: { uri } }) => {
    const resource = resources.find((one) => one.uri === uri);
    const contents = resource ? resource.get(uri) : templates.map((one) => one.get(uri)).find(Boolean);
    if (!contents) throw new ResourceNotFoundError(uri);
    return { contents: [contents] };
  });
}

function create() {
  const server = new Server(
    { name: "conformance-server", version: "1.0.0" },
    {
      capabilities,
      instructions: "Everything that the conformance suite asks for.",
      // Long and public, so that a filter that forgot to shorten them would show.
      cacheHints: {
        "tools/list": { ttlMs: 86_400_000, cacheScope: "public" },
        "prompts/list": { ttlMs: 60_000, cacheScope: "public" },
      },
      requestState: { verify: verifyState },
    },
  );
  serveLists(server, { tools: [], prompts: [] });
  addTaskMethods(server);
  server.setRequestHandler("completion/complete", async ({ params: { ref, argument } }) => {
    const known = ref.type === "ref/prompt"
      ? prompts.find(({ name }) => name === ref.name)
      : templates.find(({ uriTemplate }) => uriTemplate === ref.uri);
    if (!known) throw invalidParams("Unknown completion reference");
    const values = (known.complete?.[argument.name] ?? []).filter((value) => value.startsWith(argument.value));
    return { completion: { values, total: values.length, hasMore: false } };
  });
  for (const method of ["resources/subscribe", "resources/unsubscribe"]) {
    server.setRequestHandler(method, async () => ({}));
  }
  return server;
}

serveStdio(create);
