// A run that was stopped goes on where it was, in another page and another start of the browser.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { assertCounts } from "./browser_events.mjs";
import { demoPool, ENCODER, featuresOf, scratch, SELECTOR } from "./demo_pool.mjs";
import { PackagePage, servePackage } from "./package_page.mjs";
import { ofa } from "./program.mjs";
import { keptProfile, launchWatched } from "./watched_chromium.mjs";

/** Small shards, so that a short run has several. */
const RUN = { shardRecords: 40 };

describe("a feature store in the browser", () => {
  const pool = demoPool();
  let server;
  let whole;

  /** A browser with a profile of its own on the disk, for as long as `use` takes. */
  async function withProfile(use) {
    const profile = keptProfile();
    let context;
    /** Starts the browser, again where it runs. */
    const start = async (more) => {
      await context?.close();
      context = await profile.open(server, more);
      return context;
    };
    try {
      await use(start, profile);
    } finally {
      await context?.close();
      profile.remove();
    }
  }

  async function opened(context, options = {}) {
    const page = await PackagePage.open(context, server);
    await page.do("create", { encoder: "demo", backend: "cpu", workers: 1, ...options });
    await page.do("dataset", "/pool/");
    return page;
  }

  const exported = async (page) => page.export({ format: "features" });

  before(async () => {
    server = await servePackage({ "/pool/": pool.folder, "/features/": featuresOf(pool) });
    await withProfile(async (start) => {
      const page = await opened(await start());
      await page.do("run", RUN);
      whole = await exported(page);
    });
  });

  after(() => server?.close());

  function assertWhole(files) {
    assert.deepEqual([...files.keys()].sort(), [...whole.keys()].sort());
    for (const [name, bytes] of whole) {
      assert.ok(bytes.equals(files.get(name)), `${name}: other bytes than an uncut run's`);
    }
  }

  it("is as long as the dataset needs shards", () => {
    const shards = [...whole.keys()].filter((name) => name.endsWith(".safetensors"));
    assert.equal(shards.length, pool.records / RUN.shardRecords);
  });

  it("is gone on with after the browser was closed", async () => {
    await withProfile(async (start) => {
      const first = await opened(await start());
      const stop = { type: "shard_written", nth: 2 };
      await assert.rejects(first.do("run", { ...RUN, abort: true }, stop), { code: "aborted" });
      const second = await opened(await start());
      await second.do("run", RUN);
      const events = await second.events();
      const [encoding] = events.filter(({ type }) => type === "encoding");
      assert.equal(encoding.records_resumed, 2 * RUN.shardRecords);
      assertCounts(events, pool.records);
      assertWhole(await exported(second));
    });
  });

  it("is gone on with after its page was closed in the middle", async () => {
    await withProfile(async (start) => {
      const context = await start();
      const first = await opened(context);
      await first.do("begin", RUN);
      while ((await first.events("shard_written")).length === 0) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      await first.close();
      const second = await opened(context);
      await second.do("run", RUN);
      const [encoding] = await second.events("encoding");
      assert.ok(encoding.records_resumed >= RUN.shardRecords, `${encoding.records_resumed}`);
      assertWhole(await exported(second));
    });
  });

  it("needs no encoding a second time, is listed, and is gone when deleted", async () => {
    await withProfile(async (start) => {
      const context = await start();
      const first = await opened(context);
      assert.deepEqual(await first.do("stored"), []);
      await first.do("run", RUN);
      const [stored, ...others] = await first.do("stored");
      assert.deepEqual(others, []);
      assert.ok(stored.bytes > 0);
      await first.do("destroy");
      const second = await opened(context);
      await second.do("run", RUN);
      const encoded = await second.events("encoded");
      const [{ fingerprints }] = encoded;
      const native = JSON.parse(readFileSync(join(featuresOf(pool), "manifest.json")));
      assert.deepEqual(fingerprints, native.fingerprints);
      assert.deepEqual((await second.events("encoding")).filter(({ images_encoded: count }) => count > 0), []);
      assertWhole(await exported(second));
      await second.do("destroy");
      const third = await opened(context);
      await third.do("deleteStored", stored.id);
      assert.deepEqual(await third.do("stored"), []);
      await third.do("run", RUN);
      assert.ok((await third.events("encoding")).some(({ images_encoded: count }) => count > 0));
    });
  });

  it("is one page's at a time", async () => {
    await withProfile(async (start) => {
      const context = await start();
      const first = await opened(context);
      const second = await opened(context);
      await first.do("begin", RUN);
      while ((await first.events("encoding")).length === 0) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      await assert.rejects(second.do("run", RUN), { code: "store_in_use" });
      await first.do("finished");
      await first.do("destroy");
      await second.do("run", RUN);
      assertWhole(await exported(second));
    });
  });

  it("is kept in memory where the browser stores nothing, and that is told", async () => {
    await withProfile(async (start, profile) => {
      // As somebody has set who lets no site store anything.
      mkdirSync(join(profile.folder, "Default"), { recursive: true });
      const preferences = { profile: { default_content_setting_values: { cookies: 2 } } };
      writeFileSync(join(profile.folder, "Default", "Preferences"), JSON.stringify(preferences));
      const page = await opened(await start());
      await page.do("run", RUN);
      const [storage] = await page.events("storage");
      assert.ok(storage, "no event says where features are kept");
      assert.equal(storage.kind, "memory");
      assert.ok(storage.reason.length > 0);
      assertWhole(await exported(page));
      assert.deepEqual(await page.do("stored"), []);
    });
  });

  it("is kept in memory where that is asked for", async () => {
    await withProfile(async (start) => {
      const page = await opened(await start(), { storage: "memory" });
      await page.do("run", RUN);
      assertWhole(await exported(page));
      const context = page.page.context();
      const other = await opened(context);
      assert.deepEqual(await other.do("stored"), []);
    });
  });

  /** Little room, then enough again. */
  async function fill(context) {
    const page = await PackagePage.open(context, server);
    const devtools = await context.newCDPSession(page.page);
    const origin = new URL(server.address).origin;
    await devtools.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 30_000 });
    await page.do("create", { encoder: "demo", backend: "cpu", workers: 1 });
    await page.do("dataset", "/pool/");
    await assert.rejects(page.do("run", RUN), (error) => {
      assert.equal(error.code, "storage_full", error.message);
      assert.match(error.message, /\d+ KB more are needed/, "no amount is said");
      return true;
    });
    await devtools.send("Storage.overrideQuotaForOrigin", { origin });
    await page.do("run", RUN);
    assertWhole(await exported(page));
  }

  it("says how much room it needs where there is none, and goes on when there is", async () => {
    await withProfile(async (start) => fill(await start()));
  });

  it("says so in a private window too, where a write that is refused is no error", async () => {
    const browser = await launchWatched(server);
    try {
      await fill(await browser.newContext());
    } finally {
      await browser.close();
    }
  });

  it("can be the command line's, and then nothing is encoded", async () => {
    await withProfile(async (start) => {
      const page = await opened(await start());
      await page.do("openFeatures", "/features/");
      await page.do("run");
      const types = new Set((await page.events()).map(({ type }) => type));
      assert.ok(types.has("scored"));
      assert.ok(!types.has("encoding"), "it was encoded all the same");
    });
  });

  it("serves the command line", () => {
    const folder = join(scratch, "from-browser");
    mkdirSync(folder);
    for (const [name, bytes] of whole) {
      writeFileSync(join(folder, name), bytes);
    }
    const scored = ofa("score", folder, "--selector", SELECTOR, "-o", join(scratch, "from-browser.csv"));
    assert.equal(scored.rows, JSON.parse(whole.get("manifest.json")).rows);
    // And it takes it for its own: nothing is left to encode.
    const words = ["--images", pool.images, "--encoder", ENCODER, "--shard-records", `${RUN.shardRecords}`];
    const encoded = ofa("encode", pool.data, ...words, "--backend", "flex", "-o", folder);
    assert.equal(encoded.records_resumed, pool.records);
  });
});
