// Inputs larger than memory: a zip of 30 GB, a list of records of 1 GB, a folder of many images.

import assert from "node:assert/strict";
import { closeSync, linkSync, mkdirSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";

import { assertCounts } from "./browser_events.mjs";
import { demoPool, scoresOf, scratch } from "./demo_pool.mjs";
import { injectInto, TELLS_MEMORY } from "./faulty_workers.mjs";
import { memoryOf, MEASURES_MEMORY } from "./page_memory.mjs";
import { PackagePage, servePackage } from "./package_page.mjs";
import { writeSparseZip } from "./sparse_zip.mjs";
import { launchWatched } from "./watched_chromium.mjs";

/** Where an entry of a folder lies; before version 20 Node has another name for it. */
const placeOf = ({ parentPath, path, name }) => join(parentPath ?? path, name);

/** The numbers of a scores file in CSV. */
function rowsOf(csv) {
  const [, ...lines] = csv.toString().trim().split("\n");
  return lines.map((line) => line.split(",").map(Number));
}

/** Bytes that the modules of all workers may take, over what they take without a dataset. */
const MOST = 100 << 20;

describe("large inputs", () => {
  const pool = demoPool(40);
  let server;
  let browser;
  let page;
  let empty;

  before(async () => {
    server = await servePackage({}, { isolated: true });
    injectInto(server, /^\/pkg\/dist\/workers\/.*\.js$/, TELLS_MEMORY);
    browser = await launchWatched(server, MEASURES_MEMORY);
  });

  beforeEach(async () => {
    page = await PackagePage.open(await browser.newContext(), server);
    page.page.setDefaultTimeout(0);
    await page.do("create", { encoder: "demo", backend: "cpu", workers: 1 });
    empty = await memoryOf(browser, page.page);
  });

  afterEach(() => page.page.context().close());

  after(async () => {
    await browser?.close();
    await server?.close();
  });

  /** Gives the page files as a person does, and opens them as a dataset. */
  async function choose(name, path) {
    await page.page.locator(`input[name=${name}]`).setInputFiles(path);
    return page.do("chosenFiles", name);
  }

  /** What more of memory there is now than without a dataset. */
  async function assertBounded(context, what) {
    const now = await memoryOf(browser, page.page);
    const more = Object.fromEntries(Object.entries(now).map(([name, bytes]) => [name, bytes - empty[name]]));
    const told = Object.entries(more).map(([name, bytes]) => `${name} ${(bytes / 2 ** 20).toFixed(1)} MB`);
    context.diagnostic(`${what}: ${told.join(", ")} more than without`);
    assert.ok(now.wasm > 0, "no module was measured");
    assert.ok(more.wasm < MOST, `${more.wasm} bytes of WebAssembly memory`);
  }

  it("may be a zip of 30 GB", async (context) => {
    const images = readdirSync(pool.images, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(placeOf)
      .map((path) => [path.slice(pool.folder.length + 1), readFileSync(path), { isDeflated: /[02468]\.\w+$/.test(path) }]);
    const files = [...images, ["data.json", readFileSync(pool.data), { isDeflated: true }]];
    const zip = join(scratch, "large.zip");
    const bytes = writeSparseZip(zip, files, Math.floor(30e9 / files.length));
    assert.ok(bytes > 30e9);
    try {
      const begun = Date.now();
      await choose("data", zip);
      await page.do("run");
      context.diagnostic(`opened, encoded and scored in ${((Date.now() - begun) / 1000).toFixed(1)} s`);
      assertCounts(await page.events(), pool.records);
      // Embeddings of another processor differ in their last bits; which record is which does not.
      const [scores] = (await page.export({ format: "scores", as: "csv" })).values();
      const [found, expected] = [scores, readFileSync(scoresOf(pool, "csv"))].map(rowsOf);
      assert.deepEqual(found.map(([index, cluster]) => [index, cluster]), expected.map(([index, cluster]) => [index, cluster]));
      found.forEach(([, , confidence], nth) => assert.ok(Math.abs(confidence - expected[nth][2]) < 1e-3, `${nth}`));
      await assertBounded(context, "with a zip of 30 GB");
    } finally {
      rmSync(zip);
    }
  });

  it("may be a list of records of 1 GB", async (context) => {
    const record = (nth) => ({
      id: `record-${nth}`,
      conversations: [
        { from: "human", value: `What is number ${nth}?` },
        { from: "gpt", value: `Number ${nth}. ${"It goes on and on. ".repeat(260)}` },
      ],
    });
    const data = join(scratch, "large.json");
    const file = openSync(data, "w");
    let [bytes, records] = [writeSync(file, "["), 0];
    while (bytes < 1e9) {
      const some = Array.from({ length: 1000 }, (_, nth) => JSON.stringify(record(records + nth)));
      bytes += writeSync(file, (records === 0 ? "" : ",\n") + some.join(",\n"));
      records += some.length;
    }
    writeSync(file, "]\n");
    closeSync(file);
    try {
      const begun = Date.now();
      const found = await choose("data", data);
      context.diagnostic(`${records} records opened in ${((Date.now() - begun) / 1000).toFixed(1)} s`);
      assert.equal(found.records, records);
      assert.equal(JSON.parse(await page.do("record", records - 1)).id, `record-${records - 1}`);
      const report = await page.do("check");
      assert.equal(report.records, records);
      context.diagnostic(`checked after ${((Date.now() - begun) / 1000).toFixed(1)} s`);
      await assertBounded(context, "with a list of 1 GB");
    } finally {
      rmSync(data);
    }
  });

  // Of 600,000 files Chromium asks the disk one by one, which takes minutes. What they take of memory is in
  // proportion.
  it("may be a folder of 60,000 images", async (context) => {
    const [folders, each] = [6, 10_000];
    const folder = join(scratch, "many_images");
    const [image] = readdirSync(pool.images, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const bytes = readFileSync(placeOf(image));
    const ending = image.name.split(".").pop();
    const data = [];
    for (let nth = 0; nth < folders; nth += 1) {
      const name = `part_${nth}`;
      mkdirSync(join(folder, "images", name), { recursive: true });
      // One file under many names: a file system has room for that.
      const first = join(folder, "images", name, `0.${ending}`);
      writeFileSync(first, bytes);
      for (let at = 0; at < each; at += 1) {
        const path = `images/${name}/${at}.${ending}`;
        if (at > 0) {
          linkSync(first, join(folder, path));
        }
        data.push(JSON.stringify({ id: data.length, image: path, conversations: [{ from: "human", value: "<image>\nWhat is it?" }, { from: "gpt", value: "It." }] }));
      }
    }
    writeFileSync(join(folder, "data.jsonl"), `${data.join("\n")}\n`);
    try {
      const begun = Date.now();
      const found = await choose("folder", folder);
      context.diagnostic(`opened in ${((Date.now() - begun) / 1000).toFixed(1)} s`);
      assert.equal(found.records, data.length);
      const last = Buffer.from(await page.do("image", data.length - 1, 0), "base64");
      assert.deepEqual(last, bytes);
      await assertBounded(context, "with a folder of 60,000 images");
      const report = await page.do("check");
      context.diagnostic(`checked after ${((Date.now() - begun) / 1000).toFixed(1)} s`);
      assert.equal(report.records, data.length);
      assert.equal(report.images?.missing ?? 0, 0);
      await assertBounded(context, "after the check");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
