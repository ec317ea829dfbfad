// What the tests of failing parts share: a PDP, a sidecar that is spoken to in plain lines, and a
// relay between the two that can fail in ways of its own. Needs nothing but Node.js.
//
// OSTIARY_TEST_PDP and OSTIARY_TEST_SIDECAR name the two programs. All of them end with their test.
import { spawn } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const program = (name) => {
  if (!process.env[name]) throw new Error(`${name} must name the built program`);
  return path.resolve(process.env[name]);
};

// Tests that say so run a short form unless this is set.
export const runsLong = Boolean(process.env.OSTIARY_LONG);

// Milliseconds that no change of the wall clock moves.
export const now = () => performance.now();
export const delay = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export const random = (least, most) => least + Math.random() * (most - least);

// Waits until `condition` holds, and fails where it does not in time.
export async function eventually(what, condition, ms = 20_000) {
  const deadline = now() + ms;
  for (;;) {
    const value = condition();
    if (value) return value;
    if (now() > deadline) throw new Error(`not within ${ms} ms: ${what}`);
    await delay(2);
  }
}

export function temporaryFolder(t) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "ostiary-failing-"));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

// Agent "a" may use these tools of server "s".
export const allowing = (...patterns) => ({ agents: { a: { allow: { servers: ["s"], tools: { s: patterns } } } } });

// Replaces the file in one step, as editors do.
export function writeRules(file, rules) {
  fs.writeFileSync(`${file}.next`, JSON.stringify(rules));
  fs.renameSync(`${file}.next`, file);
}

// Splits what a stream brings into lines.
function onLines(stream, take) {
  let tail = "";
  stream.setEncoding("utf8").on("data", (chunk) => {
    const lines = (tail + chunk).split("\n");
    tail = lines.pop();
    for (const line of lines) take(line);
  });
}

function asLogEntry(line) {
  try {
    return JSON.parse(line);
  } catch {
    return {};
  }
}

// A PDP. `listen` as for --listen; `stderr` is a descriptor for a stderr of its own (then `listen`
// must say the port).
// `prefix` is a command that runs the program's.
export class Pdp {
  constructor(t, { rules, listen = "127.0.0.1:0", flags = [], env = {}, stderr = "pipe", prefix = [] }) {
    Object.assign(this, { listen, stderr, env: { ...process.env, ...env }, log: [] });
    this.command = [...prefix, program("OSTIARY_TEST_PDP"), "serve", "--rules", rules, ...flags];
    t.after(() => this.kill());
  }

  // Returns once it listens; started again, it listens where it did.
  async start() {
    const child = spawn(this.command[0], [...this.command.slice(1), "--listen", this.listen], {
      stdio: ["ignore", "ignore", this.stderr],
      env: this.env,
    });
    this.process = child;
    this.exited = new Promise((resolve) => child.once("exit", resolve));
    if (this.stderr !== "pipe") {
      this.address = this.listen;
      return this;
    }
    const listening = new Promise((resolve, reject) => {
      onLines(child.stderr, (line) => {
        const entry = asLogEntry(line);
        this.log.push(entry);
        if (entry.event === "listening") resolve(entry.address);
      });
      this.exited.then(() => reject(new Error(`the PDP left: ${JSON.stringify(this.log)}`)));
    });
    this.address = await listening;
    this.listen = this.address;
    return this;
  }

  signal(name) {
    this.process.kill(name);
  }

  // Returns once it is stopped, all its threads.
  async stop() {
    this.signal("SIGSTOP");
    const tasks = `/proc/${this.process.pid}/task`;
    const isStopped = (task) => {
      try {
        return fs.readFileSync(`${tasks}/${task}/stat`, "utf8").split(")").at(-1).startsWith(" T ");
      } catch {
        return false; // a thread that ended meanwhile
      }
    };
    await eventually("it stops", () => fs.readdirSync(tasks).every(isStopped));
  }

  async kill() {
    this.process?.kill("SIGKILL");
    await this.exited;
  }
}

// A sidecar in front of line_server.mjs, for agent "a" and server "s". `errors` is a descriptor for
// its stderr; without one, `lines` collects what comes there from the sidecar and the server.
export class Sidecar {
  constructor(t, { source, flags = [], env = {}, errors, quiet = false, prefix = [] }) {
    const folder = temporaryFolder(t);
    this.runsPath = path.join(folder, "runs");
    this.environmentPath = path.join(folder, "environment");
    fs.writeFileSync(this.runsPath, "");
    const server = [process.execPath, path.join(here, "line_server.mjs"), this.runsPath, this.environmentPath];
    const run = [program("OSTIARY_TEST_SIDECAR"), "run", "--agent", "a", "--server", "s", ...source, ...flags];
    const [command, ...args] = [...prefix, ...run, "--", ...server];
    this.child = spawn(command, args, {
      stdio: ["pipe", "pipe", errors ?? "pipe"],
      env: { ...process.env, ...(quiet ? { LINE_SERVER_QUIET: "1" } : {}), ...env },
    });
    // Once all that it wrote has been read.
    this.exited = new Promise((resolve) => this.child.once("close", (code) => resolve(code)));
    this.exited.then((code) => {
      this.status = code;
      for (const { resolve } of this.open.values()) resolve({ outcome: "unanswered", code });
    });
    this.lines = [];
    this.open = new Map();
    this.oddities = []; // answers to nothing, second answers
    this.lastId = 0;
    if (errors === undefined) onLines(this.child.stderr, (line) => this.lines.push(line));
    onLines(this.child.stdout, (line) => this.take(line));
    this.child.stdin.on("error", () => {});
    t.after(() => this.kill());
  }

  async kill() {
    this.child.kill("SIGKILL");
    await this.exited;
  }

  take(line) {
    const answered = now();
    const message = JSON.parse(line);
    if (message.method !== undefined) return;
    const request = this.open.get(message.id);
    if (request === undefined) {
      this.oddities.push(line);
      return;
    }
    this.open.delete(message.id);
    request.resolve(read(message, request, answered));
  }

  // The answer to a request, see read().
  request(method, params, tool) {
    const id = ++this.lastId;
    const sent = now();
    if (this.status !== undefined) return Promise.resolve({ outcome: "unanswered", code: this.status });
    return new Promise((resolve) => {
      this.open.set(id, { id, tool, sent, resolve });
      this.child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
    });
  }
  initialize() {
    return this.request("initialize", {
      protocolVersion: "2025-06-18",
      capabilities: {},
      clientInfo: { name: "failing", version: "1" },
    });
  }
  call(tool) {
    return this.request("tools/call", { name: tool, arguments: {} }, tool);
  }
  // Calls until the answer is no more for want of a decision.
  async ready(tool, ms = 20_000) {
    const deadline = now() + ms;
    for (;;) {
      const answer = await this.call(tool);
      if (answer.outcome !== "undecided") return answer;
      if (now() > deadline) throw new Error(`no decision in ${ms} ms: ${answer.decision.message}`);
    }
  }

  // Log entries of the sidecar with this name.
  logged(event) {
    return this.lines.map(asLogEntry).filter((entry) => entry.event === event);
  }
  // The tools that ran, in order.
  runs() {
    return fs.readFileSync(this.runsPath, "utf8").split("\n").filter(Boolean);
  }
  environment() {
    return fs.readFileSync(this.environmentPath, "utf8").split("\0").filter(Boolean).sort();
  }

  // Ends the session as a client does, and returns the exit status.
  async end() {
    this.child.stdin.end();
    return this.exited;
  }
}

// {outcome: "allowed" | "denied" | "undecided" | "error", decision, result, ms, …}; "unanswered" where
// the sidecar is gone.
function read(message, request, answered) {
  const decision = (message.result?._meta ?? message.error?.data)?.["ostiary/decision"];
  return {
    id: request.id,
    tool: request.tool,
    sent: request.sent,
    answered,
    ms: answered - request.sent,
    outcome: decision?.outcome ?? (message.error ? "error" : "allowed"),
    decision,
    result: message.result,
    error: message.error,
  };
}

// Calls `each(n)` at `rate` a second until `stop()`; returns how often. What it is late, it makes up.
export async function paced(rate, stop, each) {
  const start = now();
  let count = 0;
  while (!stop()) {
    for (const due = ((now() - start) * rate) / 1000; count < due; ) each(count++);
    await delay(1);
  }
  return count;
}

// How late this machine ran something since the watch began: what a deadline's precision is judged
// against, since the machine may be busy with others.
export class Lateness {
  constructor(t) {
    let last = now();
    this.worst = 0;
    const timer = setInterval(() => {
      this.worst = Math.max(this.worst, now() - last - 5);
      last = now();
    }, 5);
    t.after(() => clearInterval(timer));
  }
}

// A busy machine makes any program late now and then; only one that is at fault is late each time.
class Late extends Error {}
export function inTime(holds, what) {
  if (!holds) throw new Late(`too late: ${what}`);
}
// Runs `attempt`, and up to twice more where all that was wrong with it is that something was late.
export async function notAlwaysLate(t, attempt) {
  for (let left = 2; ; --left) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Late) || left === 0) throw error;
      t.diagnostic(`${error.message}; once more`);
    }
  }
}

// A TCP relay. `route()` says where the next connection goes: an address, or what to do with it
// instead: "silence" (accepts, never says a word) or a text to say. Silenced connections stay open.
export class Relay {
  constructor(t, route) {
    this.route = route;
    this.pairs = new Set();
    this.accepted = 0;
    this.server = net.createServer((client) => this.accept(client));
    t.after(() => {
      this.server.close();
      this.cut();
    });
  }

  async start() {
    await new Promise((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    this.address = `127.0.0.1:${this.server.address().port}`;
    return this;
  }

  accept(client) {
    ++this.accepted;
    const target = this.route();
    const pair = { client, target };
    this.pairs.add(pair);
    client.on("error", () => {}).on("close", () => this.drop(pair));
    const [host, port] = target.split(":");
    if (!/^\d+$/.test(port ?? "")) {
      if (target !== "silence") client.write(target);
      return;
    }
    pair.upstream = net.connect(Number(port), host);
    pair.upstream.on("error", () => {}).on("close", () => this.drop(pair));
    client.pipe(pair.upstream).pipe(client);
  }

  drop(pair) {
    this.pairs.delete(pair);
    pair.client.destroy();
    pair.upstream?.destroy();
  }
  cut() {
    for (const pair of this.pairs) this.drop(pair);
  }

  // Nothing passes any more on the connections there are, and none of them closes.
  silence() {
    for (const { client, upstream } of this.pairs) {
      client.unpipe();
      client.pause();
      upstream?.unpipe();
      upstream?.pause();
    }
  }
}

// "p50 3, p95 9, most 12 ms"
export function spread(values) {
  const sorted = [...values].sort((x, y) => x - y);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]?.toFixed(1);
  return `n ${sorted.length}, least ${at(0)}, p50 ${at(0.5)}, p95 ${at(0.95)}, most ${at(1)} ms`;
}

// A fixed session of all kinds of decisions across a reload, as what it answers: the same wherever
// it runs, if nothing around it has a say in what is decided. `rules` is the file that decides.
export async function transcript(sidecar, rules) {
  const tools = ["read_1", "delete_1", "a_1", "b_1", "read_1"];
  const answers = [];
  const note = ({ outcome, result, decision, error }) => {
    const { revision, ...rest } = decision ?? {};
    answers.push({ outcome, result: result && { ...result, _meta: undefined }, decision: rest, error: error?.code });
  };
  await sidecar.ready("read_0");
  note(await sidecar.initialize());
  // Each is a line in the log.
  for (let i = 0; i < 200; ++i) sidecar.child.stdin.write(`{"jsonrpc":"2.0","id":"none-${i}","result":{}}\n`);
  note(await sidecar.request("tools/list", {}));
  for (const tool of tools) note(await sidecar.call(tool));
  writeRules(rules, allowing("delete_*", "a_*"));
  const changed = now();
  while ((await sidecar.call("delete_1")).outcome === "denied") {
    if (now() - changed > 20_000) throw new Error("the reload was not noticed");
    await delay(5);
  }
  note(await sidecar.request("tools/list", {}));
  for (const tool of tools) note(await sidecar.call(tool));
  note(await sidecar.request("resources/read", { uri: "file:///x" }));
  note(await sidecar.request("no/such", {}));
  answers.push({ oddities: sidecar.oddities, status: await sidecar.end() });
  return answers;
}
