// What the package says by a code, the page says in its own words: remarks, backends, reasons and errors.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { unzipSync, zipSync } from "fflate";

import { checkOf, demoPool } from "../demo_pool.mjs";
import { zipOf } from "./dataset_forms.mjs";
import { DatasetPage } from "./dataset_page.mjs";
import { folder } from "./datasets.mjs";
import { dropFiles } from "./drops.mjs";
import { servePage } from "./served_page.mjs";

/** A zip of a pool that has a file beside the records which is none of them. */
function zipWithMore(pool) {
  const files = unzipSync(readFileSync(zipOf(pool, "")));
  const zip = join(folder("more"), "pool.zip");
  writeFileSync(zip, zipSync({ ...files, "info.json": new TextEncoder().encode('{\n "version": 1\n}') }, { level: 0 }));
  return zip;
}

describe("the page's own words", () => {
  const pool = demoPool();
  let site;
  let page;

  before(async () => {
    site = await servePage();
    page = await DatasetPage.open(await site.browser.newContext(), site, { fragment: "backend=cpu" });
    await dropFiles(page.page, zipWithMore(pool));
    await page.checked();
  });

  after(() => site?.close());

  it("are of what was seen on opening, and of records that are skipped", async () => {
    const words = await page.page.locator("#data").innerText();
    assert.match(words, /Seen on opening\s+A file is left out: .*info\.json: \S/);
    const [{ index, id }] = checkOf(pool).skipped.image_missing.examples;
    const begin = `Record ${index.toLocaleString("en")}${id === null ? "" : ` (id ${id})`}: image not found `;
    assert.ok(words.includes(begin), `${begin} is not in ${words}`);
  });

  it("are of where the encoder runs, and why", async () => {
    const backend = page.page.locator(".setup-line dd").nth(2);
    await backend.getByText("It was chosen.").waitFor();
    assert.match(await backend.innerText(), /^Processor, \d+ workers?\. It was chosen\.$/);
  });

  it("are of an image that cannot be shown", async () => {
    await page.start();
    await page.scored();
    await page.page.getByRole("tab", { name: /^Without a score/ }).click();
    const skipped = page.page.getByRole("list", { name: "Without a score" });
    await skipped.getByRole("button").filter({ hasText: "image not found" }).first().click();
    const record = page.page.getByRole("dialog");
    assert.match(await record.locator(".said").innerText(), /^It has no score: image not found \(/);
    assert.match(await record.locator(".images .notice").first().innerText(), /^Image not found: \S/);
    assert.deepEqual(page.complaints, []);
  });
});
