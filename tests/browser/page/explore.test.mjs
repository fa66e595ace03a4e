// The exploration of a scored pool: map, histogram, parts, search, comparison, and that their figures agree.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { demoPool, scratch } from "../demo_pool.mjs";
import { DatasetPage, numberOf } from "./dataset_page.mjs";
import { dropFiles } from "./drops.mjs";
import { servePage } from "./served_page.mjs";
import { exportsOf, subsetOfExports } from "./subset_of_exports.mjs";

const SCORED = 194;
const CHOSEN = 30;

describe("a scored pool", () => {
  const pool = demoPool();
  let site;
  let page;
  let exports;

  before(async () => {
    site = await servePage();
    page = await DatasetPage.open(await site.browser.newContext({ viewport: { width: 1280, height: 900 } }), site);
    await dropFiles(page.page, pool.folder);
    await page.checked();
    await page.start();
    assert.equal(await page.scored(), SCORED);
    exports = await exportsOf(page);
    await page.page.locator(".map-box[data-drawn=true]").waitFor();
  });

  after(() => site?.close());

  const filter = () => page.page.getByRole("group", { name: "What is shown" });

  /** How many records are shown, once they are narrowed down; then all are shown again. */
  async function shown() {
    const words = filter().getByText(/ shown$/);
    await words.waitFor();
    const [, count, of] = /^([\d,]+) of ([\d,]+) shown$/.exec(await words.innerText());
    assert.equal(numberOf(of), SCORED);
    await filter().getByRole("button", { name: "Show all" }).click();
    await words.waitFor({ state: "detached" });
    return numberOf(count);
  }

  /** Draws around a part of the map, from 0 to 1 in both directions. */
  async function lasso(left, top, right, bottom) {
    const box = page.page.locator(".map-box");
    await box.scrollIntoViewIfNeeded();
    const { x, y, width, height } = await box.boundingBox();
    const corners = [[left, top], [right, top], [right, bottom], [left, bottom]];
    const at = ([across, down]) => [x + across * width, y + down * height];
    await page.page.mouse.move(...at(corners[0]));
    await page.page.mouse.down();
    for (const corner of corners.slice(1)) {
      await page.page.mouse.move(...at(corner), { steps: 5 });
    }
    await page.page.mouse.up();
  }

  it("is a map that is drawn around, by pointer and by key", async () => {
    await page.page.getByRole("group", { name: "What dragging does" }).getByRole("button", { name: "Lasso" }).click();
    await lasso(0.005, 0.005, 0.995, 0.995);
    assert.equal(await shown(), SCORED);
    await lasso(0.01, 0.01, 0.5, 0.99);
    const left = await shown();
    await lasso(0.5, 0.01, 0.99, 0.99);
    assert.equal(left + (await shown()), SCORED);
    assert.ok(left > 0 && left < SCORED);
    await page.page.getByRole("group", { name: "What dragging does" }).getByRole("button", { name: "Move" }).click();
    await page.page.locator(".map-box").focus();
    await page.page.keyboard.press("s");
    assert.equal(await shown(), SCORED);
  });

  it("is a map in several colours", async () => {
    const colour = page.part("Map").getByRole("combobox", { name: "Colour" });
    for (const name of ["cluster", "source", "confidence", "chosen"]) {
      await colour.selectOption(name);
      await page.page.locator(".map-box[data-drawn=true]").waitFor();
    }
  });

  it("is a map that comes back after the browser took its graphics away, by itself or by a button", async () => {
    const map = page.part("Map");
    const lose = (how) =>
      map.locator("canvas").evaluate((canvas, how) => {
        window.lost ??= canvas.getContext("webgl2").getExtension("WEBGL_lose_context");
        window.lost[how]();
      }, how);
    const words = map.getByText(/The browser took the graphics away/);
    const isDrawn = page.page.locator(".map-box[data-drawn=true]");
    const colours = () =>
      map.locator("canvas").evaluate((canvas) => {
        const gl = canvas.getContext("webgl2");
        const pixels = new Uint32Array(canvas.width * canvas.height);
        gl.readPixels(0, 0, canvas.width, canvas.height, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(pixels.buffer));
        return new Set(pixels).size;
      });
    await isDrawn.waitFor();
    const before = await colours();
    assert.ok(before > 2, `${before} colours`);
    await lose("loseContext");
    await words.waitFor();
    await lose("restoreContext");
    await words.waitFor({ state: "detached" });
    await isDrawn.waitFor();
    assert.equal(await colours(), before);
    await lose("loseContext");
    await map.getByRole("button", { name: "Draw the map again" }).click();
    await words.waitFor({ state: "detached" });
    await isDrawn.waitFor();
    assert.equal(await colours(), before);
  });

  it("is laid out by UMAP on request", async () => {
    await page.button(`UMAP of ${SCORED} records`).click();
    await page.button("Back to all records").waitFor();
    await page.part("Map").getByText(`UMAP of a sample of ${SCORED} records`).waitFor();
    await page.button("Back to all records").click();
    await page.part("Map").getByText(/\(PCA; /).waitFor();
  });

  it("has a histogram whose table adds up, and narrows the gallery", async () => {
    const histogram = page.part("Confidence");
    await histogram.getByText("As a table").click();
    const rows = await histogram.getByRole("row").all();
    let [chosen, leftOut] = [0, 0];
    for (const row of rows.slice(1)) {
      const [first, second] = await row.getByRole("cell").allInnerTexts();
      chosen += numberOf(first);
      leftOut += numberOf(second);
    }
    assert.equal(chosen, CHOSEN);
    assert.equal(chosen + leftOut, SCORED);
    const [first, second] = await rows[1].getByRole("cell").allInnerTexts();
    await rows[1].getByRole("button").click();
    assert.equal(await shown(), numberOf(first) + numberOf(second));
    await histogram.getByText("As a table").click();
  });

  it("has parts that add up, before and after", async () => {
    const parts = page.part("Before and after");
    for (const kind of ["Sources", "Clusters"]) {
      await parts.getByRole("button", { name: kind, exact: true }).click();
      const more = parts.getByRole("button", { name: /^Show more/ });
      if (await more.count()) {
        await more.click();
      }
      let [size, chosen] = [0, 0];
      for (const row of (await parts.getByRole("row").all()).slice(1)) {
        const [first, second] = await row.getByRole("cell").allInnerTexts();
        size += numberOf(first);
        chosen += numberOf(second);
      }
      assert.deepEqual([kind, size, chosen], [kind, SCORED, CHOSEN]);
    }
  });

  it("is searched", async () => {
    const text = "umbrella";
    const records = JSON.parse(readFileSync(pool.data, "utf8"));
    const expected = records.filter((record) => JSON.stringify(record).toLowerCase().includes(text)).length;
    assert.ok(expected > 1);
    const field = page.page.getByRole("searchbox", { name: "Search in the records" });
    await field.fill(text.toUpperCase());
    await field.press("Enter");
    const words = page.page.getByText(/records? found/);
    await words.waitFor();
    const [, found, without] = /^([\d,]+) records? found(?:, ([\d,]+) of them without a score)?$/.exec(await words.innerText());
    assert.equal(numberOf(found), expected);
    assert.equal(await shown(), expected - numberOf(without ?? "0"));
    await field.fill("");
  });

  it("is compared with a list from elsewhere", async () => {
    const positions = (words) => JSON.parse(subsetOfExports(exports, pool.data, words).manifest).positions;
    const chosen = new Set(positions(["--ratio", "0.15"]));
    const other = positions(["--ratio", "0.2", "--method", "random"]);
    const both = other.filter((position) => chosen.has(position)).length;
    const list = join(mkdtempSync(join(scratch, "list-")), "list.json");
    writeFileSync(list, JSON.stringify(other));
    await page.part("Compare").locator("input[type=file]").setInputFiles(list);
    const words = page.part("Compare").getByText(/are in both/);
    await words.waitFor();
    assert.match(
      await words.innerText(),
      new RegExp(`^This subset has ${CHOSEN} records, list\\.json ${other.length}; ${both} are in both`),
    );
    // The same by their ids, which several records may have, and one that nobody has.
    const records = JSON.parse(readFileSync(pool.data, "utf8"));
    const ids = new Set(other.map((position) => records[position].id));
    const scored = readFileSync(exports.scores, "utf8").trimEnd().split("\n").slice(1).map((line) => Number.parseInt(line, 10));
    const named = scored.filter((position) => ids.has(records[position].id));
    const namedChosen = named.filter((position) => chosen.has(position)).length;
    assert.ok(named.length >= other.length && namedChosen > 0);
    const idList = list.replace("list.json", "ids.txt");
    writeFileSync(idList, [...ids, "nobody"].join("\n"));
    await page.part("Compare").locator("input[type=file]").setInputFiles(idList);
    await page.part("Compare").getByText(new RegExp(`, ids\\.txt ${named.length}; ${namedChosen} are in both`)).waitFor();
    await page.part("Compare").getByText(/^1 id /).waitFor();
    writeFileSync(list, "{}");
    await page.part("Compare").locator("input[type=file]").setInputFiles(list);
    await page.part("Compare").getByText(/list\.json names no records\. Give a list of positions or ids/).waitFor();
  });

  it("is chosen from by keyboard, which stays where it is", async () => {
    const budget = page.part("Budget");
    const method = budget.getByRole("combobox", { name: "Method", exact: true });
    assert.match(await method.evaluate((field) => document.getElementById(field.getAttribute("aria-describedby")).textContent), /least sure of/);
    await budget.getByRole("checkbox", { name: "A quota for each cluster", exact: true }).waitFor();
    await method.selectOption("kdpp-map");
    const choose = budget.getByRole("button", { name: "Choose", exact: true });
    await choose.focus();
    await page.page.keyboard.press("Enter");
    await budget.getByRole("button", { name: "Choose", exact: true, disabled: true }).waitFor();
    assert.equal(await page.page.evaluate(() => document.activeElement.textContent), "Choose");
    await method.selectOption("confidence");
    await page.chosen(CHOSEN);
  });

  it("leads from a record to those that are like it", async () => {
    await page.page.getByRole("list", { name: "In the subset" }).getByRole("button").first().click();
    const dialog = page.page.getByRole("dialog");
    const title = dialog.getByRole("heading", { level: 2 });
    const first = await title.innerText();
    await dialog.locator(".neighbours button").first().click();
    await page.page.waitForFunction((first) => document.getElementById("record-title").textContent !== first, first);
    const why = await dialog.getByRole("region", { name: "Why" }).innerText();
    assert.match(why, /^It is (the|number [\d,]+ of the) least confident of the \d+ records of cluster \d+\.$/m);
    assert.match(why, /^30 of 194 scored records are asked for, and \d+ of them comes? from this cluster\.$/m);
    assert.match(why, /^By confidence alone it is in from a budget of \d+ records? \([\d.]+%\) on\.$/m);
    // What is said is for who looks at a page, and knows no options of a program.
    assert.doesNotMatch(why, /--|`/);
    // The browser's own way back leaves the record, and not the page.
    await page.page.goBack();
    await dialog.waitFor({ state: "hidden" });
    assert.equal(await page.chosen(), CHOSEN);
  });

  it("left nothing in the console", () => {
    assert.deepEqual(page.complaints, []);
  });
});
