// Where URIs lead by Node's URL. Reads a list of URIs as JSON, writes a list of lists of places; see uri_places.py.
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const attempt = (make) => {
  try {
    return [make()];
  } catch {
    return [];
  }
};

const normal = (p) => path.posix.normalize("/" + p.replace(/^\/+/, ""));

function places(uri) {
  const url = attempt(() => new URL(uri))[0];
  if (!url) return [];
  const paths = [url.pathname, ...attempt(() => decodeURIComponent(url.pathname))];
  if (url.protocol === "file:") {
    return [...paths, ...attempt(() => fileURLToPath(url))].map((p) => `file ${normal(p)}`);
  }
  if (!url.host) return [];
  const scheme = url.protocol.slice(0, -1);
  const host = (scheme === "https" ? url.hostname.replace(/\.$/, "") : url.hostname).toLowerCase();
  const port = url.port ? `:${url.port}` : "";
  return paths.map((p) => `${scheme} ${host}${port} ${normal(p)}`);
}

process.stdout.write(JSON.stringify(JSON.parse(fs.readFileSync(0, "utf8")).map(places)));
