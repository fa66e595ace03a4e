// As many records as LLaVA-665K has, with scores and features: the page explores them, and what it chooses is right.
// Times and memory are noted, and not judged: machines differ.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { scratch } from "../demo_pool.mjs";
import { TELLS_MEMORY } from "../faulty_workers.mjs";
import { MEASURES_MEMORY, memoryOf } from "../page_memory.mjs";
import { ofa } from "../program.mjs";
import { DatasetPage } from "./dataset_page.mjs";
import { dropFiles } from "./drops.mjs";
import { CLUSTERS, largePool, RECORDS } from "./large_pool.mjs";
import { servePage } from "./served_page.mjs";
import { taskTimes } from "./task_times.mjs";

const count = (n) => n.toLocaleString("en");

/** The median and the greatest of some times, in words. */
function told(times) {
  const sorted = times.toSorted((a, b) => a - b);
  return `median ${Math.round(sorted[sorted.length >> 1])} ms, at most ${Math.round(sorted.at(-1))} ms (${sorted.length} times)`;
}

/** The longest of some tasks and all of them, in words. */
function toldTasks(times) {
  const all = times.reduce((sum, time) => sum + time, 0);
  return `the longest ${Math.round(times[0])} ms of the processor, ${Math.round(all)} ms in all`;
}

describe("665,298 records", () => {
  let site;
  let page;
  let pool;

  before(async () => {
    pool = largePool();
    site = await servePage(MEASURES_MEMORY);
    site.way.change(/^\/assets\/coordinator-.*\.js$/, (text) => `${TELLS_MEMORY}\n${text}`);
    page = await DatasetPage.open(await site.browser.newContext({ viewport: { width: 1280, height: 900 } }), site);
  });

  after(() => site?.close());

  /** What the program chooses of the same files. */
  function positionsOf(...words) {
    const subset = join(mkdtempSync(join(scratch, "subset-")), "subset.jsonl");
    ofa("select", pool.data, "--scores", pool.scores, ...words, "-o", subset);
    return JSON.parse(readFileSync(subset.replace(".jsonl", ".manifest.json"))).positions;
  }

  it("come with their scores, and need no run", async (context) => {
    const began = Date.now();
    await dropFiles(page.page, pool.data, pool.scores, pool.features);
    await page.part("Budget").waitFor({ timeout: 120_000 });
    assert.equal(await page.scored(), RECORDS);
    context.diagnostic(`from the drop to the first choice: ${Date.now() - began} ms`);
    assert.match(await page.page.locator(".run-done").innerText(), /The scores of 665,298 records came with the dataset/);
  });

  it("are chosen from as the program does", async () => {
    const positions = positionsOf("--ratio", "0.15");
    assert.equal(await page.chosen(positions.length), positions.length);
    await page.page.getByLabel("Format").first().selectOption("indices");
    const saved = (await page.save("subset.txt")).bytes.toString().trimEnd().split("\n").map(Number);
    assert.ok(saved.length === positions.length && saved.every((position, nth) => position === positions[nth]));
  });

  it("follow the slider", async (context) => {
    const steps = [200, 350, 351, 352, 353, 354, 355, 900, 1, 151];
    const times = [];
    for (const step of steps) {
      times.push(await page.page.evaluate(slideTo, step));
    }
    context.diagnostic(`from the slider to the new count: ${told(times)}`);
    assert.equal(await page.chosen(), Math.round(0.151 * RECORDS));
    assert.equal((await page.galleryCounts())["In the subset"], Math.round(0.151 * RECORDS));
    context.diagnostic(`frames while it is drawn from end to end: ${told(await page.page.evaluate(dragSlider, 40))}`);
    await page.setBudget({ count: 1000 });
    assert.equal(await page.chosen(1000), 1000);
    await page.setBudget({ ratio: 0.15 });
    await page.chosen(Math.round(0.15 * RECORDS));
  });

  it("can be chosen from by a method that takes long, and that is ended", async (context) => {
    const method = page.page.getByRole("combobox", { name: /^Method/ });
    const before = await page.chosen();
    await method.selectOption("kdpp");
    await page.button("Choose").click();
    const budget = page.part("Budget");
    await budget.getByText(/[\d,]+ of [\d,]+ steps/).waitFor();
    const began = Date.now();
    await budget.getByRole("button", { name: "Cancel" }).click();
    await page.button("Choose").waitFor();
    context.diagnostic(`from "Cancel" to the end of the choice: ${Date.now() - began} ms`);
    assert.equal(await page.chosen(), before);
    await method.selectOption("confidence");
  });

  it("are shown by cluster and by source, every one", async () => {
    const sizes = new Array(CLUSTERS).fill(0);
    pool.cluster.forEach((cluster) => (sizes[cluster] += 1));
    const largest = sizes.indexOf(Math.max(...sizes));
    const parts = page.part("Before and after");
    const row = parts.getByRole("row").filter({ hasText: `Cluster ${largest}` }).first();
    await row.getByRole("button").click();
    const shown = page.page.getByRole("group", { name: "What is shown" });
    await shown.getByText(`${count(sizes[largest])} of ${count(RECORDS)} shown`).waitFor();
    await shown.getByRole("button", { name: "Show all" }).click();
    await parts.getByRole("button", { name: "Sources" }).click();
    const source = parts.getByRole("row").filter({ hasText: "coco/train2017" });
    assert.match(await source.innerText(), new RegExp(count(Math.ceil(RECORDS / 5))));
  });

  it("are looked through in the gallery, of which a part exists at a time", async (context) => {
    const grid = page.page.locator(".grid");
    await grid.scrollIntoViewIfNeeded();
    const { times, most } = await grid.evaluate(scrollThrough, 120);
    context.diagnostic(`frames while the gallery is scrolled: ${told(times)}; at most ${most} tiles`);
    assert.ok(most > 0 && most < 200, `${most} tiles`);
    await page.page.getByRole("tab", { name: /^Left out/ }).click();
    const leftOut = RECORDS - Math.round(0.15 * RECORDS);
    await page.page.getByText(`1 – 10,000 of ${count(leftOut)}`).waitFor();
    await page.button("Next").click();
    await page.page.getByText(`10,001 – 20,000 of ${count(leftOut)}`).waitFor();
    // The order is the scores'.
    const list = page.page.getByRole("list", { name: "Left out" });
    await page.page.getByRole("combobox", { name: /Order/ }).selectOption("most-confident");
    const most_confident = pool.confidence.reduce((best, confidence, nth) => (confidence > pool.confidence[best] ? nth : best), 0);
    await list.getByText(new RegExp(`Record ${count(most_confident)},`)).first().waitFor();
  });

  it("open one by one", async () => {
    await page.page.getByRole("tab", { name: /^In the subset/ }).click();
    await page.page.getByRole("list", { name: "In the subset" }).getByRole("button").first().click();
    const dialog = page.page.getByRole("dialog");
    const title = await dialog.getByRole("heading", { level: 2 }).innerText();
    const position = Number(title.replace("Record ", "").replaceAll(",", ""));
    await dialog.getByText(`Number ${position}.`).waitFor();
    await dialog.getByText(new RegExp(`^Cluster$`)).waitFor();
    assert.match(await dialog.innerText(), new RegExp(`Cluster\\s+${pool.cluster[position]}:`));
    await page.page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
  });

  it("are found by their text", async (context) => {
    const began = Date.now();
    await page.page.getByRole("searchbox", { name: "Search in the records" }).fill("Number 424242.");
    await page.page.keyboard.press("Enter");
    await page.page.getByText("1 record found").waitFor({ timeout: 60_000 });
    context.diagnostic(`a search: ${Date.now() - began} ms`);
    await page.page.getByRole("searchbox", { name: "Search in the records" }).fill("");
  });

  it("are points of the map", async (context) => {
    const map = page.page.getByRole("application", { name: new RegExp(`^Map of ${count(RECORDS)} records`) });
    await map.waitFor({ timeout: 120_000 });
    await page.page.locator(".map-box[data-drawn=true]").waitFor({ timeout: 60_000 });
    await map.scrollIntoViewIfNeeded();
    const times = await map.evaluate(panAbout, 30);
    context.diagnostic(`frames while the map is moved: ${told(times)}`);
    await page.page.locator(".map-box[data-drawn=true]").waitFor({ timeout: 60_000 });
    await map.focus();
    await page.page.keyboard.press("+");
    await page.page.keyboard.press("s");
    const shown = page.page.getByRole("group", { name: "What is shown" }).getByText(/ shown$/);
    await shown.waitFor();
    const [, picked] = /^([\d,]+) of/.exec(await shown.innerText());
    const part = Number(picked.replaceAll(",", ""));
    assert.ok(part > 0 && part < RECORDS, picked);
    await page.page.keyboard.press("Escape");
    await shown.waitFor({ state: "detached" });
  });

  it("take memory that is told here", async (context) => {
    const { page: scripts, wasm, processes } = await memoryOf(site.browser, page.page);
    const megabytes = (bytes) => `${Math.round(bytes / 2 ** 20)} MiB`;
    context.diagnostic(`scripts ${megabytes(scripts)}, WebAssembly ${megabytes(wasm)}, all of the page's processes ${megabytes(processes ?? 0)}`);
    const tasks = (await page.longTasks()).map(({ duration }) => duration);
    context.diagnostic(`tasks over 50 ms since the page was opened: ${tasks.length > 0 ? told(tasks) : "none"}`);
    assert.ok(scripts > 0 && wasm > 0);
  });

  it("keep the page's own thread for what follows", async (context) => {
    const steps = [200, 350, 351, 352, 355, 900, 151];
    const times = await taskTimes(site.browser, page.page, async () => {
      for (const step of steps) {
        await page.page.evaluate(slideTo, step);
        await page.page.locator(".map-box[data-drawn=true]").waitFor();
      }
    });
    context.diagnostic(`tasks of ${steps.length} steps of the slider with gallery and map: ${toldTasks(times)}`);
    const other = await DatasetPage.open(await site.browser.newContext({ viewport: { width: 1280, height: 900 } }), site);
    const ofDrop = await taskTimes(site.browser, other.page, async () => {
      await dropFiles(other.page, pool.data, pool.scores, pool.features);
      await other.scored();
      await other.page.locator(".map-box[data-drawn=true]").waitFor({ timeout: 120_000 });
    });
    context.diagnostic(`tasks from the drop to the whole map: ${toldTasks(ofDrop)}`);
    assert.ok(times.length > 0 && ofDrop.length > 0);
    await other.close();
  });

  it("left nothing in the console", () => {
    assert.deepEqual(page.complaints, []);
    assert.deepEqual(site.foreign(), []);
  });
});

/** Run in the page: how long it takes from a step of the slider until the count is another. */
async function slideTo(step) {
  const slider = document.getElementById("budget-slider");
  const figure = document.querySelector(".budget .figure strong");
  const before = figure.textContent;
  const began = performance.now();
  slider.value = String(step);
  slider.dispatchEvent(new InputEvent("input", { bubbles: true }));
  while (figure.textContent === before) {
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
  return performance.now() - began;
}

/** Run in the page: the times of frames while the slider goes through its range. */
async function dragSlider(steps) {
  const slider = document.getElementById("budget-slider");
  const times = [];
  let last = performance.now();
  for (let nth = 1; nth <= steps; nth += 1) {
    slider.value = String(Math.round((nth * 1000) / steps));
    slider.dispatchEvent(new InputEvent("input", { bubbles: true }));
    const now = await new Promise((resolve) => requestAnimationFrame(resolve));
    times.push(Math.max(0, now - last));
    last = now;
  }
  return times;
}

/** Run in the page: the times of frames while a list scrolls, and how many tiles there are at most. */
async function scrollThrough(grid, frames) {
  const times = [];
  let most = 0;
  let last = performance.now();
  for (let nth = 0; nth < frames; nth += 1) {
    grid.scrollTop += 900;
    const now = await new Promise((resolve) => requestAnimationFrame(resolve));
    times.push(Math.max(0, now - last));
    last = now;
    most = Math.max(most, grid.querySelectorAll("[data-at]").length);
  }
  return { times, most };
}

/** Run in the page: the times of frames while the map is moved by its keys. */
async function panAbout(map, frames) {
  const times = [];
  let last = performance.now();
  for (let nth = 0; nth < frames; nth += 1) {
    map.dispatchEvent(new KeyboardEvent("keydown", { key: nth % 2 === 0 ? "ArrowLeft" : "ArrowRight", bubbles: true }));
    const now = await new Promise((resolve) => requestAnimationFrame(resolve));
    times.push(Math.max(0, now - last));
    last = now;
  }
  return times;
}
