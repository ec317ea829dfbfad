// An environment full of settings of gRPC, proxies, OpenSSL, the loader and the resolver: nothing
// changes in what is decided, and the decision channel goes where the flags say. The server gets
// its environment as it came.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import test from "node:test";
import { Pdp, Relay, Sidecar, allowing, now, temporaryFolder, transcript, writeRules } from "./parts.mjs";

// `elsewhere` is the address of a listener that nobody may talk to.
function hostile(folder, elsewhere) {
  const file = (name, text) => {
    fs.writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };
  const proxy = `http://${elsewhere}`;
  // A provider that has no algorithms: whoever obeys it cannot compute a digest.
  const openssl = file(
    "openssl.cnf",
    "openssl_conf = init\n[init]\nproviders = some\n[some]\nnull = on\n[on]\nactivate = 1\n",
  );
  const garbage = file("garbage", "\0not what it should be");
  const hosts = file("hosts", "localhost elsewhere.example\nip6-localhost elsewhere.example\n");
  const env = {
    GRPC_VERBOSITY: "DEBUG",
    GRPC_TRACE: "all",
    GRPC_DNS_RESOLVER: "ares",
    GRPC_SSL_CIPHER_SUITES: "NONE",
    GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: garbage,
    GRPC_SYSTEM_SSL_ROOTS_DIR: folder,
    GRPC_NOT_USE_SYSTEM_SSL_ROOTS: "1",
    GRPC_EXPERIMENTS: "all",
    GRPC_CONFIG_FETCHER: garbage,
    GRPC_XDS_BOOTSTRAP: garbage,
    GRPC_XDS_BOOTSTRAP_CONFIG: "{",
    GRPC_GOOGLE_CREDENTIALS_FILE: garbage,
    GRPC_POLL_STRATEGY: "poll",
    GRPC_ENABLE_FORK_SUPPORT: "1",
    GRPC_CLIENT_CHANNEL_BACKUP_POLL_INTERVAL_MS: "100000",
    GRPC_ALTS_MAX_CONCURRENT_HANDSHAKES: "0",
    GRPC_BAZEL_RUNTIME: "1",
    OPENSSL_CONF: openssl,
    OPENSSL_MODULES: folder,
    OPENSSL_ENGINES: folder,
    OPENSSL_ia32cap: "~0x200000200000000",
    OPENSSL_MALLOC_FAILURES: "100",
    SSL_CERT_FILE: garbage,
    SSL_CERT_DIR: folder,
    SSLKEYLOGFILE: path.join(folder, "keys"),
    LD_BIND_NOW: "1",
    LD_BIND_NOT: "1",
    LD_LIBRARY_PATH: folder,
    LD_ORIGIN_PATH: folder,
    LD_HWCAP_MASK: "0",
    LD_USE_LOAD_BIAS: "0",
    LD_WARN: "1",
    GODEBUG: "http2debug=2,netdns=go",
    HOSTALIASES: hosts,
    LOCALDOMAIN: "elsewhere.example",
    RES_OPTIONS: "ndots:15 timeout:30 attempts:5 use-vc",
    RESOLV_HOST_CONF: garbage,
    MALLOC_CHECK_: "3",
    TZ: ":/nowhere",
    LC_ALL: "tr_TR.UTF-8",
    // Passed on like all others.
    EMPTY: "",
    "NAME WITH BLANK": "x",
  };
  for (const name of ["http", "https", "grpc", "all", "socks", "ftp"]) {
    env[`${name}_proxy`] = env[`${name.toUpperCase()}_PROXY`] = proxy;
  }
  return env;
}

test("an environment full of settings", { timeout: 120_000 }, async (t) => {
  const folder = temporaryFolder(t);
  const rules = path.join(folder, "rules.json");
  const elsewhere = await new Relay(t, () => "silence").start();
  const settings = hostile(folder, elsewhere.address);
  const bare = { ...process.env, no_proxy: undefined, NO_PROXY: undefined };

  const run = async (sourceOf, env) => {
    writeRules(rules, allowing("read_*"));
    const sidecar = new Sidecar(t, { source: await sourceOf(env), env: { ...bare, ...env }, quiet: true });
    const start = now();
    const answers = await transcript(sidecar, rules);
    return { answers, ms: now() - start, sidecar };
  };
  const byRules = async () => ["--rules", rules];
  const byPdp = (listen, as = (address) => address) => async (env) => {
    const pdp = await new Pdp(t, { rules, listen, env: { ...bare, ...env } }).start();
    return ["--pdp", as(pdp.address)];
  };
  const sources = {
    "--rules": byRules,
    "--pdp 127.0.0.1": byPdp("127.0.0.1:0"),
    "--pdp localhost": byPdp("127.0.0.1:0", (address) => address.replace("127.0.0.1", "localhost")),
    "--pdp unix": (env) => byPdp(`unix:${folder}/${Object.keys(env).length}.sock`)(env),
  };
  for (const [name, source] of Object.entries(sources)) {
    const usual = await run(source, {});
    const full = await run(source, settings);
    const took = `${usual.ms.toFixed(0)} ms and ${full.ms.toFixed(0)} ms`;
    t.diagnostic(`${name}: ${full.answers.length} answers, the same; ${took}`);
    assert.deepEqual(full.answers, usual.answers, name);
    // GRPC_TRACE would have gRPC print what it sends.
    const strange = full.sidecar.lines.filter((line) => !line.startsWith('{"time":'));
    assert.deepEqual(strange, [], "the sidecar's stderr has its own log and nothing else");
    const passed = full.sidecar.environment();
    for (const [variable, value] of Object.entries(settings)) {
      assert.ok(passed.includes(`${variable}=${value}`), `the server did not get ${variable}`);
    }
  }
  t.diagnostic(`${Object.keys(settings).length} settings; connections to the proxy: ${elsewhere.accepted}`);
  assert.equal(elsewhere.accepted, 0);
  assert.equal(fs.existsSync(settings.SSLKEYLOGFILE), false);
});
