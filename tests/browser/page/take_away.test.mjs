// How files leave the page: as downloads of the browser, to a place that its user points out, or, ended on the way, not at
// all. And what a subset has in common with a random one.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { unzipSync } from "fflate";

import { demoPool } from "../demo_pool.mjs";
import { DatasetPage, numberOf } from "./dataset_page.mjs";
import { dropFiles } from "./drops.mjs";
import { freshPages } from "./fresh_pages.mjs";
import { assertSameBytes } from "./same_bytes.mjs";
import { exportsOf, subsetOfExports } from "./subset_of_exports.mjs";

const pool = demoPool();

/** Run in the page: no more than a piece of a stream is taken from now on, until the stream is ended. */
function stall() {
  const { write } = WritableStreamDefaultWriter.prototype;
  let pieces = 0;
  WritableStreamDefaultWriter.prototype.write = function (piece) {
    pieces += 1;
    return pieces === 1 ? write.call(this, piece) : new Promise((_, reject) => this.closed.catch(reject));
  };
  window.goOn = () => (WritableStreamDefaultWriter.prototype.write = write);
}

/**
 * Run in the page: the browser's dialog, answered with a file of the browser's own folder. With `stalls` the disk is busy
 * with the second piece until `diskIsFree`.
 */
function answerDialog({ stalls }) {
  window.showSaveFilePicker = async ({ suggestedName }) => {
    const file = await (await navigator.storage.getDirectory()).getFileHandle(suggestedName, { create: true });
    if (stalls) {
      const createWritable = file.createWritable.bind(file);
      file.createWritable = async () => {
        const writer = (await createWritable()).getWriter();
        const free = new Promise((resolve) => (window.diskIsFree = resolve));
        let pieces = 0;
        return new WritableStream({
          write: async (piece) => {
            pieces += 1;
            await (pieces > 1 && free);
            await writer.write(piece);
          },
          close: () => writer.close(),
          abort: (reason) => writer.abort(reason),
        });
      };
    }
    return file;
  };
}

/** The bytes of a file of the browser's own folder; undefined where there is none. */
async function ownFile(page, name) {
  const bytes = await page.page.evaluate(async (name) => {
    const folder = await navigator.storage.getDirectory();
    for await (const [found, handle] of folder.entries()) {
      if (found === name) {
        return [...new Uint8Array(await (await handle.getFile()).arrayBuffer())];
      }
    }
    return undefined;
  }, name);
  return bytes && Buffer.from(bytes);
}

/** Files in a zip are the same; when they were packed is not. */
function assertSameFiles(found, expected) {
  const [one, other] = [unzipSync(found), unzipSync(expected)];
  assert.deepEqual(Object.keys(one), Object.keys(other));
  Object.entries(one).forEach(([name, bytes]) => assertSameBytes(bytes, other[name], name));
}

describe("taking away", () => {
  const fresh = freshPages();
  let page;

  async function scored({ fragment, ...more } = {}) {
    page = await fresh.open({ fragment }, more);
    await dropFiles(page.page, pool.folder);
    await page.checked();
    await page.start();
    await page.scored();
  }

  const withImages = () => page.page.getByLabel("With their images, in one zip").check();

  /** Whatever became of the last one, the next file is saved. */
  async function goesOn() {
    await page.page.getByLabel("With their images, in one zip").uncheck();
    await page.page.evaluate(() => delete window.showSaveFilePicker);
    assert.equal(JSON.parse((await page.save("subset.json")).bytes).length, await page.chosen());
  }

  it("streams a zip through the worker, and makes it in memory where there is none", async () => {
    await scored();
    await withImages();
    const streamed = await page.save("subset.zip");
    assert.match(streamed.url, new RegExp(`^${fresh.site.address}download/[^/]+/subset\\.zip$`));
    assert.ok(Object.keys(unzipSync(streamed.bytes)).length > 20);
    const features = await page.save("features.zip");
    assert.match(features.url, /\/download\/[^/]+\/features\.zip$/);
    await page.page.context().close();
    await scored({ serviceWorkers: "block" });
    await withImages();
    const whole = await page.save("subset.zip");
    assert.match(whole.url, /^blob:/);
    assertSameFiles(whole.bytes, streamed.bytes);
  });

  it("gives what is at the address of a download once", async () => {
    await scored();
    await withImages();
    const { url } = await page.save("subset.zip");
    // From the second visit on a page's own requests are the worker's to answer.
    const other = await DatasetPage.open(page.page.context(), fresh.site);
    assert.equal(await other.page.evaluate((url) => fetch(url).then(({ status }) => status), url), 410);
    await other.close();
  });

  it("writes a zip to the place that its user points out", async () => {
    await scored();
    await withImages();
    const { bytes } = await page.save("subset.zip");
    await page.page.evaluate(answerDialog, { stalls: false });
    await page.button("Save subset.zip").click();
    // The page still says so of the one before until this one begins.
    await page.page.waitForFunction(async () => {
      const folder = await navigator.storage.getDirectory();
      return (await (await folder.getFileHandle("subset.zip", { create: true })).getFile()).size > 0;
    });
    await page.page.getByText(/^subset\.zip is saved/).waitFor();
    assertSameFiles(await ownFile(page, "subset.zip"), bytes);
    await goesOn();
  });

  it("leaves no file where a saving to such a place is ended", async () => {
    await scored();
    await withImages();
    await page.page.evaluate(answerDialog, { stalls: true });
    await page.button("Save subset.zip").click();
    await page.page.getByRole("progressbar", { name: "Saving subset.zip" }).waitFor();
    await page.page.waitForFunction(() => window.diskIsFree !== undefined);
    assert.match(await page.page.locator(".save-going").innerText(), /\d (B|KB|MB)/);
    // Another one has to wait.
    assert.equal(await page.button("Save report.html").getAttribute("aria-disabled"), "true");
    assert.ok(await ownFile(page, "subset.zip"), "the dialog made no file");
    await page.page.locator(".save-going").getByRole("button", { name: "Cancel" }).click();
    // What is being written comes to its end, by the rules of streams.
    await page.page.evaluate(() => window.diskIsFree());
    await page.page.getByText("subset.zip was not saved.").waitFor();
    assert.equal(await ownFile(page, "subset.zip"), undefined);
    await goesOn();
  });

  /** A download of a zip that stands still in its middle, until `goOn`. */
  async function stalledDownload() {
    await scored();
    await withImages();
    await page.page.evaluate(stall);
    const [download] = await Promise.all([page.page.waitForEvent("download"), page.button("Save subset.zip").click()]);
    await page.page.getByRole("progressbar", { name: "Saving subset.zip" }).waitFor();
    return download;
  }

  it("leaves no file where a download is ended by the page's button", async () => {
    const download = await stalledDownload();
    await page.page.locator(".save-going").getByRole("button", { name: "Cancel" }).click();
    await page.page.getByText("subset.zip was not saved.").waitFor();
    assert.ok(await download.failure(), "the browser has a whole file");
    await page.page.evaluate(() => window.goOn());
    await goesOn();
  });

  it("hears of a download that is ended in the browser", async () => {
    const download = await stalledDownload();
    await download.cancel();
    await page.page.getByText("subset.zip was not saved.").waitFor();
    await page.page.evaluate(() => window.goOn());
    await goesOn();
  });

  it("compares with the random subset that the program draws by the same seed", async () => {
    await scored({ fragment: "count=60&seed=7" });
    const exports = await exportsOf(page);
    await page.button("With a random subset of this size").click();
    const says = page.part("Compare").getByText(/are in both/);
    for (const count of [60, 30]) {
      await page.setBudget({ count });
      await page.chosen(count);
      const positions = (words) => JSON.parse(subsetOfExports(exports, pool.data, ["--count", `${count}`, ...words]).manifest).positions;
      const own = new Set(positions([]));
      const random = positions(["--method", "random", "--seed", "7", "--no-quotas"]);
      const both = random.filter((position) => own.has(position)).length;
      // The random one follows a moment after the budget.
      await says.filter({ hasText: `seed 7, without quotas) ${count};` }).waitFor();
      const [, first, second, found, jaccard] =
        /This subset has (\d+) records, a random subset \(seed 7, without quotas\) (\d+); (\d+) are in both \(Jaccard ([\d.]+)\)/.exec(
          await says.innerText(),
        );
      assert.deepEqual([first, second, found].map(numberOf), [own.size, random.length, both]);
      assert.equal(jaccard, (both / (2 * count - both)).toFixed(2));
    }
  });
});
