// Parquet and the page about a subset in Chromium: what the larger module is loaded for, and that what
// it makes is the command line's, to the byte.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";

import { demoPool, featuresOf, reportOf, scoresOf, subsetOf, tablePartsPool, tablePool } from "./demo_pool.mjs";
import { PackagePage, servePackage } from "./package_page.mjs";
import { launchWatched } from "./watched_chromium.mjs";

/** Not by assert.deepEqual, which would print both. */
function assertSame(found, expected, what) {
  assert.ok(found, `${what} is not there`);
  assert.ok(expected.equals(found), `${what}: other bytes than the command line's`);
}

describe("the larger module in a browser", () => {
  const pool = demoPool();
  const table = tablePool();
  const parts = tablePartsPool();
  let server;
  let browser;
  let page;

  const timesLoaded = () => page.requests.filter((url) => url.endsWith("/pipeline_full_bg.wasm")).length;

  before(async () => {
    const folders = {
      "/pool/": pool.folder,
      "/features/": featuresOf(pool),
      "/table/": table.folder,
      "/table-features/": featuresOf(table),
      "/parts/": parts.folder,
    };
    server = await servePackage(folders);
    browser = await launchWatched(server);
    page = await PackagePage.open(await browser.newContext(), server);
    await page.do("create", { encoder: "demo", backend: "cpu", workers: 1 });
  });

  after(async () => {
    await browser?.close();
    await server?.close();
  });

  it("is not loaded for what the small one does", async () => {
    await page.do("dataset", "/pool/");
    await page.do("openFeatures", "/features/");
    await page.do("run");
    await page.do("select", { ratio: 0.15 });
    await page.export({ format: "records", name: "subset.json" });
    assert.equal(timesLoaded(), 0);
  });

  it("makes the page, and tables", async () => {
    for (const [options, words] of [
      [{ ratio: 0.15 }, ["--ratio", "0.15"]],
      [{ count: 20, method: "kdpp" }, ["--count", "20", "--method", "kdpp"]],
    ]) {
      await page.do("select", options);
      const report = await page.export({ format: "report" });
      assertSame(report.get("report.html"), reportOf(pool, words), "the page");
      const subset = await page.export({ format: "records", as: "parquet" });
      const expected = subsetOf(pool, [...words, "--output-format", "parquet"], "subset.parquet");
      assertSame(subset.get("subset.parquet"), expected.records, "the records");
      assertSame(subset.get("subset.manifest.json"), expected.manifest, "the manifest");
    }
    const scores = await page.export({ format: "scores", name: "scores.parquet" });
    assertSame(scores.get("scores.parquet"), readFileSync(scoresOf(pool, "parquet")), "scores");
    assert.ok(timesLoaded() > 0);
  });

  it("takes the place of the small one for a dataset of Parquet", async () => {
    const { format, records } = await page.do("dataset", "/table/", { data: ["train.parquet"] });
    assert.deepEqual({ format, records }, { format: "parquet", records: table.records });
    await page.do("openFeatures", "/table-features/");
    await page.do("run");
    for (const [options, words] of [
      [{ ratio: 0.6 }, ["--ratio", "0.6"]],
      [{ count: 2, method: "k-center" }, ["--count", "2", "--method", "k-center"]],
    ]) {
      await page.do("select", options);
      const subset = await page.export({ format: "records", name: "subset.parquet" });
      const expected = subsetOf(table, words, "subset.parquet");
      assertSame(subset.get("subset.parquet"), expected.records, "the records");
      assertSame(subset.get("subset.manifest.json"), expected.manifest, "the manifest");
      assertSame((await page.export({ format: "report" })).get("report.html"), reportOf(table, words), "the page");
    }
  });

  it("encodes one, with the encoder's workers on the small module", async () => {
    const other = await PackagePage.open(browser.contexts()[0], server);
    await other.do("create", { encoder: "demo", backend: "cpu", workers: 1, storage: "memory" });
    await other.do("dataset", "/parts/", { data: ["part-0-of-2.parquet", "part-1-of-2.parquet"] });
    await other.do("run");
    const [encoded] = await other.events("encoded");
    const store = JSON.parse(readFileSync(`${featuresOf(parts)}/manifest.json`, "utf8"));
    assert.deepEqual([encoded.rows, encoded.skipped], [store.rows, store.skipped]);
    assert.equal((await other.do("select", { count: 2 })).positions.length, 2);
    assert.deepEqual(other.complaints, []);
    await other.close();
  });

  it("left nothing in the console", () => {
    assert.deepEqual(page.complaints, []);
  });
});
