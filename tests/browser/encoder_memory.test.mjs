// How much memory a module takes that loads a CLIP of the usual size, from a file of 300 MB, and embeds.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { after, before, describe, it } from "node:test";

import { GPU_PIECE, TEXT_TOKENS } from "../../pkg/dist/encoder_pool.js";
import { PackagePage, servePackage } from "./package_page.mjs";
import { NARROW, VIT_B_32 } from "./random_clip.mjs";
import { launchWatched, SOFTWARE_WEBGPU } from "./watched_chromium.mjs";

const script = (name) => readFileSync(fileURLToPath(new URL(name, import.meta.url)));

describe("memory for a ViT-B/32", () => {
  let server;
  let browser;

  before(async () => {
    const scripts = new Map(["loading_worker.mjs", "random_clip.mjs"].map((name) => [name, script(name)]));
    server = await servePackage({ "/loading/": scripts });
    browser = await launchWatched(server, SOFTWARE_WEBGPU);
  });

  after(async () => {
    await browser?.close();
    await server?.close();
  });

  async function loaded(name, images, beside) {
    const { page } = await PackagePage.open(await browser.newContext(), server);
    page.setDefaultTimeout(0);
    const said = await page.evaluate(
      (asked) =>
        new Promise((resolve) => {
          const worker = new Worker("/loading/loading_worker.mjs", { type: "module" });
          worker.onmessage = ({ data }) => resolve(data);
          worker.onerror = ({ message }) => resolve({ error: message });
          worker.postMessage(asked);
        }),
      { name, config: VIT_B_32, images, beside },
    );
    await page.context().close();
    assert.equal(said.error, undefined);
    assert.ok(said.finite);
    assert.ok(said.weights > 300e6, `${said.weights}`);
    return said;
  }

  const megabytes = (bytes) => `${Math.round(bytes / 1e6)} MB`;

  /** What the package's pool has on its way to a GPU at a time: two pieces of images, or two of texts. */
  const PIECES = {
    images: [GPU_PIECE, GPU_PIECE],
    texts: [16, 77].map((length) => ({ count: Math.floor(TEXT_TOKENS / 2 / length), length })),
  };

  // A software adapter would be at whole pieces of a ViT-B/32 for about half an hour. So that one embeds an image,
  // and an encoder with narrow towers, in the same module and with the large one in place, embeds the pieces: what these
  // take of the module's memory are inputs and results. What depends on the towers is on the device.
  it("stays under 400 MB on WebGPU, the largest batches included", async (context) => {
    const { loaded: most, end, rows, seconds } = await loaded("webgpu", 1, { config: NARROW, ...PIECES });
    context.diagnostic(
      `${megabytes(most)} with all weights on the device, ${seconds.toFixed(1)} s; ${megabytes(end)} after batches`,
    );
    const items = [1, ...PIECES.images, ...PIECES.texts.map(({ count }) => count)];
    assert.deepEqual(rows, items.map((count) => count * VIT_B_32.projection_dim));
    assert.ok(end < 400e6, megabytes(end));
  });

  it("stays under 1 GB in a worker on the CPU, the largest batch included", async (context) => {
    const { loaded: most, end, rows, seconds } = await loaded("pipeline", 32);
    context.diagnostic(`${megabytes(most)} loaded, ${seconds.toFixed(1)} s; ${megabytes(end)} after 32 images`);
    assert.deepEqual(rows, [32 * VIT_B_32.projection_dim]);
    assert.ok(end < 1e9, megabytes(end));
  });
});
