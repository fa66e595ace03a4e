// The page for everybody: read out, by keyboard, on a phone, in the dark, without motion. Pictures of each step are
// written to target/page-screenshots.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { demoPool } from "../demo_pool.mjs";
import { widthProblems } from "../look_rules.mjs";
import { DatasetPage } from "./dataset_page.mjs";
import { folder, recordsAlone } from "./datasets.mjs";
import { dropFiles } from "./drops.mjs";
import { KeyboardUser } from "./keyboard_user.mjs";
import { look, TWO_READERS } from "./looks.mjs";
import { servePage } from "./served_page.mjs";

describe("the page for everybody", () => {
  let site;
  let context;
  let page;

  before(async () => {
    site = await servePage();
    context = await site.browser.newContext({ viewport: { width: 1280, height: 900 } });
    page = await DatasetPage.open(context, site);
  });

  after(() => site?.close());

  it("before anything is dropped", async () => {
    assert.deepEqual(await look(page.page, "01-empty"), {});
  });

  it("where nothing of a drop is of use", async () => {
    await dropFiles(page.page, folder("empty"));
    await page.page.locator(".notices > .notice").waitFor();
    assert.deepEqual(await look(page.page, "02-nothing-of-use"), {});
    await page.button("Dismiss").click();
  });

  it("where images are missing", async () => {
    await dropFiles(page.page, recordsAlone(demoPool(60, 7)));
    await page.checked();
    assert.deepEqual(await look(page.page, "03-without-images"), {});
    await page.button("Close this dataset").click();
  });

  it("with the demo's data, looked through", async () => {
    await page.button("Try the demo data").click();
    await page.checked();
    assert.deepEqual(await look(page.page, "04-checked"), {});
  });

  it("with the choice of encoder, selector and backend open", async () => {
    await page.button("Change").click();
    assert.deepEqual(await look(page.page, "05-setup"), {});
    await page.button("Done").click();
  });

  it("in the middle of a run", async () => {
    await page.start();
    await page.page.locator(".run-counts").waitFor();
    await page.button("Pause").click();
    await page.page.locator(".run-paused").waitFor();
    assert.deepEqual(await look(page.page, "06-running"), {});
  });

  it("asks before another dataset takes the place of a run", async () => {
    await dropFiles(page.page, demoPool(60, 7).folder);
    await page.page.getByRole("dialog", { name: "Open this instead?" }).waitFor();
    assert.deepEqual(await look(page.page, "07-replace", TWO_READERS), {});
    await page.button("Keep what is open").click();
  });

  it("with scores", async () => {
    await page.button("Go on").click();
    await page.scored();
    await page.page.locator(".map-box[data-drawn=true]").waitFor();
    await page.page.waitForFunction(() => document.querySelector(".grid canvas")?.width > 0);
    assert.deepEqual(await look(page.page, "08-scored"), {});
  });

  it("with a record's page open", async () => {
    await page.page.getByRole("list", { name: "In the subset" }).getByRole("button").first().click();
    await page.page.getByRole("dialog").getByRole("img").first().waitFor();
    await page.page.getByRole("dialog").locator(".neighbours li").first().waitFor();
    assert.deepEqual(await look(page.page, "09-record"), {});
    await page.page.keyboard.press("Escape");
  });

  it("with a comparison, sources, and a narrowed gallery", async () => {
    await page.button("With a random subset of this size").click();
    await page.page.getByText(/Jaccard/).first().waitFor();
    await page.button("Sources").click();
    await page.part("Before and after").getByRole("row").nth(1).waitFor();
    await page.part("Before and after").getByRole("row").nth(1).getByRole("button").first().click();
    await page.page.getByRole("group", { name: "What is shown" }).getByText(/ shown$/).waitFor();
    await page.page.getByRole("tab", { name: /^Without a score/ }).click();
    await page.page.getByRole("list", { name: "Without a score" }).getByRole("listitem").first().waitFor();
    assert.deepEqual(await look(page.page, "10-narrowed", TWO_READERS), {});
    await page.page.getByRole("tab", { name: /^In the subset/ }).click();
  });

  it("after something was saved", async () => {
    await page.save("subset.json");
    assert.deepEqual(await look(page.page, "11-saved", TWO_READERS), {});
    // What sticks to the edge of the window stays below the heading, also where only that is in sight.
    const [heading, saved] = await page.page.evaluate(() => {
      const heading = document.getElementById("take-heading");
      scrollBy(0, heading.getBoundingClientRect().top - 0.97 * innerHeight);
      return [heading.getBoundingClientRect().bottom, document.querySelector(".save-place").getBoundingClientRect().top];
    });
    assert.ok(saved >= heading, `${saved} is above ${heading}`);
  });

  it("does not scroll sideways where it is enlarged to 400%", async () => {
    // 1280 pixels enlarged four times are 320 (WCAG 1.4.10).
    await page.page.setViewportSize({ width: 320, height: 600 });
    assert.deepEqual(await widthProblems(page.page, 320), []);
    await page.page.setViewportSize({ width: 1280, height: 900 });
  });

  it("left nothing in the console", () => {
    assert.deepEqual(page.complaints, []);
  });

  it("can be gone through by keyboard alone, and the focus is seen", async () => {
    const other = await DatasetPage.open(await site.browser.newContext({ viewport: { width: 1280, height: 900 } }), site);
    const user = new KeyboardUser(other.page);
    await user.press("Try the demo data");
    await other.checked();
    await user.press("Encode and score");
    await other.scored();
    await user.press("Look at the subset");
    const before = await other.chosen();
    await user.goTo("Budget");
    await other.page.keyboard.press("ArrowRight");
    const ratioIs = (least) =>
      other.page.waitForFunction((least) => Number(new URLSearchParams(location.hash.slice(1)).get("ratio")) >= least, least);
    await ratioIs(0.151);
    await other.page.keyboard.press("PageUp");
    await ratioIs(0.2);
    assert.ok((await other.chosen()) > before);
    await user.goTo(/^Record \d+, in the subset/);
    await other.page.keyboard.press("ArrowRight");
    await other.page.keyboard.press("Enter");
    const dialog = other.page.getByRole("dialog");
    await dialog.getByRole("heading", { name: "Why" }).waitFor();
    await other.page.keyboard.press("ArrowRight");
    await other.page.keyboard.press("p");
    await dialog.getByRole("button", { name: "Always in", pressed: true }).waitFor();
    await other.page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    const [download] = await Promise.all([other.page.waitForEvent("download"), user.press("Save subset.json")]);
    assert.equal(download.suggestedFilename(), "subset.json");
    assert.deepEqual(user.unseen, []);
    assert.deepEqual(other.complaints, []);
  });
});
