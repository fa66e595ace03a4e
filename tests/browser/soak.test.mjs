// Five thousand records in one run: memory does not grow with what has been done.

import assert from "node:assert/strict";
import { linkSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { after, before, describe, it } from "node:test";

import { assertCounts } from "./browser_events.mjs";
import { demoPool, scratch } from "./demo_pool.mjs";
import { injectInto, TELLS_MEMORY } from "./faulty_workers.mjs";
import { memoryOf, MEASURES_MEMORY } from "./page_memory.mjs";
import { PackagePage, servePackage } from "./package_page.mjs";
import { launchWatched } from "./watched_chromium.mjs";

const RECORDS = 5000;
/** What may come on top between the middle and the end: 16 MB, in a page that has several hundred. */
const MARGIN = 16 * 2 ** 20;

/** A dataset of that many records, each with an image and texts of its own, so that all of them are read and embedded. */
function manyRecords() {
  const pool = demoPool();
  const folder = join(scratch, "many");
  mkdirSync(folder);
  mkdirSync(join(folder, "images"));
  const records = JSON.parse(readFileSync(pool.data, "utf8"));
  const many = Array.from({ length: RECORDS }, (_, nth) => {
    const record = structuredClone(records[nth % records.length]);
    for (const turn of record.conversations) {
      turn.value = turn.from === "human" ? `${turn.value} (${nth})` : turn.value;
    }
    if (typeof record.image === "string") {
      const image = `${nth}${extname(record.image)}`;
      try {
        linkSync(join(pool.images, record.image), join(folder, "images", image));
      } catch (error) {
        // The pool has records without their images, on purpose.
        if (error.code !== "ENOENT") {
          throw error;
        }
      }
      record.image = image;
    }
    return { ...record, id: nth };
  });
  writeFileSync(join(folder, "data.json"), JSON.stringify(many));
  return folder;
}

describe("a long run in a browser", () => {
  let server;
  let browser;

  before(async () => {
    server = await servePackage({ "/many/": manyRecords() }, { isolated: true });
    injectInto(server, /^\/pkg\/dist\/workers\/.*\.js$/, TELLS_MEMORY);
    browser = await launchWatched(server, MEASURES_MEMORY);
  });

  after(async () => {
    await browser?.close();
    await server?.close();
  });

  it("takes no more memory at its end than in its middle", async (context) => {
    const page = await PackagePage.open(await browser.newContext(), server);
    await page.do("create", { encoder: "demo", backend: "cpu", workers: 2 });
    const readings = {};
    const read = async (when) => {
      readings[when] = await memoryOf(browser, page.page);
      const told = Object.entries(readings[when]).map(([name, bytes]) => `${name} ${(bytes / 2 ** 20).toFixed(1)} MB`);
      context.diagnostic(`${when}: ${told.join(", ")}`);
    };
    await read("before");
    await page.do("dataset", "/many/");
    const begun = Date.now();
    await page.do("begin", { shardRecords: 1000 });
    for (const [when, records] of [["after a tenth", RECORDS / 10], ["in the middle", RECORDS / 2]]) {
      await page.do("reached", records);
      await page.do("pause");
      await read(when);
      await page.do("resume");
    }
    await page.do("finished");
    context.diagnostic(`${RECORDS} records in ${Math.round((Date.now() - begun) / 1000)} s`);
    await read("after");
    assertCounts(await page.events(), RECORDS);
    for (const [name, bytes] of Object.entries(readings.after)) {
      const growth = bytes - readings["in the middle"][name];
      assert.ok(growth < MARGIN, `${name}: ${growth} bytes more at the end than in the middle`);
    }
    // Two workers and the one that leads them have a module each.
    assert.ok(readings.after.wasm > readings.before.wasm && readings.before.wasm > 0, "no module was measured");
    // Something was measured at all, and what is measured grows with what is held.
    assert.ok(readings["in the middle"].page > readings.before.page);
    const held = await page.page.evaluate(() => {
      window.held = new Uint8Array(64 * 2 ** 20).fill(1);
      return window.held.length;
    });
    const heavier = await memoryOf(browser, page.page);
    assert.ok(heavier.page - readings.after.page > held / 2, "64 MB more were not noticed");
  });
});
