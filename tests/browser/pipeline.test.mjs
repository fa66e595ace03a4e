// The whole pipeline on the CPU in Chromium, compared with the command line on the same dataset.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { assertBefore, assertCounts, course } from "./browser_events.mjs";
import { checkOf, demoPool, ENCODER, featuresOf, SELECTOR, scoresOf, subsetOf, withoutPlaces } from "./demo_pool.mjs";
import { featureRows, folderFiles, smallestCosine } from "./feature_rows.mjs";
import { PackagePage, servePackage } from "./package_page.mjs";
import { selections } from "./selections.mjs";
import { launchWatched, ofTheBrowser } from "./watched_chromium.mjs";

/** Not by assert.deepEqual, which would print both. */
function assertSame(found, expected, what) {
  assert.ok(found, `${what} is not there`);
  assert.ok(expected.equals(found), `${what}: other bytes than the command line's`);
}

describe("the pipeline in a browser, on the CPU", () => {
  const pool = demoPool();
  let server;
  let browser;
  let page;
  let events;

  before(async () => {
    server = await servePackage({ "/pool/": pool.folder, "/features/": featuresOf(pool) });
    browser = await launchWatched(server);
    page = await PackagePage.open(await browser.newContext(), server);
  });

  after(async () => {
    await browser?.close();
    await server?.close();
  });

  it("opens the dataset and checks it as `ofa check` does", async () => {
    await page.do("create", { encoder: "demo", backend: "cpu", workers: 2 });
    const dataset = await page.do("dataset", "/pool/");
    assert.equal(dataset.records, pool.records);
    for (const deep of [false, true]) {
      const expected = checkOf(pool, ["--encoder", ENCODER, ...(deep ? ["--deep"] : [])]);
      assert.deepEqual(withoutPlaces(await page.do("check", { deep })), expected);
    }
  });

  it("measures the encoder's pace on a few records, and nothing is kept of it", async () => {
    const pace = await page.do("measurePace");
    assert.equal(pace.images, 8);
    assert.ok(pace.turns >= 8, `${pace.turns} turns`);
    for (const seconds of [pace.secondsPerImage, pace.secondsPerTurn]) {
      assert.ok(seconds > 0 && seconds < 60, `${seconds} s`);
    }
    assert.deepEqual(await page.do("stored"), []);
    assert.equal((await page.events("encoding")).length, 0);
    await assert.rejects(page.do("measurePace", { images: 3 }), { code: "bad_option" });
  });

  it("runs to the end, and its events are in order", async () => {
    server.log.length = 0;
    page.requests.length = 0;
    await page.do("run");
    events = await page.events();
    const [encoder] = events.filter(({ type }) => type === "encoder");
    assert.equal(encoder.backend, "cpu");
    assert.equal(encoder.workers, 2);
    assert.ok(encoder.reason.length > 0);
    for (const [first, then] of [
      ["encoder", "encoding"],
      ["encoding", "shard_written"],
      ["shard_written", "encoded"],
      ["encoded", "scored"],
      ["scoring", "scored"],
    ]) {
      assertBefore(events, first, then);
    }
    assert.equal(course(events).at(-1), "scored");
    assert.ok(!events.some(({ type }) => type === "worker_restarted"));
    const { encoded, inShards } = assertCounts(events, pool.records);
    assert.equal(inShards, encoded.rows);
    const store = JSON.parse(readFileSync(join(featuresOf(pool), "manifest.json")));
    assert.equal(encoded.rows, store.rows);
    assert.deepEqual(encoded.skipped, store.skipped);
    assert.deepEqual(encoded.fingerprints, store.fingerprints);
  });

  it("asked nobody for anything in the run but its own files", async () => {
    const own = (url) => new URL(url).pathname.startsWith("/pkg/") && url.startsWith(server.address);
    const asked = page.requests.filter((url) => !url.startsWith("data:") && !url.startsWith("blob:"));
    assert.deepEqual(asked.filter((url) => !own(url)), []);
    // And as the proxy saw it: whatever Playwright has overlooked went through there.
    const seen = server.log.filter((one) => !ofTheBrowser(one));
    const { host: here } = new URL(server.address);
    assert.deepEqual(seen.filter(({ host, path }) => host !== here || !path.startsWith("/pkg/")), []);
    assert.deepEqual(seen.filter(({ method, received }) => method !== "GET" || received > 0), []);
  });

  it("has the embeddings of the command line's CPU", async (context) => {
    const files = await page.export({ format: "features" });
    const found = featureRows(files);
    const cosine = smallestCosine(found, featureRows(folderFiles(featuresOf(pool))));
    context.diagnostic(`smallest cosine to native flex: ${cosine}`);
    assert.ok(cosine >= 0.9999, `${cosine}`);
    assertSame(files.get("manifest.json"), readFileSync(join(featuresOf(pool), "manifest.json")), "the manifest");
    const skipped = (bytes) => bytes.toString().trimEnd().split("\n").map((line) => withoutPlaces(JSON.parse(line)));
    assert.deepEqual(skipped(files.get("skipped.jsonl")), skipped(readFileSync(join(featuresOf(pool), "skipped.jsonl"))));
  });

  it("chooses nearly what the command line chooses from its own features", async (context) => {
    const { positions } = await page.do("select", { ratio: 0.15 });
    const expected = new Set(JSON.parse(subsetOf(pool, ["--ratio", "0.15"]).manifest).positions);
    const common = positions.filter((position) => expected.has(position)).length;
    context.diagnostic(`subset overlap with native flex: ${common} of ${expected.size}`);
    assert.equal(positions.length, expected.size);
    // Rows that differ in their last bits may change places at the edge of a quota, and no others do.
    assert.ok(common >= expected.size * 0.9, `${common} of ${expected.size}`);
  });

  it("tells the record and shows the image of a choice", async () => {
    const { positions } = await page.do("select", { count: 1 });
    const records = JSON.parse(readFileSync(pool.data, "utf8"));
    assert.deepEqual(JSON.parse(await page.do("record", positions[0])), records[positions[0]]);
    const image = await page.do("image", positions[0], 0);
    const expected = readFileSync(join(pool.images, records[positions[0]].image));
    assertSame(Buffer.from(image, "base64"), expected, "the image");
  });

  it("gives scores and subsets of the command line's features to the byte", async () => {
    await page.do("openFeatures", "/features/");
    await page.do("run");
    for (const ending of ["csv", "jsonl"]) {
      const files = await page.export({ format: "scores", name: `scores.${ending}` });
      assertSame(files.get(`scores.${ending}`), readFileSync(scoresOf(pool, ending)), ending);
    }
    const scored = (await page.do("scores")).index;
    for (const { name, words, options } of selections([scored[5], scored[9]])) {
      await page.do("select", options);
      const files = await page.export({ format: "records", name: "subset.json" });
      const expected = subsetOf(pool, words);
      assertSame(files.get("subset.json"), expected.records, name);
      assertSame(files.get("subset.manifest.json"), expected.manifest, `${name}: the manifest`);
    }
  });

  it("takes a selector from an address and from a file, and knows it by its hash", async () => {
    const sha256 = createHash("sha256").update(readFileSync(SELECTOR)).digest("hex");
    const other = await PackagePage.open(browser.contexts()[0], server);
    const path = "/assets/demo-selector/selector.safetensors";
    for (const selector of ["demo", { url: path }, { file: path }]) {
      await other.do("create", { selector, encoder: "demo", backend: "cpu" });
      const about = await other.do("about");
      assert.equal(about.selector.sha256, sha256);
      await other.do("destroy");
    }
    await assert.rejects(other.do("create", { selector: { url: "/nowhere" } }), { code: "download_failed" });
    await assert.rejects(other.do("create", { selector: { file: "/page/page_script.mjs" } }), { code: "bad_selector" });
    await other.close();
  });

  it("names what it exports as it is asked to, or as the command line does", async () => {
    for (const [asked, names] of [
      [{ format: "records" }, ["subset.json", "subset.manifest.json"]],
      [{ format: "records", name: "mine.json" }, ["mine.json", "mine.manifest.json"]],
      [{ format: "records", as: "ids" }, ["subset.txt", "subset.manifest.json"]],
      [{ format: "scores", name: "mine.csv" }, ["mine.csv", "mine.manifest.json"]],
      [{ format: "features" }, readdirSync(featuresOf(pool))],
    ]) {
      const files = await page.export(asked);
      assert.deepEqual([...files.keys()].sort(), names.sort());
    }
  });

  it("left nothing in the console", () => {
    assert.deepEqual(page.complaints, []);
  });
});

describe("the watch over requests", () => {
  it("sees what a worker of a worker asks for elsewhere", async () => {
    // So that the test above can fail.
    const nested = `fetch("http://elsewhere.example/told").catch(() => postMessage("refused"));`;
    const outer = `new Worker("/more/nested.mjs").onmessage = ({ data }) => postMessage(data);`;
    const server = await servePackage();
    server.mount("/more/", new Map([["nested.mjs", nested], ["outer.mjs", outer]]));
    const browser = await launchWatched(server);
    const page = await PackagePage.open(await browser.newContext(), server);
    await page.page.evaluate(() => new Promise((resolve) => (new Worker("/more/outer.mjs").onmessage = resolve)));
    const foreign = server.foreign().filter((one) => !ofTheBrowser(one));
    await browser.close();
    await server.close();
    assert.deepEqual(foreign.map(({ host, path }) => host + path), ["elsewhere.example/told"]);
    assert.ok(page.requests.includes("http://elsewhere.example/told"));
  });
});
