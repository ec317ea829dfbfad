// Streamable HTTP on the outside, MCP over stdio on the inside, so that the conformance suite, which
// speaks HTTP, reaches a stdio server.
//
// Up to 2025-11-25 a session is a process of its own. In 2026-07-28, which has no sessions, all
// requests go to one process (one for each revision that is claimed): their ids and tokens are exchanged for unique ones on the way in, and
// back on the way out. What 2026-07-28 asks of HTTP alone is in http_rules.mjs.
import { randomUUID } from "node:crypto";
import http from "node:http";
import { headerProblem, key, local, modern, statusOf, versionOf } from "./http_rules.mjs";
import { Pipe } from "./pipe.mjs";

const failure = (id, code, message) => ({ jsonrpc: "2.0", id: id ?? null, error: { code, message } });

// One HTTP answer: JSON where the first message is the last, else a stream of events.
class Answer {
  constructor(response, headers = {}) {
    this.response = response;
    this.headers = headers;
  }

  stream() {
    if (this.response.headersSent) return;
    this.response.writeHead(200, { ...this.headers, "content-type": "text/event-stream", "cache-control": "no-cache" });
    this.response.flushHeaders();
  }

  event(message) {
    this.stream();
    this.response.write(`event: message\ndata: ${JSON.stringify(message)}\n\n`);
  }

  // The last message. `status` counts where nothing was sent before.
  end(message, status = 200) {
    if (this.response.headersSent) {
      this.event(message);
      this.response.end();
      return;
    }
    this.response.writeHead(status, { ...this.headers, "content-type": "application/json" });
    this.response.end(JSON.stringify(message));
  }
}

// A session of the revisions with `initialize`: a process, and the streams that wait for its lines.
class Session {
  constructor(command) {
    this.id = randomUUID();
    this.open = new Map(); // request id → {answer, token}
    this.pipe = new Pipe(command, (message) => this.receive(message));
  }

  post(message, response) {
    if (message.method === undefined || message.id === undefined) {
      response.writeHead(202).end();
    } else {
      const answer = new Answer(response, { "mcp-session-id": this.id });
      if (message.method !== "initialize") answer.stream();
      this.open.set(message.id, { answer, token: message.params?._meta?.progressToken });
    }
    this.pipe.send(message);
  }

  get(response) {
    this.listener = new Answer(response, { "mcp-session-id": this.id });
    this.listener.stream();
  }

  receive(message) {
    if (message.method === undefined) {
      this.open.get(message.id)?.answer.end(message);
      this.open.delete(message.id);
      return;
    }
    const waiting = [...this.open.values()];
    const token = message.params?.progressToken;
    const stream = waiting.find((one) => token !== undefined && one.token === token) ?? waiting.at(-1);
    (stream?.answer ?? this.listener)?.event(message);
  }

  async close() {
    this.listener?.response.end();
    await this.pipe.close();
  }
}

// The process that answers all requests of a revision without sessions.
class Stateless {
  constructor(command, version) {
    this.open = new Map(); // our id → {id, token, answer, message}
    this.last = 0;
    this.pipe = new Pipe(command, (message) => this.receive(message));
    // The server takes its first message's revision for the whole process.
    const _meta = { [key("protocolVersion")]: version, [key("clientCapabilities")]: {} };
    this.pipe.send({ jsonrpc: "2.0", id: "bridge", method: "tools/list", params: { _meta } });
  }

  post(message, response) {
    if (message.method === undefined || message.id === undefined) {
      response.writeHead(202).end();
      return;
    }
    const ours = ++this.last;
    const token = message.params?._meta?.progressToken;
    const one = { id: message.id, token, answer: new Answer(response), message };
    this.open.set(ours, one);
    response.on("close", () => this.hangUp(ours));
    const out = structuredClone({ ...message, id: ours });
    if (token !== undefined) out.params._meta.progressToken = ours;
    this.pipe.send(out);
  }

  // The HTTP client left: for a request that is still open this is its cancel.
  hangUp(ours) {
    const one = this.open.get(ours);
    if (!this.open.delete(ours)) return;
    this.pipe.send({
      jsonrpc: "2.0", method: "notifications/cancelled",
      params: { requestId: ours, _meta: one.message.params?._meta },
    });
  }

  receive(message) {
    if (message.method === undefined) {
      const one = this.open.get(message.id);
      this.open.delete(message.id);
      one?.answer.end({ ...message, id: one.id }, statusOf(message, one.message));
      return;
    }
    const subscription = message.params?._meta?.[key("subscriptionId")];
    const token = message.params?.progressToken;
    const one = this.open.get(subscription ?? token) ?? [...this.open.values()].at(-1);
    if (!one) return;
    const out = structuredClone(message);
    if (subscription !== undefined) out.params._meta[key("subscriptionId")] = one.id;
    if (token !== undefined) out.params.progressToken = one.token;
    one.answer.event(out);
  }

  close() {
    return this.pipe.close();
  }
}

// A bridge to `command`. `url` is what to give to the suite.
export class Bridge {
  constructor(command) {
    this.command = command;
    this.sessions = new Map();
    this.stateless = new Map(); // revision → its process
  }

  static async start(command) {
    const bridge = new Bridge(command);
    bridge.server = http.createServer((request, response) => bridge.handle(request, response));
    await new Promise((resolve) => bridge.server.listen(0, "127.0.0.1", resolve));
    bridge.url = `http://127.0.0.1:${bridge.server.address().port}/mcp`;
    return bridge;
  }

  async handle(request, response) {
    const { host, origin } = request.headers;
    if (!local(host ?? "") || (origin !== undefined && !local(origin))) {
      response.writeHead(403).end();
      return;
    }
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    const id = request.headers["mcp-session-id"];
    const session = this.sessions.get(id);
    if (id !== undefined && !session) response.writeHead(404).end();
    else if (request.method === "GET" && session) session.get(response);
    else if (request.method === "DELETE" && session) await this.endSession(session, response);
    else if (request.method !== "POST") response.writeHead(405).end();
    else this.post(request.headers, body, session, response);
  }

  post(headers, body, session, response) {
    let message;
    try {
      message = JSON.parse(body);
    } catch {
      new Answer(response).end(failure(null, -32700, "not JSON"), 400);
      return;
    }
    if (session) {
      session.post(message, response);
      return;
    }
    const isModern = versionOf(message) !== undefined || headers["mcp-protocol-version"] === modern;
    if (message.method === "initialize" && !isModern) {
      const started = new Session(this.command);
      this.sessions.set(started.id, started);
      started.post(message, response);
      return;
    }
    const problem = headerProblem(headers, message);
    if (problem) {
      new Answer(response).end(failure(message.id, -32020, problem), 400);
      return;
    }
    const version = versionOf(message) ?? modern;
    if (!this.stateless.has(version)) this.stateless.set(version, new Stateless(this.command, version));
    this.stateless.get(version).post(message, response);
  }

  async endSession(session, response) {
    this.sessions.delete(session.id);
    response.writeHead(200).end();
    await session.close();
  }

  async close() {
    this.server.close();
    await Promise.all([...this.sessions.values(), ...this.stateless.values()].map((one) => one.close()));
    this.server.closeAllConnections();
  }
}
