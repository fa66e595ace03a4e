// A run that is halted, ended, cut off by a reload, and gone on with.

import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { checkOf, demoPool, scratch, SELECTOR } from "../demo_pool.mjs";
import { DatasetPage } from "./dataset_page.mjs";
import { folder } from "./datasets.mjs";
import { dropFiles } from "./drops.mjs";
import { servePage } from "./served_page.mjs";
import { taskTimes } from "./task_times.mjs";

/** Records of a shard, of which whole ones are kept. */
const SHARD = 512;

/** What a task of the page's own thread may take of the processor, in milliseconds. */
const LONGEST_TASK = 50;

const soon = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe("a run", () => {
  // Two whole shards and the beginning of a third.
  const pool = demoPool(1200);
  let site;
  let page;
  let report;

  before(async () => {
    report = checkOf(pool, ["--deep"]);
    site = await servePage();
    const context = await site.browser.newContext({ viewport: { width: 1280, height: 900 } });
    page = await DatasetPage.open(context, site);
  });

  after(() => site?.close());

  const isPast = (records) =>
    page.page.waitForFunction(
      (records) => Number(/^([\d,]+) of/.exec(document.querySelector(".run-main")?.textContent)?.[1].replace(",", "")) > records,
      records,
      { polling: 50 },
    );

  it("halts and goes on where it was", async () => {
    await dropFiles(page.page, pool.folder);
    await page.checked();
    const begin = page.page.locator(".begin");
    assert.match(await begin.innerText(), /How long it takes is not known yet/);
    await page.button("Measure").click();
    await begin.getByText(/^About .+, by a trial of 8 images and \d+ questions/).waitFor();
    assert.equal(await page.button("Measure").count(), 0);
    await page.start();
    await isPast(30);
    assert.match(await page.page.locator("#run").innerText(), /Encoded features are kept in this browser/);
    await page.button("Pause").click();
    await page.page.locator(".run-paused").waitFor();
    assert.equal(await page.page.title(), "Paused · ofa");
    // What was being encoded when it was halted comes to its end.
    await soon(1500);
    const halted = await page.done();
    await soon(1000);
    assert.equal(await page.done(), halted);
    assert.ok(halted < pool.records);
    await page.button("Go on").click();
    await isPast(halted);
  });

  it("tells its pace and the time that is left", async () => {
    await page.page.getByText(/records a second, about .+ left/).waitFor();
    // Texts may be through the model before the first images are.
    await page.page.locator(".run-counts", { hasText: /[1-9][\d,]* images? and [1-9][\d,]* texts? encoded/ }).waitFor();
  });

  it("is cut off by a reload, and the page says what is kept", async () => {
    await isPast(SHARD + 20);
    await page.page.reload();
    const aside = page.page.getByRole("complementary", { name: "From your last visit" });
    await aside.waitFor();
    assert.match(await aside.innerText(), /512 of 1,200 records are encoded and kept\. Drop the same data again, and it goes on there\./);
  });

  it("goes on there once the same data is dropped again, and is stopped", async () => {
    await dropFiles(page.page, pool.folder);
    await page.checked();
    await page.button("Go on").click();
    await page.page.getByText("512 of them by an earlier run").waitFor();
    await isPast(2 * SHARD + 10);
    await page.button("Stop").click();
    await page.page.getByText(/^Stopped\. What was encoded is kept in steps of 512 records; it goes on from there/).waitFor();
    assert.equal(await page.button("Go on").count(), 1);
  });

  it("goes on from what was kept, to the same end as without all that", async () => {
    await page.button("Go on").click();
    await page.page.getByText("1,024 of them by an earlier run").waitFor();
    assert.equal(await page.scored(), report.would_be_encoded);
    const scores = (await page.save("scores.csv")).bytes.toString().trimEnd().split("\n");
    assert.equal(scores.length - 1, report.would_be_encoded);
    const positions = scores.slice(1).map((line) => Number(line.split(",")[0]));
    assert.equal(new Set(positions).size, positions.length);
  });

  it("needs no encoding after that, and no more of it once its features are deleted", async () => {
    await page.page.reload();
    await page.page.getByText(/all 1,200 records are encoded and kept/).waitFor();
    await dropFiles(page.page, pool.folder);
    await page.checked();
    await page.page.getByText("Everything is encoded already; only scoring is left.").waitFor();
    await page.button("Change").click();
    await page.page.getByRole("button", { name: /^Delete Features of / }).click();
    await page.page.getByText(/Nothing yet\. Encoded features and downloaded encoders are kept here/).waitFor();
    await page.page.getByText("Everything is encoded already; only scoring is left.").waitFor({ state: "detached" });
    // By the pace of the run before.
    assert.match(await page.page.locator(".begin").innerText(), /About .+, at the .+ records a second of the last run on this machine\./);
  });

  it("left nothing in the console", () => {
    assert.deepEqual(page.complaints, []);
  });
});

/** Run in the page before its own scripts: locks and notifications that write down what becomes of them. */
function pretend() {
  window.locks = { asked: 0, held: 0 };
  const request = async () => {
    const lock = { released: false };
    lock.release = async () => {
      window.locks.held -= lock.released ? 0 : 1;
      lock.released = true;
    };
    window.locks.asked += 1;
    window.locks.held += 1;
    window.locks.last = lock;
    return lock;
  };
  Object.defineProperty(navigator, "wakeLock", { value: { request } });
  window.told = [];
  window.Notification = class {
    static permission = "granted";
    constructor(title, { body }) {
      window.told.push(["page", title, body]);
    }
  };
}

describe("a run that nobody touches", () => {
  const pool = demoPool(1200);
  let site;
  let page;
  let rows;

  before(async () => {
    site = await servePage();
    page = await DatasetPage.open(await site.browser.newContext({ viewport: { width: 1280, height: 900 } }), site, { prepare: pretend });
    await dropFiles(page.page, pool.folder);
    await page.checked();
  });

  after(() => site?.close());

  const told = async (count) => {
    await page.page.waitForFunction((count) => window.told.length === count, count);
    return page.page.evaluate(() => window.told);
  };

  it("is foretold by some of the images, or by all", async () => {
    const some = checkOf(pool);
    const all = checkOf(pool, ["--deep"]);
    const whole = page.page.locator(".check-whole");
    assert.equal((await page.checked()).encoded, some.would_be_encoded);
    const images = some.distinct_images - some.images_missing;
    assert.ok((await whole.innerText()).endsWith(` About that many: only 200 of ${images.toLocaleString("en")} images were tried.`));
    const facts = await page.page.locator(".facts").innerText();
    assert.match(facts, /JSON, 1 file\. Told by the square bracket that it begins with\./);
    assert.match(facts, /Writing systems\s+Latin 1,200/);
    await page.button("Try every image").click();
    await page.page.getByText("Every image was tried.").waitFor({ timeout: 120_000 });
    assert.equal((await page.checked()).encoded, all.would_be_encoded);
    assert.ok(!(await whole.innerText()).includes("About"));
  });

  it("keeps the page's own thread free", async (context) => {
    const begun = await page.now();
    const times = await taskTimes(site.browser, page.page, async () => {
      await page.start();
      await page.button("Look at the subset").waitFor({ timeout: 120_000 });
    });
    const byClock = (await page.longTasks()).filter(({ startTime }) => startTime >= begun).map(({ duration }) => Math.round(duration));
    const words = byClock.length === 0 ? "none over 50 ms" : `the longest ${Math.max(...byClock)} ms`;
    context.diagnostic(`tasks of ${pool.records} records: the longest ${times[0].toFixed(1)} ms of the processor; by the clock ${words}`);
    assert.ok(times[0] < LONGEST_TASK, `${times[0]} ms`);
  });

  it("lets the screen go dark once it is done", async () => {
    const [asked, held] = await page.page.evaluate(() => [window.locks.asked, window.locks.held]);
    assert.ok(asked > 0);
    assert.equal(held, 0);
  });

  it("is told of where notifications are allowed, each time", async () => {
    rows = await page.scored();
    const done = ["page", "The subset can be chosen", `${rows.toLocaleString("en")} records are scored.`];
    assert.deepEqual(await told(1), [done]);
    await page.button("Run again").click();
    assert.deepEqual(await told(2), [done, done]);
  });

  it("is told of by the service worker where the page itself may not", async () => {
    await page.page.evaluate(async () => {
      await navigator.serviceWorker.ready;
      window.Notification = class {
        static permission = "granted";
        constructor() {
          throw new TypeError("Illegal constructor");
        }
      };
      ServiceWorkerRegistration.prototype.showNotification = async (title, { body }) => void window.told.push(["worker", title, body]);
    });
    await page.button("Look at the subset").waitFor();
    await page.button("Run again").click();
    assert.deepEqual((await told(3)).at(-1), ["worker", "The subset can be chosen", `${rows.toLocaleString("en")} records are scored.`]);
  });

  it("warns of nothing where the selector knows such data", async () => {
    await page.button("Look at the subset").waitFor();
    assert.equal(await page.page.getByRole("region", { name: "The selector does not know such data" }).count(), 0);
  });

  it("left nothing in the console", () => {
    assert.deepEqual(page.complaints, []);
  });
});

describe("a run on a machine that would go to sleep", () => {
  let site;
  let page;

  before(async () => {
    site = await servePage();
    page = await DatasetPage.open(await site.browser.newContext({ viewport: { width: 1280, height: 900 } }), site, { prepare: pretend });
    await dropFiles(page.page, demoPool(1200).folder);
    await page.checked();
  });

  after(() => site?.close());

  const isHeld = (asked, held) =>
    page.page.waitForFunction(([asked, held]) => window.locks.asked === asked && window.locks.held === held, [asked, held], { polling: 20 });

  it("keeps it awake while it goes on", async () => {
    assert.equal(await page.page.evaluate(() => window.locks.asked), 0);
    await page.start();
    await isHeld(1, 1);
    // As browsers do with a tab that is hidden, and shown again.
    await page.page.evaluate(async () => {
      await window.locks.last.release();
      document.dispatchEvent(new Event("visibilitychange"));
    });
    await isHeld(2, 1);
  });

  it("lets it sleep while it is paused", async () => {
    await page.button("Pause").click();
    await isHeld(2, 0);
    await page.page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    await soon(100);
    assert.equal(await page.page.evaluate(() => window.locks.asked), 2);
    await page.button("Go on").click();
    await isHeld(3, 1);
  });

  it("lets it sleep once it is stopped, and tells so who looks elsewhere", async () => {
    await page.page.evaluate(() => Object.defineProperty(document, "visibilityState", { value: "hidden" }));
    await page.button("Stop").click();
    await isHeld(3, 0);
    await page.page.waitForFunction(() => window.told.length > 0);
    assert.deepEqual(await page.page.evaluate(() => window.told), [["page", "The run is stopped", "You can go on with it on the page."]]);
  });

  it("left nothing in the console", () => {
    assert.deepEqual(page.complaints, []);
  });
});

/** The demo's selector, as one that was far surer of what it was trained on. */
function surerSelector() {
  const bytes = readFileSync(SELECTOR).toString("latin1");
  // As long as before, so that everything else stays where it is.
  const changed = bytes.replace(/\\"confidence\\":\{[^}]*\}/, (figures) => figures.replaceAll(":0.0", ":0.9"));
  assert.notEqual(changed, bytes);
  const file = join(scratch, "surer.safetensors");
  writeFileSync(file, Buffer.from(changed, "latin1"));
  return file;
}

describe("a run of data that the selector does not know", () => {
  it("ends with a warning", async () => {
    const site = await servePage();
    const page = await DatasetPage.open(await site.browser.newContext({ viewport: { width: 1280, height: 900 } }), site);
    await dropFiles(page.page, demoPool(60, 7).folder);
    await page.checked();
    await page.button("Change").click();
    // What is in use is not offered once more.
    const inUse = page.page.locator(".way.in-use").filter({ hasText: "Demo, comes with this page" });
    assert.equal(await inUse.count(), 2);
    assert.equal(await inUse.getByRole("button").count(), 0);
    await page.page.locator("input[name=selector-file]").setInputFiles(surerSelector());
    await page.page.locator(".setup-line").getByText("surer.safetensors").waitFor();
    await page.checked();
    await page.start();
    const warning = page.page.getByRole("status").getByRole("region", { name: "The selector does not know such data" });
    await warning.waitFor();
    const words = await warning.innerText();
    assert.match(words, /The median confidence here is 0\.0\d+\. In training it was 0\.946, and between 0\.937 and 0\.970/);
    assert.match(words, /Of 58 records, 58 are less confident than all that was seen there, and 0 more confident\./);
    await page.scored();
    assert.deepEqual(page.complaints, []);
    await site.close();
  });
});

/** A pool of which a few records have two images. */
function severalImages(pool, count) {
  const made = folder("several");
  cpSync(pool.folder, made, { recursive: true });
  const records = JSON.parse(readFileSync(pool.data, "utf8"));
  const some = records.filter(({ image }) => typeof image === "string").slice(0, count);
  const images = some.map(({ image }) => image);
  some.forEach((record, nth) => (record.image = [images[nth], images[(nth + 1) % count]]));
  writeFileSync(join(made, "data.json"), JSON.stringify(records));
  return made;
}

describe("records with several images", () => {
  let site;
  let page;

  before(async () => {
    site = await servePage();
    const context = await site.browser.newContext({ viewport: { width: 1280, height: 900 } });
    page = await DatasetPage.open(context, site, { fragment: "several-images=skip" });
    await dropFiles(page.page, severalImages(demoPool(60, 7), 3));
  });

  after(() => site?.close());

  const encodedAre = (count) => page.page.getByText(`${count} of 60 records can be encoded.`).waitFor();
  const hashIs = (hash) => page.page.waitForFunction((hash) => location.hash === hash, hash);
  const ways = () => page.page.getByRole("group", { name: "3 records with several images. They are encoded:" });

  it("are treated as the address says", async () => {
    await encodedAre(55);
    assert.equal((await page.counts())["with several images"], 3);
    assert.ok(await ways().getByLabel("not at all").isChecked());
  });

  it("are treated in another way where the user says so, and the address follows", async () => {
    await ways().getByLabel("by the first image").check();
    await encodedAre(58);
    await hashIs("#several-images=first");
    await ways().getByLabel("by the mean of the images").check();
    await hashIs("");
  });

  it("follow the address where it is changed", async () => {
    await page.page.evaluate(() => (location.hash = "several-images=skip"));
    await encodedAre(55);
    await page.page.evaluate(() => (location.hash = "several-images=all"));
    await page.page.getByText(/“several-images=all” cannot be used: expected mean, first, or skip\./).waitFor();
    assert.ok(await ways().getByLabel("not at all").isChecked());
  });

  it("stay as they were scored until the next run", async () => {
    await page.start();
    assert.equal(await page.scored(), 55);
    await page.page.evaluate(() => (location.hash = "several-images=first"));
    await page.page.getByText(/What becomes of records with several images is decided before a run/).waitFor();
    assert.deepEqual(page.complaints, []);
  });
});
