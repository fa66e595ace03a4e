// Products of matrices: what their modules compute, and which of them the encoder takes.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { demoPool, featuresOf } from "./demo_pool.mjs";
import { featureRows, folderFiles, smallestCosine } from "./feature_rows.mjs";
import { PACKAGE, PackagePage, servePackage } from "./package_page.mjs";
import { launchWatched } from "./watched_chromium.mjs";

const MODULES = "/wasm/products.js";

/** Runs in the page: products of several shapes, each compared with sums in f64. */
async function largestError([address, name]) {
  // As `ofa_products::PackedWeight` lays a weight out.
  const together = 8;
  const packed = (weight, depth, columns) => {
    const values = new Float32Array(Math.ceil(columns / together) * together * depth);
    for (let row = 0; row < depth; row += 1) {
      for (let column = 0; column < columns; column += 1) {
        const panel = Math.floor(column / together) * together * depth;
        values[panel + row * together + (column % together)] = weight[row * columns + column];
      }
    }
    return values;
  };
  const memory = new WebAssembly.Memory({ initial: 64 });
  const { [name]: text } = await import(address);
  const bytes = Uint8Array.from(atob(text), (byte) => byte.charCodeAt(0));
  const { instance } = await WebAssembly.instantiate(bytes, { env: { memory } });
  const found = { error: 0, touched: 0, products: 0, exports: Object.keys(instance.exports) };
  for (const [rows, depth, columns] of [[1, 3, 8], [5, 17, 27], [13, 600, 40], [200, 96, 64]]) {
    const held = new Float32Array(memory.buffer);
    held.fill(7);
    const x = Float32Array.from({ length: rows * depth }, (_, at) => ((at * 7) % 101) / 101 - 0.5);
    const weight = Float32Array.from({ length: depth * columns }, (_, at) => ((at * 13) % 103) / 103 - 0.5);
    const laidOut = packed(weight, depth, columns);
    const [xAt, weightAt] = [1000, 1000 + x.length + 5];
    const productAt = weightAt + laidOut.length + 5;
    held.set(x, xAt);
    held.set(laidOut, weightAt);
    const before = held.slice();
    instance.exports.multiply(xAt * 4, rows, weightAt * 4, depth, columns, productAt * 4);
    for (let row = 0; row < rows; row += 1) {
      for (let column = 0; column < columns; column += 1) {
        let sum = 0;
        for (let at = 0; at < depth; at += 1) {
          sum += x[row * depth + at] * weight[at * columns + column];
        }
        const error = Math.abs(held[productAt + row * columns + column] - sum);
        found.error = Math.max(found.error, Number.isNaN(error) ? Infinity : error);
        found.products += 1;
      }
    }
    held.set(before.subarray(productAt, productAt + rows * columns), productAt);
    found.touched += held.filter((value, at) => value !== before[at]).length;
  }
  return found;
}

describe("products of matrices", () => {
  const pool = demoPool();
  let server;
  let browser;

  before(async () => {
    server = await servePackage({ "/pool/": pool.folder });
    browser = await launchWatched(server);
  });

  after(async () => {
    await browser?.close();
    await server?.close();
  });

  for (const name of ["fused", "plain"]) {
    it(`are exact to f32, and nothing but the product is written: ${name}`, async () => {
      const page = await PackagePage.open(await browser.newContext(), server);
      const found = await page.page.evaluate(largestError, [`/pkg${MODULES}`, name]);
      assert.ok(found.exports.includes("multiply"), found.exports.join(" "));
      assert.equal(found.products, 8 + 5 * 27 + 13 * 40 + 200 * 64);
      assert.ok(found.error < 1e-4, `${found.error}`);
      assert.equal(found.touched, 0);
      await page.page.context().close();
    });
  }

  /** The demo's embeddings by the CPU of a browser that refuses one of the modules. */
  async function encodedWithout(name) {
    const context = await browser.newContext();
    const script = readFileSync(join(PACKAGE, MODULES), "utf8");
    const refused = script.replace(new RegExp(`const ${name} = "[^"]+"`), `const ${name} = "AGFzbQIAAAA="`);
    assert.notEqual(refused, script);
    let answered = 0;
    await context.route(`**${MODULES}`, (route) => {
      answered += 1;
      return route.fulfill({ contentType: "text/javascript", body: refused });
    });
    const page = await PackagePage.open(context, server);
    await page.do("create", { encoder: "demo", backend: "cpu", workers: 1 });
    await page.do("dataset", "/pool/");
    await page.do("run");
    const features = featureRows(await page.export({ format: "features" }));
    await context.close();
    assert.ok(answered > 0, "the script was not asked for");
    return features;
  }

  it("are fused where the browser takes that, else plain, and the embeddings are the same", async (context) => {
    const native = featureRows(folderFiles(featuresOf(pool)));
    for (const name of ["plain", "fused"]) {
      const cosine = smallestCosine(await encodedWithout(name), native);
      context.diagnostic(`without ${name}: smallest cosine to native flex ${cosine}`);
      assert.ok(cosine >= 0.9999, `without ${name}: ${cosine}`);
    }
  });
});
