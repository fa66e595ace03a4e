// Dropped folders where the browser has no handles of them, as Firefox and Safari have none: they come as entries, some at
// a time.

import assert from "node:assert/strict";
import { cpSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { checkOf, demoPool } from "../demo_pool.mjs";
import { DatasetPage } from "./dataset_page.mjs";
import { folder } from "./datasets.mjs";
import { dropFiles } from "./drops.mjs";
import { servePage } from "./served_page.mjs";

/** Run in the page before its own scripts: no handles, and how many entries came each time that some were asked for. */
function withoutHandles() {
  delete DataTransferItem.prototype.getAsFileSystemHandle;
  window.entriesRead = [];
  // The kind of readers has no name in the page, so it is met with the first of them.
  const watched = new Set();
  const watch = (readers) => {
    const { readEntries } = readers;
    watched.add(readers);
    readers.readEntries = function (given, failed) {
      const count = (entries) => {
        window.entriesRead.push(entries.length);
        given(entries);
      };
      readEntries.call(this, count, failed);
    };
  };
  const { webkitGetAsEntry } = DataTransferItem.prototype;
  DataTransferItem.prototype.webkitGetAsEntry = function () {
    const entry = webkitGetAsEntry.call(this);
    if (entry?.isDirectory) {
      const readers = Object.getPrototypeOf(entry.createReader());
      if (!watched.has(readers)) {
        watch(readers);
      }
    }
    return entry;
  };
}

/** A pool whose images lie in one folder, and that folder in others. */
function flatPool(pool) {
  const made = folder("flat");
  cpSync(pool.data, join(made, "data.json"));
  const images = readdirSync(pool.images, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  images.forEach((entry) => cpSync(join(entry.parentPath ?? entry.path, entry.name), join(made, "deep", "er", entry.name)));
  return { folder: made, images: readdirSync(join(made, "deep", "er")).length };
}

describe("a folder dropped where there are no handles", () => {
  const pool = demoPool(400);
  let site;
  let page;

  before(async () => {
    site = await servePage();
    const context = await site.browser.newContext({ viewport: { width: 1280, height: 900 } });
    page = await DatasetPage.open(context, site, { prepare: withoutHandles });
  });

  after(() => site?.close());

  const entriesRead = () => page.page.evaluate(() => window.entriesRead.splice(0));

  it("has all images of a large folder found", async () => {
    const flat = flatPool(pool);
    assert.ok(flat.images > 250, `${flat.images} images are too few to prove something`);
    await dropFiles(page.page, flat.folder);
    await page.checked();
    const words = await page.page.locator("#data").innerText();
    assert.match(words, new RegExp(`400 records\\. 1 JSON file and a folder of ${flat.images} images\\.`));
    const read = await entriesRead();
    // Chromium gives a hundred of them first. If all came at once, there was nothing to go on with.
    assert.ok(Math.max(...read) < flat.images, read.join());
    assert.equal(read.reduce((all, entries) => all + entries, 0), flat.images + ["data.json", "deep", "er"].length);
  });

  it("has all of many folders found, and the same records encoded as `ofa check` says", async () => {
    await page.button("Close this dataset").click();
    await dropFiles(page.page, pool.folder);
    const { encoded } = await page.checked();
    assert.ok((await entriesRead()).length > 10);
    assert.equal(encoded, checkOf(pool).would_be_encoded);
    await page.start();
    assert.equal(await page.scored(), checkOf(pool, ["--deep"]).would_be_encoded);
  });

  it("takes files beside a folder, and a file alone", async () => {
    await page.button("Close this dataset").click();
    await dropFiles(page.page, pool.images, pool.data);
    assert.equal((await page.checked()).encoded, checkOf(pool).would_be_encoded);
    await page.button("Close this dataset").click();
    await dropFiles(page.page, pool.data);
    assert.equal((await page.checked()).encoded, 0);
  });

  it("cannot be opened again by itself on the next visit, and the page does not say so", async () => {
    await page.page.reload();
    await page.page.locator("#data-heading").waitFor();
    await page.page.getByRole("complementary", { name: "From your last visit" }).waitFor();
    assert.equal(await page.page.getByRole("button", { name: /^Open .*again$/ }).count(), 0);
  });

  it("left nothing in the console", () => {
    assert.deepEqual(page.complaints, []);
  });
});
