// The one way from a browser to a server: a proxy that leads to that server alone and writes down whatever is asked of
// it, by whichever thread of whichever page. It can be cut, and it can change what comes through.

import { createServer, request as ask } from "node:http";

/**
 * What was asked for.
 * @typedef {{method: string, host: string, path: string, received: number, status: number}} Asked
 */

/**
 * Opens a way.
 * @param {string} target the server's address
 */
export async function openWay(target) {
  const { host, hostname, port } = new URL(target);
  /** @type {Asked[]} */
  const log = [];
  const changes = [];
  let isCut = false;

  const server = createServer((request, response) => {
    // To a proxy the whole address is said.
    const url = new URL(request.url, `http://${request.headers.host}`);
    const asked = { method: request.method, host: url.host, path: url.pathname, received: 0, status: 0 };
    log.push(asked);
    request.on("data", (bytes) => (asked.received += bytes.length));
    if (isCut) {
      response.destroy();
      return;
    }
    if (url.host !== host) {
      asked.status = 502;
      response.writeHead(502, { "content-type": "text/plain" }).end("no way to that host");
      return;
    }
    const change = changes.find(({ path }) => path.test(url.pathname));
    const headers = { ...request.headers, connection: "close" };
    if (change) {
      // What is changed has to be readable, and whole.
      delete headers["accept-encoding"];
      delete headers["if-none-match"];
    }
    const onward = ask({ hostname, port, method: request.method, path: url.pathname + url.search, headers });
    onward.on("error", () => response.destroy());
    onward.on("response", (answer) => {
      asked.status = answer.statusCode;
      if (change) {
        void changed(answer, response, change);
      } else {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
      }
    });
    request.pipe(onward);
  });
  server.on("connect", (request, socket) => {
    log.push({ method: "CONNECT", host: request.url, path: "", received: 0, status: 502 });
    socket.on("error", () => {});
    socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    /** The proxy's own address, which a browser is started with. */
    address: `http://127.0.0.1:${server.address().port}/`,
    /** Everything asked so far, oldest first; may be emptied. */
    log,
    /** What was asked of others than the server. */
    foreign: () => log.filter((asked) => asked.host !== host),
    /** From now on nothing comes through, as without a network or with the server ended. */
    cut: () => {
      isCut = true;
      server.closeIdleConnections();
    },
    mend: () => {
      isCut = false;
    },
    /**
     * Puts other text in place of that of all answers whose path matches. What is returned counts how often it came to
     * that, since a change that nothing met proves nothing.
     */
    change: (path, to) => {
      const change = { path, to, met: 0 };
      changes.push(change);
      return change;
    },
    unchange: () => changes.splice(0),
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

async function changed(answer, response, change) {
  let text = "";
  answer.setEncoding("utf8");
  for await (const part of answer) {
    text += part;
  }
  change.met += 1;
  const { "content-length": _, etag: __, ...headers } = answer.headers;
  response.writeHead(answer.statusCode, headers);
  response.end(change.to(text));
}
