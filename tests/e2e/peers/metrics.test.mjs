// /metrics of real PDPs, scraped while real sidecars ask them.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import path from "node:path";
import test from "node:test";
import {
  Pdp, connect, eventually, guarded, pdpProgram, replaceFile, servers, temporaryDirectory,
} from "./harness.mjs";

const rules = (more = {}) => ({
  agents: { tester: { allow: { servers: ["every*"] }, deny: { tools: { "*": ["get-env"] } } }, ...more },
  defaults: { deny_on_missing_agent: true },
});

async function startPdp(t, rulesFile) {
  const pdp = await Pdp.start(rulesFile, "127.0.0.1:0", [
    "--metrics-listen", "127.0.0.1:0", "--heartbeat", "100ms", "--lease", "20s",
  ]);
  t.after(() => pdp.kill());
  const line = await eventually("the metrics listen", () => pdp.log.find((l) => l.includes("metrics_listening")));
  pdp.metrics = JSON.parse(line).address;
  return pdp;
}

async function start(t) {
  const directory = temporaryDirectory(t);
  const rulesFile = path.join(directory, "rules.json");
  replaceFile(rulesFile, rules());
  return { pdp: await startPdp(t, rulesFile), rulesFile };
}

// By a connection of its own: the endpoint closes each behind its answer, without a word of that before.
async function get(url) {
  const request = http.get(url, { agent: false });
  const [response] = await once(request, "response");
  const body = (await response.setEncoding("utf8").toArray()).join("");
  return { status: response.statusCode, type: response.headers["content-type"], body };
}

// The value of each series.
async function scrape(pdp) {
  const { status, type, body } = await get(`http://${pdp.metrics}/metrics`);
  assert.equal(status, 200);
  assert.match(type, /^text\/plain/);
  const samples = {};
  for (const line of body.split("\n")) {
    if (line.startsWith("ostiary_")) {
      const space = line.lastIndexOf(" ");
      samples[line.slice(0, space)] = Number(line.slice(space + 1));
    }
  }
  return samples;
}

const decided = (samples) => Object.fromEntries(
  Object.entries(samples)
    .filter(([series, value]) => series.startsWith("ostiary_decisions_total") && value > 0)
    .map(([series, value]) => [/reason="(\w+)"/.exec(series)[1], value]));
const digestOf = (samples) =>
  Object.keys(samples).map((series) => /^ostiary_policy_info\{epoch="(\w+)",digest="([^"]+)"\}/.exec(series))
    .filter(Boolean).map(([, epoch, digest]) => ({ epoch, digest }))[0];

const attach = (t, pdp) =>
  connect(t, guarded(["--pdp", pdp.address], "tester", "everything", servers.everything()));

test("a sidecar's calls are counted, where they are decided", async (t) => {
  const { pdp } = await start(t);
  const { client } = await attach(t, pdp);
  for (let i = 0; i < 3; i++) await client.callTool({ name: "echo", arguments: { message: "hello" } });
  for (let i = 0; i < 2; i++) await client.callTool({ name: "get-env", arguments: {} });
  // The server itself three times (its start, initialize, initialized), and five calls.
  const samples = await eventually("the sidecar reports all accesses", async () => {
    const now = await scrape(pdp);
    return now.ostiary_sidecar_cache_hits_total + now.ostiary_sidecar_cache_misses_total === 8 && now;
  });
  assert.deepEqual(decided(samples), { SERVER_ALLOWED: 1, IMPLICIT_GRANT: 1, EXPLICIT_DENY: 1 });
  assert.ok(samples.ostiary_sidecar_cache_hits_total >= 3, "the calls after the first");
  assert.equal(samples[`ostiary_check_duration_seconds_count{rpc="SessionCheck"}`], 3);
  assert.ok(samples[`ostiary_check_duration_seconds_sum{rpc="SessionCheck"}`] > 0);
  assert.equal(samples.ostiary_sessions, 1);
  assert.equal(samples.ostiary_sessions_current, 1);
  assert.equal(samples.ostiary_policy_generation, 1);
});

test("a sidecar that does not apply the new rules is seen, and seen to catch up", async (t) => {
  const { pdp, rulesFile } = await start(t);
  const { transport } = await attach(t, pdp);
  await eventually("the sidecar is current", async () => (await scrape(pdp)).ostiary_sessions_current === 1);
  process.kill(transport.pid, "SIGSTOP");
  try {
    replaceFile(rulesFile, rules({ other: {} }));
    const lagging = await eventually("the new rules decide", async () => {
      const now = await scrape(pdp);
      return now.ostiary_policy_generation === 2 && now;
    });
    assert.equal(lagging.ostiary_sessions, 1);
    assert.equal(lagging.ostiary_sessions_current, 0);
    assert.equal(lagging.ostiary_policy_agents, 2);
    assert.equal(lagging[`ostiary_reloads_total{outcome="changed"}`], 2);
  } finally {
    process.kill(transport.pid, "SIGCONT");
  }
  await eventually("the sidecar is current again", async () => (await scrape(pdp)).ostiary_sessions_current === 1);
});

test("rules that do not load show as stale, and decide no less", async (t) => {
  const { pdp, rulesFile } = await start(t);
  const success = `ostiary_reload_last_success_timestamp_seconds{file="gateway_rules"}`;
  const attempt = `ostiary_reload_last_attempt_timestamp_seconds{file="gateway_rules"}`;
  replaceFile(rulesFile, "{");
  const stale = await eventually("the failure shows", async () => {
    const now = await scrape(pdp);
    return now[`ostiary_policy_state{state="STALE"}`] === 1 && now;
  });
  assert.equal(stale[`ostiary_policy_state{state="SERVING"}`], 0);
  assert.ok(stale[`ostiary_reloads_total{outcome="failed"}`] >= 1);
  assert.ok(stale[attempt] > stale[success]);
  assert.equal(stale.ostiary_policy_generation, 1);
  const { client } = await attach(t, pdp);
  const answer = await client.callTool({ name: "echo", arguments: { message: "hello" } });
  assert.ok(!answer.isError);
});

test("replicas with the same rules agree by digest, and disagree while one of them lags", async (t) => {
  const first = await start(t);
  const second = await startPdp(t, first.rulesFile);
  const [a, b] = [digestOf(await scrape(first.pdp)), digestOf(await scrape(second))];
  assert.equal(a.digest, b.digest);
  assert.notEqual(a.epoch, b.epoch);
  second.process.kill("SIGSTOP");
  replaceFile(first.rulesFile, rules({ other: {} }));
  const changed = await eventually("one of them has the new rules", async () => {
    const now = digestOf(await scrape(first.pdp));
    return now.digest !== a.digest && now;
  });
  second.process.kill("SIGCONT");
  await eventually("both have", async () => digestOf(await scrape(second)).digest === changed.digest);
});

test("scrapers that hang or talk nonsense disturb no decision", async (t) => {
  const { pdp } = await start(t);
  const { client } = await attach(t, pdp);
  const [host, port] = pdp.metrics.split(":");
  const sockets = Array.from({ length: 40 }, (_, i) => {
    const socket = net.connect(Number(port), host);
    socket.on("error", () => {}).on("data", () => {});
    socket.write(["GET /met", "", "\0\xff nonsense\r\n\r\n", `GET /metrics HTTP/1.1\r\nX: ${"x".repeat(50_000)}`][i % 4]);
    return socket;
  });
  t.after(() => sockets.forEach((socket) => socket.destroy()));
  let slowest = 0;
  for (let i = 0; i < 50; i++) {
    const before = performance.now();
    // A check of its own each time: this name is not in any cache.
    await client.callTool({ name: `no-such-tool-${i}`, arguments: {} }).catch(() => {});
    slowest = Math.max(slowest, performance.now() - before);
  }
  console.log(`slowest of 50 calls beside 40 hanging scrapers: ${slowest.toFixed(1)} ms`);
  assert.equal((await pdp.status()).state, "SERVING");
  sockets.forEach((socket) => socket.destroy());
  const samples = await scrape(pdp);
  assert.equal(decided(samples).IMPLICIT_GRANT, 50);
});

test("an address that cannot be had ends the start with 78, one that makes no sense with 64", async (t) => {
  const { pdp, rulesFile } = await start(t);
  const serve = (address) => spawnSync(pdpProgram, [
    "serve", "--rules", rulesFile, "--listen", "127.0.0.1:0", "--metrics-listen", address,
  ], { encoding: "utf8", timeout: 20_000 });
  const taken = serve(pdp.metrics);
  assert.equal(taken.status, 78);
  assert.match(taken.stderr, new RegExp(`cannot listen on ${pdp.metrics} for metrics`));
  for (const address of ["unix:/tmp/metrics.sock", "9090", "[::]:9090"]) {
    const wrong = serve(address);
    assert.equal(wrong.status, 64, address);
    assert.match(wrong.stderr, /metrics-listen: /, address);
  }
});
