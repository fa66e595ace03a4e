// How much memory a module takes that loads a CLIP of the usual size, from a file of 300 MB.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { after, before, describe, it } from "node:test";

import { PackagePage, servePackage } from "./package_page.mjs";
import { VIT_B_32 } from "./random_clip.mjs";
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

  async function loaded(name, images) {
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
      { name, config: VIT_B_32, images },
    );
    await page.context().close();
    assert.equal(said.error, undefined);
    assert.ok(said.weights > 300e6, `${said.weights}`);
    return said;
  }

  const megabytes = (bytes) => `${Math.round(bytes / 1e6)} MB`;

  it("stays under 400 MB on WebGPU", async (context) => {
    const { loaded: most, seconds } = await loaded("webgpu", 0);
    context.diagnostic(`${megabytes(most)} with all weights on the device, ${seconds.toFixed(1)} s`);
    assert.ok(most < 400e6, megabytes(most));
  });

  it("stays under 1 GB in a worker on the CPU, the largest batch included", async (context) => {
    const { loaded: most, end, rows, finite, seconds } = await loaded("pipeline", 32);
    context.diagnostic(`${megabytes(most)} loaded, ${seconds.toFixed(1)} s; ${megabytes(end)} after 32 images`);
    assert.equal(rows, 32 * VIT_B_32.projection_dim);
    assert.ok(finite);
    assert.ok(end < 1e9, megabytes(end));
  });
});
