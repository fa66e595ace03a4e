// What goes wrong or is changed of mind in the middle of a run.

import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";

import { assertCounts } from "./browser_events.mjs";
import { demoPool, featuresOf, scratch } from "./demo_pool.mjs";
import {
  DEADLY_MARK,
  DEADLY_TOKENS,
  FALLS_ON_DEMAND,
  FALLS_ON_EVERY_IMAGE,
  FALLS_ON_IMAGE,
  FALLS_ON_LONG_TEXT,
  HAS_NO_MEMORY,
  injectInto,
} from "./faulty_workers.mjs";
import { featureRows, folderFiles, smallestCosine } from "./feature_rows.mjs";
import { PackagePage, servePackage } from "./package_page.mjs";
import { launchWatched } from "./watched_chromium.mjs";

/** The workers that hold an encoder, and not the one that leads them. */
const ENCODERS = /^\/pkg\/dist\/workers\/encoder\.js$/;
const COORDINATOR = /^\/pkg\/dist\/workers\/coordinator\.js$/;

const soon = (milliseconds = 50) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe("a run in a browser", () => {
  const pool = demoPool();
  let server;
  let browser;
  let native;

  before(async () => {
    native = featureRows(folderFiles(featuresOf(pool)));
    server = await servePackage({ "/pool/": pool.folder });
    browser = await launchWatched(server);
  });

  afterEach(async () => {
    server.faults.clear();
    for (const context of browser.contexts()) {
      await context.close();
    }
  });

  after(async () => {
    await browser?.close();
    await server?.close();
  });

  async function opened(options = {}, folder = "/pool/") {
    const page = await PackagePage.open(await browser.newContext(), server);
    await page.do("create", { encoder: "demo", backend: "cpu", workers: 2, ...options });
    await page.do("dataset", folder);
    return page;
  }

  /** Waits until encoding has begun. */
  async function encoding(page, events = 2) {
    while ((await page.events("encoding")).length < events) {
      await soon();
    }
  }

  const cosineOf = async (page) => smallestCosine(featureRows(await page.export({ format: "features" })), native);

  it("goes on where a worker falls, and says so", async () => {
    const fault = injectInto(server, ENCODERS, FALLS_ON_DEMAND);
    const page = await opened();
    await page.do("begin");
    await encoding(page);
    assert.ok(fault.met > 0, "no worker script was served");
    await page.page.evaluate(() => new BroadcastChannel("fall").postMessage("now"));
    await page.do("finished");
    assert.ok((await page.events("worker_restarted")).length > 0);
    assertCounts(await page.events(), pool.records);
    assert.ok((await cosineOf(page)) >= 0.9999);
  });

  it("skips the image on which workers fall, and goes on", async () => {
    const deadly = mkdtempSync(join(scratch, "deadly-"));
    cpSync(pool.folder, deadly, { recursive: true });
    const records = JSON.parse(readFileSync(pool.data, "utf8"));
    const scored = [...native.keys()];
    const { image } = records[scored[10]];
    const file = join(deadly, "images", image);
    // Decoders do not look at what comes after an image.
    writeFileSync(file, Buffer.concat([readFileSync(file), Buffer.from(DEADLY_MARK)]));
    server.mount("/deadly/", deadly);
    injectInto(server, ENCODERS, FALLS_ON_IMAGE);
    const page = await opened({}, "/deadly/");
    await page.do("run");
    const { encoded } = assertCounts(await page.events(), pool.records);
    const users = scored.filter((position) => records[position].image === image);
    assert.equal(encoded.rows, scored.length - users.length);
    const files = await page.export({ format: "features" });
    const list = files.get("skipped.jsonl").toString().trim().split("\n").map((line) => JSON.parse(line));
    const lost = list.filter(({ index }) => users.includes(index));
    assert.equal(lost.length, users.length);
    for (const { reason, detail } of lost) {
      assert.equal(reason, "image_unreadable");
      assert.match(detail, /decoder/);
    }
    const restarts = (await page.events("worker_restarted")).length;
    assert.ok(restarts >= 1);

    // A look at every image, or at a sample which here is as many, finds the same, and loses no more than workers
    // by it.
    let before = restarts;
    for (const deep of [false, true]) {
      const report = await page.do("check", { deep });
      assert.equal(report.would_be_encoded, encoded.rows);
      const { count } = report.skipped.image_unreadable;
      assert.equal(count, list.filter(({ reason }) => reason === "image_unreadable").length);
      const now = (await page.events("worker_restarted")).length;
      assert.ok(now > before);
      before = now;
    }
  });

  it("skips the record with the text on which workers fall, and goes on", async () => {
    const deadly = mkdtempSync(join(scratch, "deadly-text-"));
    cpSync(pool.folder, deadly, { recursive: true });
    const records = JSON.parse(readFileSync(pool.data, "utf8"));
    const at = [...native.keys()][10];
    records[at].conversations.find(({ from }) => from === "human").value = "What is this? ".repeat(DEADLY_TOKENS);
    writeFileSync(join(deadly, "data.json"), JSON.stringify(records));
    server.mount("/deadly-text/", deadly);
    injectInto(server, ENCODERS, FALLS_ON_LONG_TEXT);
    const page = await opened({}, "/deadly-text/");
    await page.do("run");
    const { encoded } = assertCounts(await page.events(), pool.records);
    assert.equal(encoded.rows, native.size - 1);
    const files = await page.export({ format: "features" });
    const list = files.get("skipped.jsonl").toString().trim().split("\n").map((line) => JSON.parse(line));
    const lost = list.filter(({ reason }) => reason === "encoder_failed");
    assert.deepEqual(lost.map(({ index }) => index), [at]);
    assert.match(lost[0].detail, /unreachable, on demand/);
  });

  it("goes on with fewer workers where one gets no memory, and says so", async () => {
    // Each is tried twice: of four tries one finds memory.
    const fault = injectInto(server, ENCODERS, HAS_NO_MEMORY, { times: 3 });
    const page = await opened();
    await page.do("run");
    assert.equal(fault.met, 3);
    assertCounts(await page.events(), pool.records);
    const notes = (await page.events("note")).map(({ text }) => text);
    assert.ok(notes.some((text) => /^1 of 2 workers could not be started.*could not allocate memory/.test(text)), `${notes}`);
    assert.ok((await cosineOf(page)) >= 0.9999);
  });

  it("ends where workers fall on every image, and says what they say", async () => {
    const fault = injectInto(server, ENCODERS, FALLS_ON_EVERY_IMAGE);
    const page = await opened();
    await assert.rejects(page.do("run"), (error) => {
      assert.equal(error.code, "encoder_failed", error.message);
      assert.match(error.message, /unreachable, on demand/);
      return true;
    });
    assert.ok(fault.met > 1);
  });

  it("ends where the worker that leads the others falls, and a new one goes on with what is kept", async () => {
    injectInto(server, COORDINATOR, FALLS_ON_DEMAND);
    const page = await opened();
    await page.do("begin", { shardRecords: 40 });
    while ((await page.events("shard_written")).length === 0) {
      await soon();
    }
    await page.page.evaluate(() => new BroadcastChannel("fall").postMessage("now"));
    await assert.rejects(page.do("finished"), (error) => {
      assert.ok(error.isOfaError);
      assert.match(error.message, /unreachable, on demand/);
      return true;
    });
    server.faults.clear();
    await page.do("create", { encoder: "demo", backend: "cpu", workers: 2 });
    await page.do("dataset", "/pool/");
    await page.do("run", { shardRecords: 40 });
    const [{ records_resumed: resumed }] = await page.events("encoding");
    assert.ok(resumed >= 40, `${resumed}`);
    assertCounts(await page.events(), pool.records);
  });

  it("is refused a second time while it is going on, and is not harmed by that", async () => {
    const page = await opened();
    await page.do("begin");
    await encoding(page, 1);
    // As another part of the page might.
    await assert.rejects(page.do("run"), { code: "busy" });
    await page.do("finished");
    assertCounts(await page.events(), pool.records);
  });

  it("ends where the selector is destroyed, and so do its workers", { timeout: 120_000 }, async () => {
    const page = await opened();
    await page.do("begin");
    await encoding(page);
    await page.do("destroy");
    await assert.rejects(page.do("finished"), { code: "destroyed" });
    // The browser says that a worker is gone when it comes to it.
    const gone = page.page.workers().map((worker) => new Promise((closed) => worker.once("close", closed)));
    await Promise.all(gone);
    assert.deepEqual(page.page.workers(), []);
    await assert.rejects(page.do("run"), { code: "destroyed" });
  });

  it("stops where its signal says so, and can be begun again", async () => {
    const page = await opened();
    await page.do("begin", { abort: true });
    await encoding(page);
    await page.do("abort");
    await assert.rejects(page.do("finished"), { code: "aborted" });
    // However far it had come: nothing was kept of its first shard.
    const told = (await page.events()).length;
    await page.do("run");
    assertCounts((await page.events()).slice(told), pool.records);
  });

  it("does nothing while it is paused", async () => {
    const page = await opened();
    await page.do("begin");
    await encoding(page);
    await page.do("pause");
    // What was under way comes to its end, in whatever time that takes on a busy machine.
    const told = async () => (await page.events("encoding")).length;
    let before = await told();
    for (let now; ; before = now) {
      await soon(1500);
      now = await told();
      if (now === before) {
        break;
      }
    }
    assert.deepEqual(await page.events("encoded"), [], "the run went on to its end");
    await page.do("resume");
    await page.do("finished");
    assert.ok((await told()) > before, "there was nothing left to do");
    assertCounts(await page.events(), pool.records);
  });

  it("says that a file was changed in the middle", async () => {
    const folder = mkdtempSync(join(scratch, "changing-"));
    cpSync(pool.folder, folder, { recursive: true });
    const data = join(folder, "data.json");
    const page = await PackagePage.open(await browser.newContext(), server);
    await page.do("create", { encoder: "demo", backend: "cpu", workers: 1 });
    await page.page.setInputFiles("input[name=data]", [data]);
    await page.do("chosenFiles", "data");
    const text = readFileSync(data, "utf8");
    writeFileSync(data, text.replaceAll("image", "imagE"));
    await assert.rejects(page.do("run"), { code: "changed" });
  });

  it("says that images were taken away, and goes on where they are chosen again", async () => {
    const folder = chosenFolder();
    const page = await PackagePage.open(await browser.newContext(), server);
    await page.do("create", { encoder: "demo", backend: "cpu", workers: 2 });
    await page.page.setInputFiles("input[name=folder]", folder);
    await page.do("chosenFiles", "folder");
    const inner = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const away = mkdtempSync(join(scratch, "away-"));
    inner.forEach(({ name }) => renameSync(join(folder, name), join(away, name)));
    await assert.rejects(page.do("run"), (error) => {
      assert.equal(error.code, "changed", error.message);
      assert.match(error.message, /none of the last 16 images/);
      return true;
    });
    inner.forEach(({ name }) => renameSync(join(away, name), join(folder, name)));
    await page.page.setInputFiles("input[name=folder]", folder);
    await page.do("chosenFiles", "folder");
    await page.do("run");
    const { encoded } = assertCounts(await page.events(), pool.records);
    assert.equal(encoded.rows, native.size);
  });

  /** The pool as a folder that a person chooses. */
  function chosenFolder() {
    const folder = mkdtempSync(join(scratch, "chosen-"));
    cpSync(pool.folder, folder, { recursive: true });
    // What is known of the records is no dataset.
    rmSync(join(folder, "truth.jsonl"));
    // Images are looked up from the folder of the records.
    for (const inner of readdirSync(join(folder, "images"))) {
      renameSync(join(folder, "images", inner), join(folder, inner));
    }
    return folder;
  }

  it("takes a folder as a person chooses it", async () => {
    const folder = chosenFolder();
    const page = await PackagePage.open(await browser.newContext(), server);
    await page.do("create", { encoder: "demo", backend: "cpu", workers: 2 });
    await page.page.setInputFiles("input[name=folder]", folder);
    const dataset = await page.do("chosenFiles", "folder");
    assert.equal(dataset.records, pool.records);
    const report = await page.do("check", { deep: true });
    assert.equal(report.would_be_encoded, native.size);
  });
});
