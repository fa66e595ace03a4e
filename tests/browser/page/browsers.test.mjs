// What browsers differ in: dialogs for folders and for files to save, WebGL, small screens that are touched.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";

import { demoPool } from "../demo_pool.mjs";
import { DatasetPage } from "./dataset_page.mjs";
import { dropFiles } from "./drops.mjs";
import { servePage } from "./served_page.mjs";

describe("the page in browsers that differ", () => {
  const pool = demoPool(60, 7);
  let site;

  before(async () => {
    site = await servePage();
  });

  after(() => site?.close());

  async function scored(context, options) {
    const page = await DatasetPage.open(context, site, options);
    await dropFiles(page.page, pool.folder);
    await page.checked();
    await page.start();
    await page.scored();
    return page;
  }

  it("saves to the place that its user points out, and nowhere where its user does not", async () => {
    const page = await scored(await site.browser.newContext({ viewport: { width: 1280, height: 900 } }));
    const expected = (await page.save("subset.json")).bytes;
    // The browser's dialog, answered: the browser's own folder stands for the disk.
    const answer = (how) =>
      page.page.evaluate((how) => {
        window.showSaveFilePicker = async ({ suggestedName }) => {
          if (how !== "chosen") {
            throw new DOMException("not there", how);
          }
          return (await navigator.storage.getDirectory()).getFileHandle(`mine-${suggestedName}`, { create: true });
        };
      }, how);
    await answer("chosen");
    await page.button("Save subset.json").click();
    await page.page.getByText(/^mine-subset\.json is saved/).waitFor();
    const written = await page.page.evaluate(async () => {
      const handle = await (await navigator.storage.getDirectory()).getFileHandle("mine-subset.json");
      return (await handle.getFile()).text();
    });
    assert.equal(written, expected.toString());
    await answer("AbortError");
    await page.button("Save subset.json").click();
    await page.page.getByText("subset.json was not saved.").waitFor();
    await answer("NotAllowedError");
    await page.button("Save subset.json").click();
    const alert = page.page.getByRole("alert").filter({ hasText: "subset.json could not be saved." });
    await alert.waitFor();
    assert.match(await alert.innerText(), /The browser may not write there\. Choose another folder/);
    assert.deepEqual(page.complaints, []);
    await page.page.context().close();
  });

  it("opens the folder that its user points out, and again after a reload", async () => {
    const page = await DatasetPage.open(await site.browser.newContext({ viewport: { width: 1280, height: 900 } }), site);
    await page.page.evaluate(async (text) => {
      const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("picked", { create: true });
      const writable = await (await folder.getFileHandle("data.json", { create: true })).createWritable();
      await writable.write(text);
      await writable.close();
      window.showDirectoryPicker = async () => folder;
    }, readFileSync(pool.data, "utf8"));
    await page.button("Choose a folder").click();
    assert.equal((await page.checked()).encoded, 0);
    await page.page.reload();
    const aside = page.page.getByRole("complementary", { name: "From your last visit" });
    await aside.getByRole("button", { name: /^Open .*again$/ }).click();
    await page.page.getByText("60 records.").waitFor();
    await page.checked();
    assert.deepEqual(page.complaints, []);
    await page.page.context().close();
  });

  it("works on a phone, and where there is no WebGL", async () => {
    const context = await site.browser.newContext({
      viewport: { width: 390, height: 844 },
      isMobile: true,
      hasTouch: true,
      deviceScaleFactor: 2,
    });
    const prepare = () => {
      const { getContext } = HTMLCanvasElement.prototype;
      HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
        return kind.startsWith("webgl") ? null : getContext.call(this, kind, ...more);
      };
    };
    const page = await scored(context, { prepare });
    await page.part("Map").getByText(/The map needs WebGL 2, which this browser does not offer here\./).waitFor();
    await page.page.getByRole("list", { name: "In the subset" }).getByRole("button").first().tap();
    const dialog = page.page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Always out" }).tap();
    await dialog.getByRole("button", { name: "Close" }).tap();
    await page.part("Budget").getByText("By hand: 0 pinned, 1 excluded.").waitFor();
    const before = await page.chosen();
    const slider = page.page.locator("#budget-slider");
    await slider.scrollIntoViewIfNeeded();
    const { x, y, width, height } = await slider.boundingBox();
    await page.page.touchscreen.tap(x + width * 0.8, y + height / 2);
    await page.page.waitForFunction(() => Number(new URLSearchParams(location.hash.slice(1)).get("ratio")) > 0.6);
    assert.ok((await page.chosen()) > before);
    assert.deepEqual(page.complaints, []);
    await context.close();
  });
});
