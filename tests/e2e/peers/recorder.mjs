// recorder.mjs LOG COMMAND [ARG...]: runs COMMAND on this process's stdio and appends every line
// that reaches it to LOG, before it reaches it. What a test reads there has been executed.
import { spawn } from "node:child_process";
import fs from "node:fs";

const [log, command, ...args] = process.argv.slice(2);
const child = spawn(command, args, { stdio: ["pipe", "inherit", "inherit"] });
const file = fs.openSync(log, "a");
let tail = Buffer.alloc(0);
process.stdin.on("data", (chunk) => {
  tail = Buffer.concat([tail, chunk]);
  const end = tail.lastIndexOf(0x0a) + 1;
  if (end === 0) return;
  const whole = tail.subarray(0, end);
  tail = tail.subarray(end);
  fs.writeSync(file, whole);
  child.stdin.write(whole);
});
process.stdin.on("end", () => child.stdin.end());
child.stdin.on("error", () => {});
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(signal ? 1 : code));
