// A web server as a site would have it: large files as streams, kept by the browser for as long as it
// likes. The tests' server reads whole files and lets nothing be kept, which would be in the figures.

import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, normalize, relative, join } from "node:path";
import { pipeline } from "node:stream";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".jpg": "image/jpeg",
  ".js": "text/javascript",
  ".json": "application/json",
  ".mjs": "text/javascript",
  ".png": "image/png",
  ".wasm": "application/wasm",
};

/**
 * Starts a server on a free port. It is a proxy that leads nowhere as well, as the tests' server is, so
 * that a Chromium behind it can ask nobody else.
 * @param {Record<string, string>} folders by the path that they are served under
 */
export async function startBenchServer(folders) {
  let sent = 0;
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, `http://${request.headers.host}`);
    const file = url.host === address.host ? fileOf(folders, decodeURIComponent(url.pathname)) : undefined;
    const found = file && (await stat(file).catch(() => undefined));
    if (!found?.isFile()) {
      response.writeHead(404, { "content-type": "text/plain" }).end(`no ${url.pathname} here`);
      return;
    }
    const tag = `"${found.size.toString(36)}-${Math.trunc(found.mtimeMs).toString(36)}"`;
    const headers = {
      "content-type": TYPES[extname(file)] ?? "application/octet-stream",
      "accept-ranges": "bytes",
      "cache-control": "public, max-age=86400",
      // Memory is shared between threads, and clocks are fine, in such pages only.
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "require-corp",
      etag: tag,
    };
    if (request.headers["if-none-match"] === tag) {
      response.writeHead(304, headers).end();
      return;
    }
    const [first, last, status] = partOf(request.headers, tag, found.size);
    if (status === 206) {
      headers["content-range"] = `bytes ${first}-${last}/${found.size}`;
    }
    response.writeHead(status, { ...headers, "content-length": last - first + 1 });
    if (request.method === "HEAD" || last < first) {
      response.end();
      return;
    }
    const stream = createReadStream(file, { start: first, end: last, highWaterMark: 1 << 20 });
    stream.on("data", (bytes) => (sent += bytes.length));
    // A page that is closed in the middle is no failure.
    pipeline(stream, response, () => {});
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = new URL(`http://127.0.0.1:${server.address().port}/`);
  return {
    address: address.href,
    /** Bytes of files that have been sent so far. */
    sent: () => sent,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

function fileOf(folders, path) {
  const prefixes = Object.keys(folders).filter((prefix) => path.startsWith(prefix));
  const prefix = prefixes.sort((one, other) => other.length - one.length)[0];
  if (prefix === undefined) {
    return undefined;
  }
  const file = normalize(join(folders[prefix], path.slice(prefix.length)));
  return relative(folders[prefix], file).startsWith("..") ? undefined : file;
}

/** First byte, last byte and status of the part that is asked for. */
function partOf(headers, tag, size) {
  const range = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? "");
  const condition = headers["if-range"];
  if (!range || Number(range[1]) >= size || (condition && condition !== tag)) {
    return [0, size - 1, 200];
  }
  return [Number(range[1]), Math.min(range[2] ? Number(range[2]) : size - 1, size - 1), 206];
}
