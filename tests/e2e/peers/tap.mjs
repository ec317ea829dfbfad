// tap.mjs LOG COMMAND [ARG...]: runs COMMAND on this process's stdio and appends every line that
// passes, in both directions, to LOG: {"pid", "from": "client" | "server", "line"}. A line is
// written down before it is passed on. Signals and the exit status pass too; at the end comes
// {"pid", "exit": {"code", "signal"}}.
import { spawn } from "node:child_process";
import fs from "node:fs";

const [log, command, ...args] = process.argv.slice(2);
const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
const file = fs.openSync(log, "a");

// Passes whole lines on, written down first; what has no line feed goes on unrecorded at the end.
function pass(from, source, sink) {
  let tail = Buffer.alloc(0);
  source.on("data", (chunk) => {
    tail = Buffer.concat([tail, chunk]);
    const end = tail.lastIndexOf(0x0a) + 1;
    if (end === 0) return;
    const whole = tail.subarray(0, end);
    tail = tail.subarray(end);
    for (const line of whole.toString("utf8").slice(0, -1).split("\n")) {
      fs.writeSync(file, `${JSON.stringify({ pid: process.pid, from, line })}\n`);
    }
    sink.write(whole);
  });
  source.on("end", () => sink.end(tail));
  sink.on("error", () => {});
}

pass("client", process.stdin, child.stdin);
pass("server", child.stdout, process.stdout);
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => child.kill(signal));
child.on("error", (error) => {
  process.stderr.write(`tap: ${error.message}\n`);
  process.exit(127);
});
child.on("close", (code, signal) => {
  fs.writeSync(file, `${JSON.stringify({ pid: process.pid, exit: { code, signal } })}\n`);
  process.exit(signal ? 1 : code);
});
