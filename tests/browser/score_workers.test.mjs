// Scores of a store of several shards, which workers compute side by side, compared with the command line's.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";

import { demoPool, featuresOf, scratch, SELECTOR } from "./demo_pool.mjs";
import { FALLS_ON_THIRD_SHARD, HOLDS_FOURTH_SHARD, injectInto } from "./faulty_workers.mjs";
import { folderFiles, readSafetensors } from "./feature_rows.mjs";
import { PackagePage, servePackage } from "./package_page.mjs";
import { ofa } from "./program.mjs";
import { launchWatched } from "./watched_chromium.mjs";

const SHARDS = 6;
const ROWS = 1000;

/** The script of the workers. */
const SCRIPT = /\/workers\/score\.js$/;

/** The file of a shard: `rows` positions from `first` on, embeddings as they are. */
function shardFile(metadata, dim, first, image, text) {
  const rows = image.length / (2 * dim);
  const index = Buffer.alloc(8 * rows);
  for (let row = 0; row < rows; row += 1) {
    // With gaps, as where records were skipped.
    index.writeBigInt64LE(BigInt(3 * (first + row)), 8 * row);
  }
  const parts = { image, text, index };
  const shapes = { image: ["F16", [rows, dim]], text: ["F16", [rows, dim]], index: ["I64", [rows]] };
  let end = 0;
  const tensors = Object.entries(parts).map(([name, { length }]) => {
    const [dtype, shape] = shapes[name];
    const start = end;
    end += length;
    return [name, { dtype, shape, data_offsets: [start, end] }];
  });
  const json = JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(tensors) });
  const header = Buffer.from(json.padEnd(Math.ceil(json.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, image, text, index]);
}

/** A store of many rows from the few of another one: every image with every text. */
function largeStore(name, change = () => undefined) {
  const files = folderFiles(featuresOf(demoPool()));
  const { metadata, tensor } = readSafetensors(files.get("features-00000.safetensors"));
  const [image, text] = [tensor("image"), tensor("text")];
  const [few, dim] = image.shape;
  const rowOf = ({ bytes }, row) => bytes.subarray(2 * dim * row, 2 * dim * (row + 1));
  const folder = join(scratch, name);
  mkdirSync(folder);
  for (let shard = 0; shard < SHARDS; shard += 1) {
    const first = shard * ROWS;
    const rows = Array.from({ length: ROWS }, (_, row) => first + row);
    const images = Buffer.concat(rows.map((row) => rowOf(image, row % few)));
    const texts = Buffer.concat(rows.map((row) => rowOf(text, Math.floor(row / few + row) % few)));
    change(shard, images, dim);
    const file = shardFile(metadata, dim, first, images, texts);
    writeFileSync(join(folder, `features-0000${shard}.safetensors`), file);
  }
  return folder;
}

describe("scoring in workers", () => {
  const good = largeStore("large-features");
  const broken = largeStore("broken-features", (shard, images, dim) => {
    if (shard === 4) {
      images.writeUInt16LE(0x7e00, 2 * dim * 17); // NaN
    }
  });
  const expected = join(scratch, "large-scores.csv");
  let server;
  let browser;
  let page;

  before(async () => {
    ofa("score", good, "--selector", SELECTOR, "-o", expected);
    server = await servePackage({ "/features/": good, "/broken/": broken });
    browser = await launchWatched(server);
    page = await PackagePage.open(await browser.newContext(), server);
    await page.do("create", { encoder: "demo", backend: "cpu", workers: 3 });
    await page.do("openFeatures", "/features/");
  });

  after(async () => {
    await browser?.close();
    await server?.close();
  });

  afterEach(() => server.faults.clear());

  /** Runs, and compares the scores; gives how many rows were done when it was told. */
  async function run() {
    const before = (await page.events("scoring")).length;
    await page.do("run");
    const files = await page.export({ format: "scores", name: "scores.csv" });
    assert.ok(readFileSync(expected).equals(files.get("scores.csv")), "other bytes than the command line's");
    return (await page.events("scoring")).slice(before).map(({ rowsDone }) => rowsDone);
  }

  /** Begins a run whose fourth shard waits until `goOn`; `told` gives the rows that were done, each time. */
  async function heldAtFourth() {
    injectInto(server, SCRIPT, HOLDS_FOURTH_SHARD);
    const before = (await page.events("scoring")).length;
    const told = async () => (await page.events("scoring")).slice(before).map(({ rowsDone }) => rowsDone);
    await page.do("begin", { abort: true });
    while ((await told()).length < 3) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const goOn = () => page.page.evaluate(() => new BroadcastChannel("fourth shard").postMessage("go on"));
    return { told, goOn };
  }

  const byShards = Array.from({ length: SHARDS }, (_, shard) => (shard + 1) * ROWS);

  it("gives what the command line gives, and tells each shard", async () => {
    const asked = server.log.length;
    const told = await run();
    // One thread alone goes further at a time, and tells that.
    assert.deepEqual(told.slice(0, SHARDS), byShards);
    const scripts = server.log.slice(asked).filter(({ path }) => SCRIPT.test(path));
    assert.equal(scripts.length, 3, "a script for each worker");
  });

  it("is computed by one thread where workers cannot be started", async () => {
    const fault = injectInto(server, SCRIPT, "throw new Error('no memory, on demand');");
    const told = await run();
    assert.ok(fault.met > 0);
    assert.notDeepEqual(told, byShards);
    assert.equal(told.at(-1), SHARDS * ROWS);
  });

  it("goes on in one thread from where a worker fell", async () => {
    const fault = injectInto(server, SCRIPT, FALLS_ON_THIRD_SHARD);
    const told = await run();
    assert.ok(fault.met > 0);
    assert.deepEqual(told.slice(0, 2), byShards.slice(0, 2));
    assert.ok(told.length < SHARDS, `${told}`);
    assert.equal(told.at(-1), SHARDS * ROWS);
  });

  it("stops when it is cancelled, and begins anew", async () => {
    const { told } = await heldAtFourth();
    await page.do("abort");
    await assert.rejects(page.do("finished"), { code: "aborted" });
    assert.equal((await told()).length, 3);
    server.faults.clear();
    await run();
  });

  it("waits while it is paused", async () => {
    const { told, goOn } = await heldAtFourth();
    await page.do("pause");
    await goOn();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    assert.equal((await told()).length, 3);
    await page.do("resume");
    await page.do("finished");
    assert.deepEqual((await told()).slice(0, SHARDS), byShards);
  });

  it("names the row that cannot be scored by its place in the store", async () => {
    await page.do("openFeatures", "/broken/");
    await assert.rejects(page.do("run"), ({ code, message }) => {
      assert.equal(code, "bad_features");
      assert.match(message, /row 4017/);
      return true;
    });
  });

  it("left nothing in the console", () => {
    assert.deepEqual(page.complaints, []);
  });
});
