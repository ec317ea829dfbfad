// Plays a session: a client, a tap, perhaps a sidecar and a second tap, a server. Returns what the
// taps wrote down.
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { eventually } from "../harness.mjs";
import { readTap } from "./recording.mjs";

const tap = path.join(path.dirname(fileURLToPath(import.meta.url)), "../tap.mjs");
const tapped = (log, command) => [process.execPath, tap, log, ...command];

// What a play has in hand.
class Stage {
  // `outside` is what the client sees, `served` what the server does.
  constructor(client, outside, served, folder) {
    this.client = client;
    this.outside = outside;
    this.served = served;
    this.folder = folder;
    this.modern = client.getNegotiatedProtocolVersion?.() === "2026-07-28";
  }

  // Errors are answers too: they are in the recording. A client that sends nothing is not looked for.
  async try(act) {
    try {
      return await act(this.client);
    } catch {
      return undefined;
    }
  }

  call(name, args = {}, options = undefined) {
    return this.try((client) => client.callTool({ name, arguments: args }, ...this.resultSchema, options));
  }

  // SDK 1.x has a schema between a tool call and its options.
  get resultSchema() {
    return this.client.experimental ? [undefined] : [];
  }

  // Waits until a line of the server's answers to `wanted`, `count` times.
  heard(what, wanted, count = 1) {
    return eventually(what, () =>
      readTap(this.outside).flat().filter(({ from, message }) => from === "server" && wanted(message)).length >= count);
  }

  // Calls and, once the server has it, gives up: with the SDKs that is a notifications/cancelled.
  async cancel(name, args = {}) {
    const stop = new AbortController();
    const result = this.call(name, args, { signal: stop.signal });
    await eventually(`the server is called: ${name}`, () =>
      readTap(this.served).flat().some(({ message }) => message.method === "tools/call" && message.params.name === name));
    stop.abort("no longer needed");
    await result;
  }

  // Every page of every list. SDK 2.x walks the pages by itself.
  async lists() {
    for (const list of ["listTools", "listResources", "listResourceTemplates", "listPrompts"]) {
      let cursor;
      do {
        const answer = await this.try((client) => client[list](cursor && { cursor }));
        cursor = answer?.nextCursor;
      } while (cursor !== undefined);
    }
  }
}

// Plays `play` with the client that `connect` makes. `guard(command)` puts a sidecar before a command;
// without it the client talks to the server alone.
export async function perform(play, connect, folder, guard) {
  fs.rmSync(folder, { recursive: true, force: true });
  const work = path.join(folder, "work");
  fs.mkdirSync(work, { recursive: true });
  play.prepare?.(work);
  const [outside, inside] = ["outside.log", "inside.log"].map((name) => path.join(folder, name));
  const server = play.command(work);
  const command = tapped(outside, guard ? guard(tapped(inside, server)) : server);
  const client = await connect({
    command: command[0], args: command.slice(1), env: { ...process.env, ...play.env?.(work) }, stderr: "ignore", cwd: work,
  });
  try {
    await play.run(new Stage(client, outside, guard ? inside : outside, work));
  } finally {
    await client.close();
  }
  return { outside: readTap(outside), inside: readTap(inside) };
}
