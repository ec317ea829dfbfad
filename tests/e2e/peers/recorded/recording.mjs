// What tap.mjs wrote down, in the form in which two sessions are compared: raw lines, matched up.
import fs from "node:fs";

function records(log) {
  const text = fs.existsSync(log) ? fs.readFileSync(log, "utf8") : "";
  return text.split("\n").slice(0, -1).map((line) => JSON.parse(line));
}

// One entry per process, in the order of their start: [{from, line, message}].
export function readTap(log) {
  const processes = new Map();
  for (const { pid, from, line } of records(log).filter((record) => record.line !== undefined)) {
    if (!processes.has(pid)) processes.set(pid, []);
    processes.get(pid).push({ from, line, message: JSON.parse(line) });
  }
  return [...processes.values()];
}

// How the processes ended, in the order of their ends. One that was killed says nothing.
export const readExits = (log) => records(log).flatMap(({ exit }) => (exit ? [exit] : []));

const other = { client: "server", server: "client" };
const isRequest = ({ method, id }) => method !== undefined && id !== undefined;
const isNotification = ({ method, id }) => method !== undefined && id === undefined;

function exchanges(lines, from) {
  const isAnswer = (entry, id) => entry.from === other[from] && entry.message.method === undefined && entry.message.id === id;
  return lines.flatMap((entry, n) => {
    if (entry.from !== from || !isRequest(entry.message)) return [];
    const answer = lines.slice(n + 1).find((later) => isAnswer(later, entry.message.id));
    return [{ request: entry, answer }];
  });
}

function grouped(entries, keyOf) {
  const groups = {};
  for (const entry of entries) (groups[keyOf(entry)] ??= []).push(entry);
  return groups;
}

const streamOf = ({ message: { method, params } }) =>
  [method, params?.progressToken, params?._meta?.["io.modelcontextprotocol/subscriptionId"]]
    .filter((part) => part !== undefined).join(" ");

// The parts of a session whose order the protocol promises:
//   calls   the client's requests in order, each with its answer
//   asked   the server's requests, by method in order, each with the client's answer
//   said    the client's notifications in order
//   heard   the server's notifications, in order for each method, progress token and subscription
export function arrange(lines) {
  const notifications = (from) => lines.filter((entry) => entry.from === from && isNotification(entry.message));
  return {
    calls: exchanges(lines, "client"),
    asked: grouped(exchanges(lines, "server"), ({ request }) => request.message.method),
    said: notifications("client"),
    heard: grouped(notifications("server"), streamOf),
  };
}
