// A run that is halted, ended, cut off by a reload, and gone on with.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { checkOf, demoPool } from "../demo_pool.mjs";
import { DatasetPage } from "./dataset_page.mjs";
import { dropFiles } from "./drops.mjs";
import { servePage } from "./served_page.mjs";

/** Records of a shard, of which whole ones are kept. */
const SHARD = 512;

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
    assert.match(await page.page.locator(".begin").innerText(), /How long it takes is not known before the first batch/);
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
