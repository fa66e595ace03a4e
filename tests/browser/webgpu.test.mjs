// Encoding on WebGPU: on Chromium's software adapter, whose answers are right and slow.

import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";

import { assertBefore, assertCounts } from "./browser_events.mjs";
import { demoPool, featuresOf, subsetOf } from "./demo_pool.mjs";
import { huggingFaceLayout } from "./encoder_layouts.mjs";
import {
  DAMAGES_RESULTS,
  GIVES_NO_DEVICE,
  HAS_NO_TIMESTAMPS,
  injectInto,
  LOOKS_LIKE_HARDWARE,
  LOSES_DEVICE_ON_DEMAND,
  NO_WEBGPU,
  SMALL_LIMITS,
} from "./faulty_workers.mjs";
import { featureRows, folderFiles, readSafetensors, smallestCosine } from "./feature_rows.mjs";
import { PackagePage, servePackage } from "./package_page.mjs";
import { launchWatched, SOFTWARE_WEBGPU } from "./watched_chromium.mjs";

/** A self-check with the embeddings of its texts turned around. */
function withTextsTurned(bytes) {
  const turned = Buffer.from(bytes);
  const { bytes: rows } = readSafetensors(turned).tensor("text_embeddings");
  for (let at = 0; at < rows.length; at += 4) {
    rows.writeFloatLE(-rows.readFloatLE(at), at);
  }
  return turned;
}

/** The scripts of all workers: faults are of what a browser gives, in whichever thread asks for it. */
const SCRIPTS = /^\/pkg\/dist\/workers\/.*\.js$/;

describe("encoding on WebGPU", () => {
  const pool = demoPool(24);
  let server;
  let browser;
  let native;
  /** A page that has encoded on WebGPU, and how many events it told then. */
  let running;
  let told;

  before(async () => {
    native = featureRows(folderFiles(featuresOf(pool)));
    server = await servePackage({ "/pool/": pool.folder });
    browser = await launchWatched(server, SOFTWARE_WEBGPU);
  });

  afterEach(async () => {
    server.faults.clear();
    for (const context of browser.contexts()) {
      if (context !== running?.page.context()) {
        await context.close();
      }
    }
  });

  after(async () => {
    await browser?.close();
    await server?.close();
  });

  /** What a selector says of itself. */
  async function created(options) {
    const page = await PackagePage.open(await browser.newContext(), server);
    await page.do("create", { encoder: "demo", ...options });
    return page.do("about");
  }

  /** A page with the dataset, run to its end. The GPU compiles its programs each time, which takes long. */
  async function run(options) {
    const page = await PackagePage.open(await browser.newContext(), server);
    await page.do("create", { encoder: "demo", ...options });
    await page.do("dataset", "/pool/");
    await page.do("run");
    const events = await page.events();
    return { page, events, encoder: events.find(({ type }) => type === "encoder") };
  }

  const cosineOf = async (page) => smallestCosine(featureRows(await page.export({ format: "features" })), native);

  // The other tests' adapter has timestamps.
  it("gives the embeddings of the command line's CPU, on an adapter without timestamps", async (context) => {
    const faults = [LOSES_DEVICE_ON_DEMAND, HAS_NO_TIMESTAMPS].map((code) => injectInto(server, SCRIPTS, code));
    const { page, events, encoder } = await run({ backend: "webgpu" });
    assert.ok(faults.every(({ met }) => met > 0));
    told = events.length;
    assert.equal(encoder.backend, "webgpu");
    assert.match(JSON.stringify(encoder.adapter), /swiftshader/i);
    assertCounts(events, pool.records);
    assertBefore(events, "encoder", "encoding");
    // What takes long before the first result is a stage that is told.
    const stages = events.filter(({ type }) => type === "stage").map(({ stage }) => stage);
    assert.ok(stages.includes("programs") && stages.includes("self-check"), `${stages}`);
    const cosine = await cosineOf(page);
    context.diagnostic(`smallest cosine to native flex: ${cosine}`);
    assert.ok(cosine >= 0.9999, `${cosine}`);
    const { positions } = await page.do("select", { ratio: 0.15 });
    const expected = new Set(JSON.parse(subsetOf(pool, ["--ratio", "0.15"]).manifest).positions);
    const common = positions.filter((position) => expected.has(position)).length;
    context.diagnostic(`subset overlap with native flex: ${common} of ${expected.size}`);
    assert.ok(common >= expected.size - 1, `${common} of ${expected.size}`);
    assert.deepEqual(page.complaints, []);
    running = page;
  });

  // In the same page: to compile the GPU's programs is what takes long here.
  it("goes on with another device where one is lost", async () => {
    // The device that takes its place can be lost too.
    injectInto(server, SCRIPTS, LOSES_DEVICE_ON_DEMAND);
    await running.do("tellOnce", "encoding", "lose device");
    // Shards of another length are another store, so that everything is encoded again.
    await running.do("run", { shardRecords: 8 });
    const events = (await running.events()).slice(told);
    const restarts = events.filter(({ type }) => type === "worker_restarted");
    assert.deepEqual(restarts.map(({ role }) => role), ["gpu"]);
    assert.match(restarts[0].reason, /lost/);
    const { inShards, encoded } = assertCounts(events, pool.records);
    assert.equal(inShards, encoded.rows);
    assert.ok((await cosineOf(running)) >= 0.9999);
  });

  it("believes no wrong results of the device that takes a lost one's place", async () => {
    // Scripts of workers that start from here on: the new device's.
    injectInto(server, SCRIPTS, DAMAGES_RESULTS);
    await running.do("tellOnce", "encoding", "lose device");
    await assert.rejects(running.do("run", { shardRecords: 6 }), ({ code }) => code === "self_check_failed");
  });

  it("is not what `auto` takes where the adapter is software, and it says why", async () => {
    const { backend } = await created({ backend: "auto" });
    assert.equal(backend.backend, "cpu");
    assert.match(backend.reason, /software/i);
  });

  it("is what `auto` takes where the adapter is a GPU", async () => {
    const fault = injectInto(server, SCRIPTS, LOOKS_LIKE_HARDWARE);
    const { backend } = await created({ backend: "auto" });
    assert.ok(fault.met > 0);
    assert.equal(backend.backend, "webgpu");
  });

  it("is replaced by the CPU where `auto` took it and it gives no device, and that is said", async () => {
    injectInto(server, SCRIPTS, LOOKS_LIKE_HARDWARE + GIVES_NO_DEVICE);
    const { page, events } = await run({ backend: "auto" });
    const taken = events.filter(({ type }) => type === "encoder").map(({ backend }) => backend);
    assert.deepEqual([...new Set(taken)], ["webgpu", "cpu"]);
    assert.match(events.findLast(({ type }) => type === "encoder").reason, /WebGPU .*failed/);
    assert.ok((await cosineOf(page)) >= 0.9999);
    // Nobody asked for another one there.
    await assert.rejects(run({ backend: "webgpu" }), ({ isOfaError }) => isOfaError);
  });

  for (const [what, code] of [
    ["where the browser has none", NO_WEBGPU],
    ["where the adapter's limits are too small", SMALL_LIMITS],
  ]) {
    it(`is refused ${what}`, async () => {
      const fault = injectInto(server, SCRIPTS, code);
      await assert.rejects(created({ backend: "webgpu" }), (error) => {
        assert.equal(error.code, "backend_unavailable", error.message);
        assert.ok(error.isOfaError);
        return true;
      });
      assert.ok(fault.met > 0);
      const { backend } = await created({ backend: "auto" });
      assert.equal(backend.backend, "cpu");
      assert.ok(backend.reason.length > 0);
    });
  }

  it("believes no result of a GPU that computes wrong ones", async () => {
    const fault = injectInto(server, SCRIPTS, DAMAGES_RESULTS);
    await assert.rejects(run({ backend: "webgpu" }), { code: "self_check_failed" });
    assert.ok(fault.met > 0);
  });

  it("is compared with the embeddings that are stored with the encoder", async () => {
    const fault = server.faults.add("/pkg/demo/encoder/self_check.safetensors", { change: withTextsTurned });
    await assert.rejects(run({ backend: "webgpu" }), (error) => {
      assert.equal(error.code, "self_check_failed", error.message);
      assert.match(error.message, /embedding of a text has a cosine of -(1\.0|0\.999)\d+ with the one that is stored/);
      return true;
    });
    assert.equal(fault.met, 1);
  });

  it("is compared with a worker on the CPU where nothing is stored with the encoder", async () => {
    server.mount("/hub/", huggingFaceLayout());
    const fault = injectInto(server, SCRIPTS, DAMAGES_RESULTS);
    await assert.rejects(run({ backend: "webgpu", encoder: { url: `${server.address}hub/` } }), (error) => {
      assert.equal(error.code, "self_check_failed", error.message);
      assert.match(error.message, /embedding of an image has a cosine of \S+ with the CPU's/);
      return true;
    });
    assert.ok(fault.met > 0);
    assert.ok(!server.log.some(({ path }) => path === "/hub/self_check.safetensors"));
  });
});
