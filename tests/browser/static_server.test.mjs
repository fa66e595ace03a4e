// The tests' own server: it gives what a server gives, and fails as it is told to.

import assert from "node:assert/strict";
import { request } from "node:http";
import { after, afterEach, before, describe, it } from "node:test";

import { startServer } from "./static_server.mjs";

const BYTES = Buffer.from(Array.from({ length: 1000 }, (_, nth) => nth % 251));

describe("the server of the tests", () => {
  let server;

  before(async () => {
    server = await startServer({ "/files/": new Map([["a.bin", BYTES], ["a.wasm", "x"]]) }, { isolated: true });
  });

  afterEach(() => server.faults.clear());
  after(() => server.close());

  const get = (path, headers = {}) => fetch(server.address + path, { headers });
  const bytesOf = async (answer) => Buffer.from(await answer.arrayBuffer());

  it("gives files, their types and parts of them", async () => {
    const whole = await get("files/a.bin");
    assert.equal(whole.status, 200);
    assert.ok((await bytesOf(whole)).equals(BYTES));
    assert.equal((await get("files/a.wasm")).headers.get("content-type"), "application/wasm");
    assert.equal(whole.headers.get("cross-origin-embedder-policy"), "require-corp");
    const part = await get("files/a.bin", { range: "bytes=10-19" });
    assert.equal(part.status, 206);
    assert.equal(part.headers.get("content-range"), "bytes 10-19/1000");
    assert.ok((await bytesOf(part)).equals(BYTES.subarray(10, 20)));
    assert.ok((await bytesOf(await get("files/a.bin", { range: "bytes=990-" }))).equals(BYTES.subarray(990)));
    assert.equal((await get("files/a.bin", { range: "bytes=1000-" })).status, 416);
    const stale = await get("files/a.bin", { range: "bytes=10-19", "if-range": '"other"' });
    assert.equal(stale.status, 200);
    assert.equal((await get("files/b.bin")).status, 404);
  });

  it("fails as it is told to, so many times", async () => {
    const cut = server.faults.add("/files/a.bin", { breakAfter: 100, times: 1 });
    await assert.rejects(get("files/a.bin").then(bytesOf));
    assert.equal(cut.met, 1);
    assert.ok((await bytesOf(await get("files/a.bin"))).equals(BYTES));
    server.faults.add(/bin$/, { ignoreRanges: true });
    const whole = await get("files/a.bin", { range: "bytes=10-19" });
    assert.equal(whole.status, 200);
    assert.ok((await bytesOf(whole)).equals(BYTES));
    server.faults.clear();
    server.faults.add("/files/a.bin", { change: (bytes) => Buffer.concat([bytes, bytes]) });
    const changed = await get("files/a.bin", { range: "bytes=1000-1009" });
    assert.equal(changed.headers.get("content-range"), "bytes 1000-1009/2000");
    assert.ok((await bytesOf(changed)).equals(BYTES.subarray(0, 10)));
    server.faults.clear();
    server.faults.add("/files/a.bin", { status: 403 });
    assert.equal((await get("files/a.bin")).status, 403);
    server.faults.clear();
    server.faults.add("/files/a.bin", { html: true });
    assert.match((await get("files/a.bin")).headers.get("content-type"), /html/);
  });

  it("writes down what it is asked, of others too", async () => {
    server.log.length = 0;
    await get("files/a.bin", { range: "bytes=0-9" });
    const { hostname, port } = new URL(server.address);
    const status = await new Promise((resolve, reject) => {
      const asked = request({ hostname, port, path: "http://elsewhere.example/x", method: "POST" }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      asked.on("error", reject);
      asked.end("told");
    });
    assert.equal(status, 502);
    const [own, foreign] = server.log;
    assert.deepEqual([own.path, own.range, own.status, own.sent], ["/files/a.bin", "bytes=0-9", 206, 10]);
    assert.deepEqual([foreign.host, foreign.method, foreign.received], ["elsewhere.example", "POST", 4]);
    assert.deepEqual(server.foreign(), [foreign]);
  });
});
