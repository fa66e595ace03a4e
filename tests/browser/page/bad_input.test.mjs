// What is dropped by mistake, and browsers that lack something: a clear sentence and a way on.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";

import { demoPool, subsetOf } from "../demo_pool.mjs";
import { folder, formerSubset, recordsAlone, strangers, tornRecords } from "./datasets.mjs";
import { dropFiles, dropLink, dropText } from "./drops.mjs";
import { freshPages } from "./fresh_pages.mjs";

describe("what is dropped by mistake", () => {
  const pool = demoPool();
  const other = demoPool(60, 7);
  const fresh = freshPages();
  let page;

  async function open(options = {}, contextOptions = {}) {
    page = await fresh.open(options, contextOptions);
    return page;
  }

  /** What the page says of the last drop. */
  async function notice() {
    const words = page.page.locator(".notices > .notice");
    await words.waitFor();
    return words.innerText();
  }

  /** Whatever was dropped, the next drop is taken. */
  async function goesOn() {
    await dropFiles(page.page, other.folder);
    await page.page.getByText("60 records.").waitFor();
    await page.checked();
    assert.ok(await page.button("Encode and score").isEnabled());
  }

  /** There are the ways to choose something else. */
  const offersFiles = async () => assert.ok((await page.button("Choose files").count()) > 0);

  it("an empty folder", async () => {
    await open();
    await dropFiles(page.page, folder("empty"));
    assert.match(await notice(), /^The folder is empty\. Choose the one that the dataset's .* file is in\./);
    await offersFiles();
    await goesOn();
  });

  it("10,000 files that are no records and no images", async () => {
    await open();
    await dropFiles(page.page, strangers(10_000));
    const words = await notice();
    assert.match(words, /^Of 10,000 files none is of use here/);
    assert.match(words, /10,000 files not used/);
    // A line for each reason, and not for each file.
    const lines = await page.page.locator(".notices li").allInnerTexts();
    assert.equal(lines.length, 2);
    assert.match(lines[0], /\.dat and 8,999 others: .dat files are neither records nor images/);
    await offersFiles();
    await goesOn();
  });

  it("records without their images, then the images", async () => {
    await open();
    await dropFiles(page.page, recordsAlone(pool));
    assert.equal((await page.checked()).encoded, 0);
    const words = await page.page.locator("#data").innerText();
    assert.match(words, /None of the 190 images that the records name is here\. Drop the folder, zip or tar that they are in\./);
    assert.match(words, /Images not readable\s+no image was tried/);
    assert.ok(!words.includes("About that many"));
    assert.match(await page.page.locator("#run").innerText(), /There is nothing to encode/);
    assert.ok(!(await page.button("Encode and score").isEnabled()));
    await dropFiles(page.page, pool.images);
    await page.page.getByText("194 of 200 records can be encoded.").waitFor();
    assert.ok(await page.button("Encode and score").isEnabled());
  });

  it("images without records, then the records", async () => {
    await open();
    await dropFiles(page.page, pool.images);
    const waiting = page.part("Waiting for the records");
    await waiting.waitFor();
    assert.match(await waiting.innerText(), /188 images\. Now drop the JSON, JSONL or Parquet file whose records name these images\./);
    await offersFiles();
    await dropFiles(page.page, pool.data);
    assert.equal((await page.checked()).encoded, 194);
    await waiting.waitFor({ state: "detached" });
  });

  it("a single image", async () => {
    await open();
    const [first] = readdirSync(pool.images, { recursive: true }).filter((name) => /\.(png|jpg)$/.test(name));
    await page.chooseFiles(join(pool.images, first));
    assert.match(await page.part("Waiting for the records").innerText(), /1 image\. Now drop/);
    await page.button("Put away").click();
    await page.part("Waiting for the records").waitFor({ state: "detached" });
    await goesOn();
  });

  it("the subset of a former run", async () => {
    const subset = subsetOf(pool, ["--ratio", "0.15"]);
    await open();
    await dropFiles(page.page, formerSubset(pool, subset));
    const { encoded } = await page.checked();
    assert.equal(encoded, JSON.parse(subset.records).length);
    assert.match(await notice(), /subset\.json is itself a subset: 30 of 200 records that a former run chose\./);
    await goesOn();
  });

  it("records that end in the middle", async () => {
    await open();
    await dropFiles(page.page, tornRecords(pool));
    const alert = page.page.getByRole("alert").filter({ hasText: "This cannot be opened as a dataset" });
    await alert.waitFor();
    assert.match(await alert.innerText(), /data\.json/);
    await alert.getByRole("button", { name: "Dismiss" }).click();
    await offersFiles();
    await goesOn();
  });

  it("a link, and a piece of text", async () => {
    await open();
    await dropLink(page.page, "https://elsewhere.example/data.zip");
    assert.match(await notice(), /^A link was dropped\. This page fetches nothing from elsewhere: save the file/);
    await dropText(page.page, '{"id": 1}');
    await page.page.getByText("Text was dropped. Save it as a .json or .jsonl file, then drop that file.").waitFor();
    assert.equal(page.page.url(), fresh.site.address);
    await goesOn();
    assert.deepEqual(fresh.site.foreign(), []);
  });

  it("another dataset, in the middle of a run", async () => {
    await open();
    await dropFiles(page.page, pool.folder);
    await page.checked();
    await page.start();
    await page.button("Pause").click();
    await dropFiles(page.page, other.folder);
    const dialog = page.page.getByRole("dialog", { name: "Open this instead?" });
    await dialog.waitFor();
    assert.match(await dialog.innerText(), /A run is going on\. It ends, and what .+ is kept/);
    await dialog.getByRole("button", { name: "Keep what is open" }).click();
    await page.button("Go on").click();
    assert.equal(await page.scored(), 194);
    // And with scores on the page.
    await dropFiles(page.page, other.folder);
    assert.match(await dialog.innerText(), /The scores and the subset on this page go\./);
    await page.page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    assert.equal(await page.chosen(), 30);
    await dropFiles(page.page, other.folder);
    await dialog.getByRole("button", { name: "Open it" }).click();
    await page.checked();
    await page.page.getByText("60 records.").waitFor();
    assert.equal(await page.part("Budget").count(), 0);
  });

  for (const [missing, prepare, words] of [
    ["WebAssembly", () => delete window.WebAssembly, /WebAssembly with SIMD/],
    ["workers", () => delete window.Worker, /module workers/],
    ["dialogs", () => delete window.HTMLDialogElement, /dialogs/],
    ["newer methods of lists", () => delete Array.prototype.toSorted, /such as toSorted/],
    ["canvases out of sight", () => delete window.OffscreenCanvas, /OffscreenCanvas/],
  ]) {
    it(`a browser without ${missing}`, async () => {
      await open({ prepare });
      const alert = page.page.getByRole("alert");
      assert.match(await alert.innerText(), /^This browser cannot run it/);
      assert.match(await alert.innerText(), words);
      assert.match(await alert.innerText(), /A current Chrome, Edge, Firefox or Safari has them all\. Or use the command line program/);
    });
  }

  it("a browser that cannot read the page's scripts", async () => {
    const change = fresh.site.way.change(/^\/assets\/index-.*\.js$/, () => "what is this?");
    const context = await fresh.site.browser.newContext({ serviceWorkers: "block" });
    const old = await context.newPage();
    await old.goto(fresh.site.address);
    const words = old.getByText("If nothing else appears here, this page needs a newer browser: a current Chrome, Edge, Firefox or Safari.");
    // There is time for the page to come instead.
    assert.equal(await words.count(), 1);
    assert.ok(!(await words.isVisible()));
    await words.waitFor();
    fresh.site.way.unchange();
    assert.ok(change.met > 0);
    await open();
    await page.page.locator(".not-started").waitFor({ state: "hidden" });
  });

  it("a browser without a script", async () => {
    const context = await fresh.site.browser.newContext({ javaScriptEnabled: false });
    const bare = await context.newPage();
    await bare.goto(fresh.site.address);
    assert.match(await bare.locator("body").innerText(), /needs JavaScript/);
  });

  it("a tab that may store nothing", async () => {
    // In the page and in its workers, as browsers refuse it in private windows.
    const refuse = `navigator.storage.getDirectory = () => Promise.reject(new DOMException("refused", "SecurityError"));`;
    const change = fresh.site.way.change(/^\/assets\/.*\.js$/, (text) => `${refuse}\n${text}`);
    await open(
      {
        prepare: () => {
          const refused = () => {
            throw new DOMException("refused", "SecurityError");
          };
          for (const name of ["localStorage", "sessionStorage", "indexedDB", "caches"]) {
            Object.defineProperty(window, name, { get: refused });
          }
        },
      },
      { serviceWorkers: "block" },
    );
    await dropFiles(page.page, pool.folder);
    await page.checked();
    await page.start();
    await page.page.getByText(/This browser keeps nothing for this page/).waitFor();
    await page.button("Stop").click();
    await page.page.getByText("Stopped. Features are held in memory only here, so the next run starts anew.").waitFor();
    await page.start();
    assert.equal(await page.scored(), 194);
    assert.equal(JSON.parse((await page.save("subset.json")).bytes).length, 30);
    fresh.site.way.unchange();
    assert.ok(change.met > 2, `${change.met} scripts were changed`);
  });
});
