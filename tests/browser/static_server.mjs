// A web server on this machine, as somebody would put the package on one: files with their types,
// parts of files, tags. It can be told to fail, and it writes down whatever it is asked.

import { createServer } from "node:http";

import { openAnswer } from "./served_file.mjs";
import { applyFault, Faults } from "./server_faults.mjs";

/**
 * What was asked of the server, and what it said.
 * @typedef {{method: string, host: string, path: string, range?: string, status: number, sent: number,
 *   received: number}} Asked
 */

/**
 * Starts a server on a free port.
 *
 * It is a proxy as well, one that leads nowhere: a Chromium whose every request goes through it cannot
 * ask anybody for anything without it being in `log`, from whichever thread.
 * @param {Record<string, string | Map<string, Buffer | string>>} mounts folders, or texts by name, by
 *   the path that they are served under; the longest path counts
 * @param {{isolated?: boolean}} options `isolated`: pages may share memory and measure it
 */
export async function startServer(mounts, { isolated = false } = {}) {
  /** @type {Asked[]} */
  const log = [];
  const faults = new Faults();
  const places = new Map(Object.entries(mounts));
  const server = createServer((request, response) => {
    const asked = openLog(log, request);
    request.on("data", (bytes) => (asked.received += bytes.length));
    request.resume();
    const send = async () => {
      if (asked.host !== address.host) {
        // A proxy would go there: this one does not.
        return end(response, asked, 502, { "content-type": "text/plain" }, "no way to that host");
      }
      const answer = await openAnswer(places, asked, request.headers);
      if (isolated) {
        answer.headers["cross-origin-opener-policy"] = "same-origin";
        answer.headers["cross-origin-embedder-policy"] = "require-corp";
      }
      await applyFault(faults.next(asked.path), answer, request.headers);
      await write(response, asked, answer);
    };
    send().catch((error) => response.destroy(error));
  });
  server.on("connect", (request, socket) => {
    log.push({ method: "CONNECT", host: request.url, path: "", status: 502, sent: 0, received: 0 });
    socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
    socket.on("error", () => {});
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = new URL(`http://127.0.0.1:${server.address().port}/`);
  return {
    /** Where it is, with a slash at the end. */
    address: address.href,
    /** Everything asked so far, oldest first; may be emptied. */
    log,
    /** Serves one more folder, or texts by name. */
    mount: (path, place) => places.set(path, place),
    /** Spoils the answers to a path, until `clear`: see `Faults`. */
    faults,
    /** What was asked of others than this server. */
    foreign: () => log.filter(({ host }) => host !== address.host),
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

function openLog(log, request) {
  // To a proxy the whole address is said, to a server the path.
  const url = new URL(request.url, `http://${request.headers.host}`);
  const asked = {
    method: request.method,
    host: url.host,
    path: decodeURIComponent(url.pathname),
    range: request.headers.range,
    status: 0,
    sent: 0,
    received: 0,
  };
  log.push(asked);
  return asked;
}

function end(response, asked, status, headers, text) {
  asked.status = status;
  asked.sent = text.length;
  response.writeHead(status, headers);
  response.end(text);
}

async function write(response, asked, { status, headers, bytes, breakAfter }) {
  asked.status = status;
  const whole = asked.method === "HEAD" ? Buffer.alloc(0) : bytes;
  response.writeHead(status, { ...headers, "content-length": bytes.length });
  if (breakAfter === undefined || breakAfter >= whole.length) {
    asked.sent = whole.length;
    response.end(whole);
    return;
  }
  asked.sent = breakAfter;
  // What was written must have left before the line is cut, and been read: a browser drops what arrived
  // but was not read.
  await new Promise((resolve) => response.write(whole.subarray(0, breakAfter), resolve));
  await new Promise((resolve) => setTimeout(resolve, 600));
  response.destroy();
}
