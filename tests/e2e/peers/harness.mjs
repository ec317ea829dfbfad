// What the end-to-end tests and the demo share: real processes, started and ended.
//
// OSTIARY_TEST_PDP and OSTIARY_TEST_SIDECAR name the two programs.
import { spawn, execFile } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";

const here = path.dirname(fileURLToPath(import.meta.url));
export const pdpProgram = need("OSTIARY_TEST_PDP");
export const sidecarProgram = need("OSTIARY_TEST_SIDECAR");

function need(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} must name the built program`);
  return path.resolve(value);
}

const serverScript = (name) => path.join(here, "node_modules", "@modelcontextprotocol", name, "dist", "index.js");

// The commands of the real servers.
export const servers = {
  filesystem: (directory) => ["node", serverScript("server-filesystem"), directory],
  memory: () => ["node", serverScript("server-memory")],
  everything: () => ["node", serverScript("server-everything")],
};

// The same command, with every line that reaches the server also appended to `log`.
export const recorded = (log, command) => ["node", path.join(here, "recorder.mjs"), log, ...command];

export function linesOf(log) {
  if (!fs.existsSync(log)) return [];
  return fs.readFileSync(log, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line));
}

export function temporaryDirectory(t) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "ostiary-e2e-"));
  t?.after(() => fs.rmSync(directory, { recursive: true, force: true }));
  return directory;
}

// Replaces a file in one step, as editors do.
export function replaceFile(file, value) {
  const next = `${file}.next`;
  fs.writeFileSync(next, typeof value === "string" ? value : JSON.stringify(value, null, 2));
  fs.renameSync(next, file);
}

// A running PDP. `address` is what to give to --pdp.
export class Pdp {
  constructor(args) {
    this.args = args;
    this.log = [];
  }

  static async start(rulesFile, listen, more = []) {
    const pdp = new Pdp(["serve", "--rules", rulesFile, "--listen", listen, ...more]);
    await pdp.restart();
    return pdp;
  }

  async restart() {
    const child = spawn(pdpProgram, this.args, { stdio: ["ignore", "inherit", "pipe"] });
    this.process = child;
    this.exited = new Promise((resolve) => child.once("exit", (code, signal) => resolve({ code, signal })));
    this.address = await new Promise((resolve, reject) => {
      let text = "";
      child.stderr.setEncoding("utf8").on("data", (chunk) => {
        text += chunk;
        const lines = text.split("\n");
        text = lines.pop();
        for (const line of lines) {
          this.log.push(line);
          if (line.includes('"event":"listening"')) resolve(JSON.parse(line).address);
        }
      });
      this.exited.then((status) => reject(new Error(`the PDP left: ${JSON.stringify(status)}\n${this.log.join("\n")}`)));
    });
  }

  async kill(signal = "SIGKILL") {
    this.process.kill(signal);
    return this.exited;
  }

  async status() {
    const { stdout } = await promisify(execFile)(pdpProgram, ["status", "--pdp", this.address]);
    return JSON.parse(stdout);
  }
}

// The official SDK's client on a command's stdio. Counts the answers to each request id, so that a
// test can tell that every call got exactly one.
export async function connect(t, command, { env = {}, stderr = "ignore" } = {}) {
  const transport = new StdioClientTransport({
    command: command[0],
    args: command.slice(1),
    env: { ...process.env, ...env },
    stderr,
  });
  const client = new Client({ name: "ostiary-e2e", version: "1" });
  const answers = new Map();
  await client.connect(countAnswers(transport, answers));
  t?.after(() => client.close());
  return { client, transport, answers };
}

function countAnswers(transport, answers) {
  const start = transport.start.bind(transport);
  transport.start = () => {
    const deliver = transport.onmessage;
    transport.onmessage = (message, extra) => {
      if (message.method === undefined && message.id !== undefined) {
        answers.set(message.id, (answers.get(message.id) ?? 0) + 1);
      }
      deliver(message, extra);
    };
    return start();
  };
  return transport;
}

// The sidecar's command line in front of a server's.
export const guarded = (source, agent, server, command) => [
  sidecarProgram, "run", "--agent", agent, "--server", server, ...source, "--", ...command,
];

// Calls `condition` until it holds. Fails by its own error at the deadline.
export async function eventually(what, condition, milliseconds = 10_000) {
  const deadline = Date.now() + milliseconds;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`not within ${milliseconds} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export const textOf = (result) => result.content.map((item) => item.text).join("\n");
export const decisionOf = (result) => result._meta?.["ostiary/decision"];
