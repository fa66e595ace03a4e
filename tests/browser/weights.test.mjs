// An encoder at an address: what arrives is checked and kept, and what goes wrong is said.

import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";

import { demoPool, featuresOf } from "./demo_pool.mjs";
import { huggingFaceLayout, webLayout, weightsIn } from "./encoder_layouts.mjs";
import { APPENDS_TO_NO_FILE, HAS_NO_CACHE, injectInto, TELLS_READING } from "./faulty_workers.mjs";
import { featureRows, folderFiles, smallestCosine } from "./feature_rows.mjs";
import { PackagePage, servePackage } from "./package_page.mjs";
import { keptProfile, launchWatched } from "./watched_chromium.mjs";

/** Where encoders are kept is the coordinator's matter. */
const COORDINATOR = /\/workers\/coordinator\.js$/;

describe("an encoder at an address", () => {
  const pool = demoPool(40, 7);
  const folders = {};
  let server;
  let browser;

  before(async () => {
    folders.hub = huggingFaceLayout();
    folders.web = webLayout();
    server = await servePackage({ "/pool/": pool.folder, "/hub/": folders.hub, "/web/": folders.web });
    browser = await launchWatched(server);
  });

  afterEach(async () => {
    server.faults.clear();
    server.log.length = 0;
    for (const context of browser.contexts()) {
      await context.close();
    }
  });

  after(async () => {
    await browser?.close();
    await server?.close();
  });

  const encoderAt = (layout, more = {}) => ({ url: `${server.address}${layout}/`, ...more });

  async function create(context, encoder, more = {}) {
    const page = await PackagePage.open(context, server);
    await page.do("create", { encoder, backend: "cpu", workers: 1, ...more });
    return page;
  }

  async function encode(page) {
    await page.do("dataset", "/pool/");
    await page.do("run");
    return (await page.events("encoded"))[0];
  }

  const sizeOf = (layout, name) => statSync(join(folders[layout], name)).size;

  /** Bytes of blobs that the page's coordinator has read. */
  const bytesRead = (page) =>
    page.page.evaluate(async () => {
      const channel = new BroadcastChannel("reading");
      const told = new Promise((resolve) => (channel.onmessage = ({ data }) => resolve(data.bytes)));
      channel.postMessage("how much");
      const bytes = await told;
      channel.close();
      return bytes;
    });

  /** Opens the encoder and encodes with it: the bytes read for the former, and the fingerprints. */
  async function visited(context, layout) {
    const page = await create(context, encoderAt(layout));
    const bytes = await bytesRead(page);
    const { fingerprints } = await encode(page);
    await page.close();
    return { bytes, fingerprints };
  }

  /** Changes the last byte of a file of the encoder that is kept in a context. */
  async function changeKept(context, name) {
    const page = await PackagePage.open(context, server);
    await page.page.evaluate(async (name) => {
      const top = await navigator.storage.getDirectory();
      const encoders = await (await top.getDirectoryHandle("ofa")).getDirectoryHandle("encoders");
      for await (const encoder of encoders.values()) {
        const handle = await (await encoder.getDirectoryHandle("files")).getFileHandle(name);
        const file = await handle.getFile();
        const [last] = new Uint8Array(await file.slice(-1).arrayBuffer());
        const writer = await handle.createWritable({ keepExistingData: true });
        await writer.write({ type: "write", position: file.size - 1, data: Uint8Array.of(last ^ 1) });
        await writer.close();
      }
    }, name);
    await page.close();
  }

  const asked = (layout) => server.log.filter(({ path }) => path.startsWith(`/${layout}/`));
  const largest = (layout) => `/${layout}/${weightsIn(folders[layout])[0]}`;

  /** Encodes in another visit, for which nothing may be asked for, with the same encoder as before; then deletes that. */
  async function revisitAndDelete(context, layout, encoded) {
    const second = await create(context, encoderAt(layout));
    assert.deepEqual((await encode(second)).fingerprints, encoded.fingerprints);
    assert.deepEqual(asked(layout), []);
    const [stored] = await second.do("storedEncoders");
    await second.do("destroy");
    const third = await PackagePage.open(context, server);
    await third.do("create", { encoder: "demo", backend: "cpu", workers: 1 });
    await third.do("deleteStoredEncoder", stored.id);
    assert.deepEqual(await third.do("storedEncoders"), []);
  }

  for (const layout of ["hub", "web"]) {
    describe(`in the layout of the ${layout}`, () => {
      it("is downloaded, with its progress in bytes, and encodes", async () => {
        const page = await create(await browser.newContext(), encoderAt(layout));
        const encoded = await encode(page);
        assert.ok(encoded.rows > 0);
        const told = await page.events("downloading");
        const sizes = told.map(({ bytes }) => bytes);
        assert.deepEqual(sizes, [...sizes].sort((one, other) => one - other));
        const last = told.at(-1);
        assert.equal(last.bytes, last.of);
        assert.ok(last.of >= sizeOf(layout, weightsIn(folders[layout])[0]));
      });

      it("is the same encoder as its files dropped on the page", async () => {
        const byAddress = await encode(await create(await browser.newContext(), encoderAt(layout)));
        const byFiles = await encode(await create(await browser.newContext(), { files: `/${layout}/` }));
        assert.deepEqual(byAddress.fingerprints, byFiles.fingerprints);
        assert.equal(byAddress.encoder_settings, byFiles.encoder_settings);
      });

      it("is asked for once: the second visit makes no request", async () => {
        const profile = keptProfile();
        try {
          let context = await profile.open(server);
          const first = await create(context, encoderAt(layout));
          const encoded = await encode(first);
          assert.ok(asked(layout).length > 0);
          assert.equal((await first.do("storedEncoders")).length, 1);
          await context.close();
          server.log.length = 0;
          context = await profile.open(server);
          await revisitAndDelete(context, layout, encoded);
          await encode(await create(context, encoderAt(layout)));
          assert.ok(asked(layout).length > 0, "it was deleted, and nobody asked for it again");
          await context.close();
        } finally {
          profile.remove();
        }
      });

      it("is read through no second time to be hashed, so long as no file changes", async () => {
        injectInto(server, /\/workers\/coordinator\.js$/, TELLS_READING);
        // On a disk: files of Chromium's private windows have the time at which they came to be for ever.
        const profile = keptProfile();
        const context = await profile.open(server);
        try {
          const weights = weightsIn(folders[layout]).reduce((all, name) => all + sizeOf(layout, name), 0);
          const first = await visited(context, layout);
          assert.ok(first.bytes >= weights, `${first.bytes} bytes read, where ${weights} were to be hashed`);
          server.log.length = 0;
          const second = await visited(context, layout);
          // Configuration, tokenizer and the headers of weights.
          assert.ok(second.bytes < weights / 2, `${second.bytes} bytes read of ${weights} bytes of weights`);
          assert.deepEqual(second.fingerprints, first.fingerprints);
          const [changed] = weightsIn(folders[layout]);
          await changeKept(context, changed);
          const page = await create(context, encoderAt(layout));
          const bytes = await bytesRead(page);
          assert.ok(bytes >= sizeOf(layout, changed), `${bytes} bytes read, where ${changed} had changed`);
          if (layout === "hub") {
            // No hash says what it has to be: it is another encoder now, which the selector was not trained on.
            await assert.rejects(encode(page), { code: "fingerprint_mismatch" });
            assert.deepEqual(asked(layout), []);
          } else {
            assert.deepEqual((await encode(page)).fingerprints, first.fingerprints);
            assert.ok(asked(layout).some(({ path }) => path === largest(layout)), "it was not fetched again");
          }
        } finally {
          await context.close();
          profile.remove();
        }
      });

      it("goes on where the line was cut", async () => {
        const cut = server.faults.add(largest(layout), { breakAfter: 100_000, times: 1 });
        const page = await create(await browser.newContext(), encoderAt(layout));
        await encode(page);
        assert.equal(cut.met, 1);
        const weights = asked(layout).filter(({ path }) => path === largest(layout));
        const again = weights.filter(({ range }) => /^bytes=[1-9]/.test(range ?? ""));
        assert.ok(again.length > 0, "the part that was missing was not asked for by its range");
        const whole = sizeOf(layout, weightsIn(folders[layout])[0]);
        const sent = weights.reduce((all, one) => all + one.sent, 0);
        assert.ok(sent < whole + 50_000, `${sent} bytes sent of a file of ${whole}`);
      });

      it("goes on in another visit where every line is cut", async () => {
        const context = await browser.newContext();
        const cut = server.faults.add(largest(layout), { breakAfter: 100_000 });
        await assert.rejects(create(context, encoderAt(layout)), (error) => {
          assert.equal(error.code, "download_failed", error.message);
          assert.match(error.message, /broke off/);
          return true;
        });
        assert.ok(cut.met > 1);
        server.faults.clear();
        server.log.length = 0;
        await encode(await create(context, encoderAt(layout)));
        const ranges = asked(layout).filter(({ path }) => path === largest(layout)).map(({ range }) => range);
        assert.ok(ranges.every((range) => !/^bytes=0-\d{3,}/.test(range ?? "whole")), `${ranges}`);
      });

      it("is kept in the cache where no file can be appended to, and goes on there where the line was cut", async () => {
        injectInto(server, COORDINATOR, APPENDS_TO_NO_FILE);
        const context = await browser.newContext();
        const cut = server.faults.add(largest(layout), { breakAfter: 100_000 });
        await assert.rejects(create(context, encoderAt(layout)), { code: "download_failed" });
        assert.ok(cut.met > 1);
        server.faults.clear();
        injectInto(server, COORDINATOR, APPENDS_TO_NO_FILE);
        server.log.length = 0;
        const first = await create(context, encoderAt(layout));
        const encoded = await encode(first);
        const ranges = asked(layout).filter(({ path }) => path === largest(layout)).map(({ range }) => range);
        assert.ok(ranges.every((range) => /^bytes=[1-9]/.test(range ?? "whole")), `${ranges}`);
        assert.ok((await first.page.evaluate(() => caches.keys())).length > 0, "nothing is in the cache");
        await first.close();
        server.log.length = 0;
        await revisitAndDelete(context, layout, encoded);
      });

      it("is held in memory where nothing can be stored, and that is said", async () => {
        injectInto(server, COORDINATOR, APPENDS_TO_NO_FILE + HAS_NO_CACHE);
        const page = await create(await browser.newContext(), encoderAt(layout));
        assert.ok((await encode(page)).rows > 0);
        const notes = (await page.events("note")).map(({ text }) => text);
        assert.ok(notes.some((text) => /held in memory/.test(text)), `${notes}`);
        assert.deepEqual(await page.do("storedEncoders"), []);
      });

      it("comes whole from a server that gives no parts", async () => {
        server.faults.add(/\.safetensors$/, { ignoreRanges: true });
        const encoded = await encode(await create(await browser.newContext(), encoderAt(layout)));
        assert.ok(encoded.rows > 0);
      });

      for (const [what, fault, code, words] of [
        ["gives a web page", { html: true }, "download_failed", /page/i],
        ["refuses", { status: 403 }, "download_failed", /403/],
        ["has no such file", { status: 404 }, /^(download_failed|bad_encoder)$/, /safetensors/],
      ]) {
        it(`is refused where the server ${what}`, async () => {
          const met = server.faults.add(largest(layout), fault);
          await assert.rejects(create(await browser.newContext(), encoderAt(layout)), (error) => {
            assert.match(error.code, new RegExp(code));
            assert.match(error.message, words);
            return true;
          });
          assert.ok(met.met > 0);
        });
      }

      it("says how much room is needed where there is none, and goes on in memory where asked", async () => {
        const context = await browser.newContext();
        const page = await PackagePage.open(context, server);
        const devtools = await context.newCDPSession(page.page);
        const origin = new URL(server.address).origin;
        await devtools.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 1_000_000 });
        const options = { encoder: encoderAt(layout), backend: "cpu", workers: 1 };
        await assert.rejects(page.do("create", options), (error) => {
          assert.equal(error.code, "storage_full", error.message);
          assert.match(error.message, /\d{6,} bytes/);
          return true;
        });
        await page.do("create", { ...options, storage: "memory" });
        assert.ok((await encode(page)).rows > 0);
      });
    });
  }

  it("may have 8-bit weights, which change its embeddings a little", async (context) => {
    server.mount("/q8/", webLayout("q8"));
    const page = await create(await browser.newContext(), encoderAt("q8"));
    await encode(page);
    const native = featureRows(folderFiles(featuresOf(pool)));
    const cosine = smallestCosine(featureRows(await page.export({ format: "features" })), native);
    context.diagnostic(`smallest cosine to the whole weights, native: ${cosine}`);
    assert.ok(cosine > 0.99 && cosine < 1, `${cosine}`);
  });

  it("is refused where its bytes are others than its index says", async () => {
    const spoil = (bytes) => {
      const changed = Buffer.from(bytes);
      changed[changed.length - 1] ^= 1;
      return changed;
    };
    const met = server.faults.add(largest("web"), { change: spoil });
    const context = await browser.newContext();
    await assert.rejects(create(context, encoderAt("web")), { code: "hash_mismatch" });
    assert.ok(met.met > 0);
    // And what was wrong is not kept.
    server.faults.clear();
    assert.ok((await encode(await create(context, encoderAt("web")))).rows > 0);
  });

  it("is refused where it is not the one whose hash was given", async () => {
    const wrong = "0".repeat(64);
    await assert.rejects(create(await browser.newContext(), encoderAt("web", { sha256: wrong })), (error) => {
      assert.equal(error.code, "hash_mismatch", error.message);
      assert.ok(error.message.includes(wrong));
      return true;
    });
  });

  it("is refused where a page for people lies at the address, or nothing", async () => {
    server.faults.add(/^\/hub\//, { html: true });
    await assert.rejects(create(await browser.newContext(), encoderAt("hub")), { code: /./, message: /page/i });
    server.faults.clear();
    await assert.rejects(create(await browser.newContext(), encoderAt("nowhere")), { code: "bad_encoder" });
    await assert.rejects(create(await browser.newContext(), { url: "ftp://example.org/" }), { code: "bad_option" });
  });

  it("stops where its signal says so", async () => {
    server.faults.add(largest("hub"), { wait: 3000 });
    const page = await PackagePage.open(await browser.newContext(), server);
    const creating = page.do("create", { encoder: encoderAt("hub"), backend: "cpu", workers: 1, abort: true });
    const refused = assert.rejects(creating, { code: "aborted" });
    while (!asked("hub").some(({ path }) => path === largest("hub"))) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await page.do("abort");
    await refused;
  });

  it("has weights that are not what they say", async () => {
    const half = readFileSync(join(folders.hub, "model.safetensors")).subarray(0, 500_000);
    server.faults.add("/hub/model.safetensors", { change: () => half });
    await assert.rejects(create(await browser.newContext(), encoderAt("hub")), (error) => {
      assert.equal(error.code, "bad_encoder", error.message);
      assert.match(error.message, /model\.safetensors/);
      return true;
    });
  });
});
