// What a session behind a sidecar must look like, made from the same session without one.
import { arrange } from "./recording.mjs";
import { normaliser } from "./normalise.mjs";

// The rules' globs, as far as the plays use them.
const matches = (patterns, name) => patterns.some((pattern) =>
  new RegExp(`^${pattern.split("*").map((part) => part.replaceAll(/[^\w]/g, "\\$&")).join("[^]*")}$`).test(name));

export const nothing = { tools: [], resources: [], prompts: [] };

// Is the request about something that `hidden` hides?
function isHidden({ method, params }, hidden) {
  switch (method) {
    case "tools/call": return matches(hidden.tools, params.name);
    case "prompts/get": return matches(hidden.prompts, params.name);
    case "resources/read":
    case "resources/subscribe": return matches(hidden.resources, params.uri);
    case "completion/complete":
      return params.ref.type === "ref/prompt" ? matches(hidden.prompts, params.ref.name) : matches(hidden.resources, params.ref.uri);
    default: return false;
  }
}

// A server's word of a resource that is hidden does not reach the client either.
const speaksOfHidden = (entry, hidden) =>
  entry.message.method === "notifications/resources/updated" && matches(hidden.resources, entry.message.params.uri);

const lists = {
  "tools/list": { member: "tools", kind: "tools", name: "name" },
  "prompts/list": { member: "prompts", kind: "prompts", name: "name" },
  "resources/list": { member: "resources", kind: "resources", name: "uri" },
  "resources/templates/list": { member: "resourceTemplates", kind: "resources", name: "uriTemplate" },
};

// The answer that the client must get for the answer that the server gave, as a value.
function filtered(request, answer, hidden) {
  const list = lists[request.method];
  if (!list || !answer?.result) return answer;
  const result = { ...answer.result };
  result[list.member] = result[list.member].filter((one) => !matches(hidden[list.kind], one[list.name]));
  // A client would keep a list for ttlMs, and not see what the next rules allow.
  if ("resultType" in result) Object.assign(result, { ttlMs: 0, cacheScope: "private" });
  return { ...answer, result };
}

const decisionIn = ({ result, error }) => (result?._meta ?? error?.data)?.["ostiary/decision"];

// A denial in the shape that this request's client understands, or what came instead.
function denialOf({ method, params }, answer) {
  const decision = answer && decisionIn(answer);
  const modern = params._meta?.["io.modelcontextprotocol/protocolVersion"] !== undefined;
  const shaped = method === "tools/call" && !params.task
    ? answer?.result?.isError === true && (!modern || answer.result.resultType === "complete")
    : answer?.error?.code === 4030;
  return shaped && decision?.outcome === "denied" ? "denied" : answer;
}

// What becomes of the client's requests behind a sidecar that hides `hidden`: "denied", "refused" (a
// task that no call made, which a server refuses with the same code and in other words), "filtered", or
// "passed".
function fates(calls, hidden) {
  const tasks = new Set();
  return new Map(calls.map(({ request, answer }) => {
    const { method, params } = request.message;
    const result = answer?.message.result;
    tasks.add(result?.task?.taskId ?? (result?.resultType === "task" ? result.taskId : undefined));
    if (isHidden(request.message, hidden)) return [request, "denied"];
    if (method.startsWith("tasks/") && !tasks.has(params.taskId)) return [request, "refused"];
    return [request, lists[method] ? "filtered" : "passed"];
  }));
}

// A session as a value to compare. `valueOf` says what counts of an answer that does not just pass;
// the others, and all other lines, are compared as text.
function view(all, hidden, valueOf) {
  const lines = all.filter((entry) => !speaksOfHidden(entry, hidden));
  const normal = normaliser();
  const text = new Map(lines.map((entry) => [entry, normal(entry.line)]));
  const texts = (entries) => entries.map((entry) => text.get(entry));
  const { calls, asked, said, heard } = arrange(lines);
  const fate = fates(calls, hidden);
  const counts = ({ request, answer }) => {
    if (fate.get(request) === "passed") return text.get(answer);
    return valueOf[fate.get(request)](request.message, answer && JSON.parse(text.get(answer)));
  };
  const mapped = (groups, change) => Object.fromEntries(Object.entries(groups).map(([name, group]) => [name, change(group)]));
  return {
    calls: calls.map((call) => [text.get(call.request), counts(call)]),
    asked: mapped(asked, (exchanges) => exchanges.map(({ request, answer }) => texts([request, answer]))),
    said: texts(said),
    heard: mapped(heard, texts),
  };
}

const refusal = (_, answer) => answer?.error?.code;

// What must be seen behind a sidecar that hides `hidden`, from a process's lines without one.
export const wanted = (lines, hidden) => view(lines, hidden, {
  denied: () => "denied",
  refused: refusal,
  filtered: (request, answer) => filtered(request, answer, hidden),
});

// What was seen behind a sidecar that hides `hidden`.
export const seen = (lines, hidden) => view(lines, hidden, {
  denied: denialOf,
  refused: refusal,
  filtered: (_, answer) => answer,
});

// One side of a sidecar, by direction, without the lines that `stays` holds back; lists are values, as
// `listOf` makes them.
function side(lines, hidden, stays, listOf) {
  const { calls } = arrange(lines);
  const fate = fates(calls, hidden);
  const requestOf = new Map(calls.map(({ request, answer }) => [answer, request]));
  const value = (entry) => {
    const request = requestOf.get(entry);
    return fate.get(request) === "filtered" ? listOf(request.message, entry.message) : entry.line;
  };
  const passing = lines.filter((entry) => !stays(entry, fate.get(requestOf.get(entry) ?? entry)));
  const from = (end) => passing.filter((entry) => entry.from === end).map(value);
  return { client: from("client"), server: from("server") };
}

// The two sides of one sidecar, as they should be equal. What the client is denied stays on its side,
// which is `outside`; the server's word of what is hidden stays on the server's.
export const bothSides = (outside, inside, hidden) => ({
  outside: side(outside, hidden, (_, fate) => fate === "denied" || fate === "refused", (_, answer) => answer),
  inside: side(inside, hidden, (entry) => speaksOfHidden(entry, hidden), (request, answer) => filtered(request, answer, hidden)),
});
