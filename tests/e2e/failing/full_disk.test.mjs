// Logs that cannot be written: a full disk, a file that may not grow, and a pipe that nobody reads.
// What is decided stays the same, and nothing waits.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import test from "node:test";
import { Pdp, Sidecar, allowing, now, temporaryFolder, transcript, writeRules } from "./parts.mjs";

// A pipe that is full, as a descriptor that blocks.
function fullPipe(t, folder) {
  const fifo = path.join(folder, `fifo-${now()}`);
  execFileSync("mkfifo", [fifo]);
  const { O_RDWR, O_WRONLY, O_NONBLOCK } = fs.constants;
  const both = fs.openSync(fifo, O_RDWR | O_NONBLOCK);
  const page = Buffer.alloc(4096, "x");
  for (;;) {
    try {
      fs.writeSync(both, page);
    } catch {
      break;
    }
  }
  const end = fs.openSync(fifo, O_WRONLY);
  t.after(() => [both, end].forEach((fd) => fs.closeSync(fd)));
  return end;
}

const places = {
  "a full disk": (t) => opened(t, "/dev/full"),
  "a full pipe that nobody reads": fullPipe,
  "a closed pipe": (t, folder) => {
    const fifo = path.join(folder, `closed-${now()}`);
    execFileSync("mkfifo", [fifo]);
    const reader = fs.openSync(fifo, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    const fd = opened(t, fifo);
    fs.closeSync(reader);
    return fd;
  },
};

function opened(t, file, mode = "w") {
  const fd = fs.openSync(file, mode);
  t.after(() => fs.closeSync(fd));
  return fd;
}

test("logs that cannot be written", { timeout: 120_000 }, async (t) => {
  const folder = temporaryFolder(t);
  const rules = path.join(folder, "rules.json");
  let sockets = 0;
  const run = async ({ pdpErrors = "pipe", errors, bySource, prefix }) => {
    writeRules(rules, allowing("read_*"));
    let source = ["--rules", rules];
    if (bySource === "pdp") {
      const listen = `unix:${folder}/${++sockets}.sock`;
      const pdp = new Pdp(t, { rules, listen, stderr: pdpErrors, flags: ["--log-level", "debug"], prefix });
      await pdp.start();
      source = ["--pdp", listen];
    }
    const sidecar = new Sidecar(t, { source, errors, flags: ["--log-level", "debug"], quiet: true, prefix });
    const start = now();
    const answers = await transcript(sidecar, rules);
    return { answers, ms: now() - start };
  };

  for (const bySource of ["rules", "pdp"]) {
    const usual = await run({ bySource });
    t.diagnostic(`--${bySource}, logs read: ${usual.answers.length} answers in ${usual.ms.toFixed(0)} ms`);
    const same = async (where, parts) => {
      const { answers, ms } = await run({ bySource, ...parts });
      t.diagnostic(`--${bySource}, ${where}: the same in ${ms.toFixed(0)} ms`);
      assert.deepEqual(answers, usual.answers, where);
    };
    for (const [name, open] of Object.entries(places)) {
      await same(`the sidecar's log into ${name}`, { errors: open(t, folder) });
      if (bySource === "pdp") await same(`the PDP's log into ${name}`, { pdpErrors: open(t, folder) });
    }
    // A write past the limit on files' sizes, 1 MB here, is a signal that ends whoever does not
    // ignore it.
    const prefix = ["/bin/sh", "-c", 'ulimit -f 2048; exec "$@"', "sh"];
    const log = path.join(folder, "log");
    fs.writeFileSync(log, "");
    fs.truncateSync(log, 2048 * 512);
    const file = () => opened(t, log, "a");
    await same("logs into files that may not grow", { errors: file(), pdpErrors: file(), prefix });
  }
});
