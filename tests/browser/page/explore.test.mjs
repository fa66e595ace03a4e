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

const soon = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

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

  it("is narrowed to a cluster from the map, by pointer and by key", async () => {
    const map = page.part("Map");
    const box = page.page.locator(".map-box");
    await page.page.locator(".map-box[data-drawn=true]").waitFor();
    await map.getByText(/with the Alt key to narrow to its cluster/).waitFor();
    assert.equal(await map.getByText(/^One finger scrolls the page/).isVisible(), false);
    const [head, ...scores] = readFileSync(exports.scores, "utf8").trimEnd().split("\n").map((line) => line.trim().split(","));
    const sizeOf = (cluster) => scores.filter((line) => line[head.indexOf("cluster")] === cluster).length;
    const chip = (cluster) => filter().getByRole("button", { name: `Show again without: Cluster ${cluster}`, exact: true });
    await box.evaluate((box) => box.scrollIntoView({ block: "center" }));
    const { x, y, width, height } = await box.boundingBox();
    const [left, top] = await map.locator("canvas").evaluate(pointNearMiddle);
    await page.page.mouse.move(x + left, y + top);
    const [, pointed] = /Cluster (\d+)/.exec(await page.page.locator(".map-tip").innerText());
    await page.page.keyboard.down("Alt");
    await page.page.mouse.click(x + left, y + top);
    await page.page.keyboard.up("Alt");
    await chip(pointed).waitFor();
    assert.equal(await shown(), sizeOf(pointed));
    // The same point comes to the cross; nearer to it when all are closer together.
    await box.focus();
    const [across, down] = [Math.round((left - width / 2) / 60), Math.round((top - height / 2) / 60)];
    const steps = [
      ...Array(Math.abs(across)).fill(across > 0 ? "ArrowRight" : "ArrowLeft"),
      ...Array(Math.abs(down)).fill(down > 0 ? "ArrowDown" : "ArrowUp"),
    ];
    for (const key of [...steps, "-"]) {
      await page.page.keyboard.press(key);
    }
    const cross = map.getByText(/^At the cross: record/);
    await cross.waitFor();
    const [, crossed] = /cluster (\d+)/.exec(await cross.innerText());
    await page.page.keyboard.press("c");
    await chip(crossed).waitFor();
    await page.page.keyboard.press("c");
    await chip(crossed).waitFor({ state: "detached" });
    await page.page.keyboard.press("c");
    assert.equal(await shown(), sizeOf(crossed));
    await box.focus();
    await page.page.keyboard.press("0");
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

  it("says of each list of the gallery what it holds, and whether it is narrowed", async () => {
    const tab = (name) => page.page.getByRole("tab", { name });
    await tab(/^Left out/).click();
    await page.page.getByText(/The near misses are among them\./).waitFor();
    await page.part("Before and after").getByRole("row").nth(1).getByRole("button").click();
    await filter().getByText(/ shown$/).waitFor();
    await tab(/^Without a score/).click();
    const words = filter().getByText(/what narrows the others does not concern them\.$/);
    await words.waitFor();
    await filter().getByRole("button", { name: /^Show again without: Cluster/ }).click();
    await filter().getByRole("button").first().waitFor({ state: "detached" });
    await words.waitFor();
    await tab(/^In the subset/).click();
    await filter().getByText(/^All records are shown\./).waitFor();
  });

  it("has the budget beside it, below what stays at the top of the window", async () => {
    await page.page.locator(".map-box").evaluate((box) => box.scrollIntoView({ block: "center" }));
    const { header, top, bottom, height } = await page.page.evaluate(() => {
      const { top, bottom } = document.querySelector(".explore-columns .aside").getBoundingClientRect();
      return { header: document.querySelector("header.bar").getBoundingClientRect().bottom, top, bottom, height: innerHeight };
    });
    assert.ok(top >= header && top < header + 32, `the budget begins at ${top}, the header ends at ${header}`);
    assert.ok(bottom <= height, `the budget ends at ${bottom} of ${height}`);
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

  it("is compared with a list that is dropped on the card, which is none of the page's drops", async () => {
    const card = page.part("Compare");
    const isInvited = () => page.page.locator(".drop-overlay").isVisible();
    /** Has something dragged over a part of the page, as far as the page is told. */
    const drag = (part) =>
      part.evaluate((element) => {
        const told = { bubbles: true, cancelable: true, dataTransfer: new DataTransfer() };
        element.dispatchEvent(new DragEvent("dragenter", told));
        element.dispatchEvent(new DragEvent("dragover", told));
      });
    await drag(page.part("Budget"));
    assert.equal(await isInvited(), true);
    await drag(card);
    assert.equal(await isInvited(), false);
    await drag(page.part("Budget"));
    assert.equal(await isInvited(), true);
    const scored = readFileSync(exports.scores, "utf8").trimEnd().split("\n").slice(1).map((line) => Number.parseInt(line, 10));
    const list = join(mkdtempSync(join(scratch, "list-")), "dropped.json");
    writeFileSync(list, JSON.stringify(scored.slice(0, 5)));
    // Drops fall on the middle of what is in sight.
    await card.evaluate((card) => card.scrollIntoView({ block: "center" }));
    await dropFiles(page.page, list);
    await card.getByText(/, dropped\.json 5; \d+ are in both/).waitFor();
    assert.equal(await isInvited(), false);
    assert.equal(await page.chosen(), CHOSEN);
  });

  it("has a budget that is refused where it is no number of records", async () => {
    const complaint = page.part("Budget").getByText(`Give a whole number from 1 to ${SCORED}.`);
    for (const text of ["1,000", "1,5", "4,0", "1e1", "1,00"]) {
      await page.setBudget({ count: 40 });
      await complaint.waitFor({ state: "detached" });
      await page.chosen(40);
      await page.setBudget({ count: text });
      await complaint.waitFor();
      assert.equal(await page.chosen(), 40);
    }
    // In percent a comma is a point.
    await page.page.getByLabel("Unit of the budget").selectOption("ratio");
    await page.page.locator("#budget-number").fill("20,5");
    await page.page.locator("#budget-number").press("Enter");
    await page.page.waitForFunction(() => location.hash === "#ratio=0.205");
    await page.setBudget({ ratio: 0.15 });
    await page.chosen(CHOSEN);
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

describe("a scored pool of more than a thousand records", () => {
  const RECORDS = 1200;
  let site;

  before(async () => {
    site = await servePage();
  });

  after(() => site?.close());

  it("has a budget that is taken with the signs that people put between thousands", async () => {
    const folder = mkdtempSync(join(scratch, "thousands-"));
    const [data, scores] = ["records.jsonl", "scores.csv"].map((name) => join(folder, name));
    const positions = Array.from({ length: RECORDS }, (_, position) => position);
    const turns = [{ from: "human", value: "<image>\nWhat is it?" }, { from: "gpt", value: "A thing." }];
    const record = (position) => JSON.stringify({ id: `${position}`, image: `${position}.jpg`, conversations: turns });
    const score = (position) => `${position},${position % 3},${(position + 1) / (RECORDS + 1)},4.5,0.5`;
    writeFileSync(data, `${positions.map(record).join("\n")}\n`);
    writeFileSync(scores, `index,cluster,confidence,entropy,gate\n${positions.map(score).join("\n")}\n`);
    const page = await DatasetPage.open(await site.browser.newContext({ viewport: { width: 1280, height: 900 } }), site);
    await dropFiles(page.page, data, scores);
    assert.equal(await page.scored(), RECORDS);
    for (const text of ["1,000", "1.001", "1 002", "1’003", "1\u202f004", "1005"]) {
      await page.setBudget({ count: text });
      const count = Number(text.replace(/\D/u, ""));
      assert.equal(await page.chosen(count), count);
    }
  });
});

describe("a scored pool on a phone", () => {
  let site;
  let page;

  before(async () => {
    site = await servePage();
    const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
    page = await DatasetPage.open(await site.browser.newContext(phone), site);
    await dropFiles(page.page, demoPool().folder);
    await page.checked();
    await page.start();
    assert.equal(await page.scored(), SCORED);
    await page.page.locator(".map-box[data-drawn=true]").waitFor();
  });

  after(() => site?.close());

  it("is scrolled past its map by one finger, and looked at more closely by two", async () => {
    const map = page.part("Map");
    await map.getByText(/^One finger scrolls the page/).waitFor();
    assert.equal(await map.getByText(/^Drag to move/).isVisible(), false);
    const devtools = await page.page.context().newCDPSession(page.page);
    /** Moves fingers over the map from its middle, each by so much; gives by how much the page was scrolled. */
    const fingers = async (...ways) => {
      const box = page.page.locator(".map-box");
      await box.evaluate((box) => box.scrollIntoView({ block: "center", behavior: "instant" }));
      const { x, y, width, height } = await box.boundingBox();
      const before = await page.page.evaluate(() => scrollY);
      const at = (part) =>
        ways.map(({ from, by }, id) => ({ id, x: x + width / 2, y: y + height / 2 + from + by * part }));
      const send = (type, touchPoints) => devtools.send("Input.dispatchTouchEvent", { type, touchPoints });
      await send("touchStart", at(0));
      for (let step = 1; step <= 10; step += 1) {
        await send("touchMove", at(step / 10));
        // As a hand moves, so that it is no flick.
        await soon(20);
      }
      await send("touchEnd", []);
      await soon(300);
      return (await page.page.evaluate(() => scrollY)) - before;
    };
    const inView = async () => {
      await map.getByRole("button", { name: "Pick what is in view" }).tap();
      const group = page.page.getByRole("group", { name: "What is shown" });
      const words = group.getByText(/ shown$/);
      await words.waitFor();
      const [, count] = /^([\d,]+) of/.exec(await words.innerText());
      await group.getByRole("button", { name: "Show all" }).tap();
      await words.waitFor({ state: "detached" });
      return numberOf(count);
    };
    const scrolled = await fingers({ from: 0, by: -200 });
    assert.ok(scrolled > 100, `scrolled by ${scrolled}`);
    assert.equal(await inView(), SCORED);
    await fingers({ from: -30, by: -120 }, { from: 30, by: 120 });
    const left = await inView();
    assert.ok(left < SCORED, `${left} of ${SCORED} are in view`);
  });

  it("has the gallery's lists in one row, which goes along with the keys", async () => {
    const tabs = page.page.getByRole("tab");
    const tops = await tabs.evaluateAll((tabs) => tabs.map((tab) => tab.getBoundingClientRect().top));
    assert.equal(new Set(tops).size, 1, `at ${tops}`);
    await tabs.first().focus();
    await page.page.keyboard.press("ArrowLeft");
    await page.page.getByRole("tab", { name: /^Without a score/, selected: true }).waitFor();
    const { left, right, words } = await page.page.evaluate(() => {
      const { left, right } = document.activeElement.getBoundingClientRect();
      return { left, right, words: document.activeElement.textContent };
    });
    assert.match(words, /^Without a score/);
    assert.ok(left >= 0 && right <= 390, `from ${left} to ${right}`);
  });

  it("left nothing in the console", () => {
    assert.deepEqual(page.complaints, []);
  });
});

/** Run in the page: where a point is drawn on the map, the one nearest to the middle, in pixels of the page. */
function pointNearMiddle(canvas) {
  const { width, height } = canvas;
  const gl = canvas.getContext("webgl2");
  const pixels = new Uint32Array(width * height);
  gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(pixels.buffer));
  let nearest;
  let least = Infinity;
  for (let at = 0; at < pixels.length; at += 1) {
    // The lowest row comes first. In its corner is no point.
    const [across, down] = [at % width, height - 1 - Math.floor(at / width)];
    const away = Math.hypot(across - width / 2, down - height / 2);
    if (pixels[at] !== pixels[0] && away < least) {
      least = away;
      nearest = [across / devicePixelRatio, down / devicePixelRatio];
    }
  }
  return nearest;
}
