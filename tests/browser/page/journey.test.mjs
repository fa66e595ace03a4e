// The main way through the page: data in, a look at it, a run, a choice, a subset out.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { unzipSync } from "fflate";

import { checkOf, demoPool, scratch } from "../demo_pool.mjs";
import { DatasetPage } from "./dataset_page.mjs";
import { dropFiles } from "./drops.mjs";
import { assertSameBytes } from "./same_bytes.mjs";
import { servePage } from "./served_page.mjs";
import { exportsOf, reportOfExports, subsetOfExports } from "./subset_of_exports.mjs";

const sum = (counts) => Object.values(counts).reduce((all, count) => all + count, 0);

describe("from a dropped folder to a subset", () => {
  const pool = demoPool();
  let site;
  let context;
  let page;
  let exports;
  let scored;

  before(async () => {
    site = await servePage();
    context = await site.browser.newContext({ viewport: { width: 1280, height: 900 } });
    page = await DatasetPage.open(context, site);
  });

  after(() => site?.close());

  /** The subset and its manifest as the page saves them, beside those of the program. */
  async function assertLikeTheProgram(words, what) {
    const expected = subsetOfExports(exports, pool.data, words);
    assertSameBytes((await page.save("subset.json")).bytes, expected.records, what);
    const manifest = (await page.save("subset.manifest.json")).bytes;
    assert.deepEqual(JSON.parse(manifest), JSON.parse(expected.manifest), what);
    return expected;
  }

  it("comes with the policies that keep it to itself", async () => {
    const headers = page.response.headers();
    const policy = readFileSync(new URL("../../../web/content-security-policy.txt", import.meta.url), "utf8");
    const directives = policy.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    assert.equal(headers["content-security-policy"], directives.join("; "));
    assert.equal(headers["cross-origin-opener-policy"], "same-origin");
    assert.equal(headers["cross-origin-embedder-policy"], "require-corp");
    assert.ok(await page.page.evaluate(() => crossOriginIsolated));
    assert.equal(await page.page.locator("script:not([src]), style, [style*=':']:not(#app *)").count(), 0);
  });

  it("says what was dropped, and accounts for every record as `ofa check` does", async () => {
    await dropFiles(page.page, pool.folder);
    const { encoded } = await page.checked();
    const report = checkOf(pool);
    assert.match(await page.page.locator("#data").innerText(), /200 records\. 1 JSON file and a folder of 188 images\./);
    assert.equal(encoded, report.would_be_encoded);
    const { "to be encoded": toBeEncoded, "without an image": textOnly, ...rest } = await page.counts();
    assert.equal(toBeEncoded, report.would_be_encoded);
    assert.equal(textOnly, report.text_only);
    assert.equal(toBeEncoded + textOnly + sum(rest), pool.records);
    assert.equal(rest["images not found"], report.skipped.image_missing.count);
  });

  it("runs, and tells how far it is", async () => {
    await page.start();
    await page.page.getByRole("progressbar", { name: "Run" }).waitFor();
    await page.page.waitForFunction(() => /^\d+ % · ofa$/.test(document.title));
    scored = await page.scored();
    assert.equal(scored, (await page.counts().catch(() => undefined))?.["to be encoded"] ?? checkOf(pool).would_be_encoded);
    assert.equal(await page.page.title(), "Done · ofa");
    assert.match(await page.page.locator(".run-done").innerText(), new RegExp(`${scored} records are scored`));
  });

  it("shows every record of the pool once", async () => {
    const counts = await page.galleryCounts();
    assert.equal(counts["In the subset"], await page.chosen());
    assert.equal(counts["In the subset"] + counts["Left out"], scored);
    assert.equal(counts["Without a score"], pool.records - scored);
    assert.ok(counts["Near misses"] > 0 && counts["Near misses"] <= counts["Left out"]);
    // Tiles are as many as are in sight, and their pictures come.
    const tiles = page.page.getByRole("list", { name: "In the subset" }).getByRole("listitem");
    await page.page.waitForFunction(() => document.querySelector(".grid canvas")?.width > 0);
    assert.ok((await tiles.count()) <= counts["In the subset"]);
  });

  it("saves scores and features that the program reads, and the subset that it makes of them", async () => {
    exports = await exportsOf(page);
    const { records } = await assertLikeTheProgram(["--ratio", "0.15"], "the budget that it opens with");
    assert.equal(JSON.parse(records).length, await page.chosen());
  });

  it("follows the budget at once, and the address with it", async () => {
    await page.setBudget({ ratio: 0.333 });
    const expected = JSON.parse(subsetOfExports(exports, pool.data, ["--ratio", "0.333"]).manifest).positions;
    assert.equal(await page.chosen(expected.length), expected.length);
    await assertLikeTheProgram(["--ratio", "0.333"], "another ratio");
    await page.page.waitForFunction(() => location.hash === "#ratio=0.333");
    await page.setBudget({ count: 7 });
    assert.equal(await page.chosen(7), 7);
    await assertLikeTheProgram(["--count", "7"], "a count");
    await page.page.waitForFunction(() => location.hash === "#count=7");
  });

  it("saves the report that the program makes", async () => {
    const expected = reportOfExports(exports, pool, ["--count", "7"]);
    assertSameBytes((await page.save("report.html")).bytes, expected, "the report");
  });

  it("draws by k-DPP once it is told to, and not before", async () => {
    await page.setBudget({ ratio: 0.2 });
    await page.page.getByRole("combobox", { name: /^Method/ }).selectOption("kdpp");
    const seed = page.page.getByRole("spinbutton", { name: /^Seed/ });
    await seed.fill("7");
    await seed.press("Enter");
    await page.part("Budget").getByText(/Below is still the choice before/).waitFor();
    await page.button("Choose").click();
    // Nothing is left to choose once it has chosen.
    await page.page.getByRole("button", { name: "Choose", exact: true, disabled: true }).waitFor();
    await assertLikeTheProgram(["--ratio", "0.2", "--method", "kdpp", "--seed", "7"], "kdpp");
    await page.page.waitForFunction(() => location.hash === "#ratio=0.2&method=kdpp&seed=7");
    await page.page.getByRole("combobox", { name: /^Method/ }).selectOption("confidence");
    assert.ok(await seed.isDisabled());
  });

  it("keeps a record in, another out, and fills the budget anew", async () => {
    await page.setBudget({ count: 20 });
    await page.chosen(20);
    const pinned = await decide("Left out", "p");
    const excluded = await decide("In the subset", "x");
    await page.part("Budget").getByText("By hand: 1 pinned, 1 excluded.").waitFor();
    assert.equal(await page.chosen(), 20);
    const list = (name, position) => {
      const file = join(mkdtempSync(join(scratch, "positions-")), name);
      writeFileSync(file, JSON.stringify([position]));
      return file;
    };
    const words = ["--count", "20", "--seed", "7", "--pin", list("pin.json", pinned), "--exclude", list("exclude.json", excluded)];
    const { manifest } = await assertLikeTheProgram(words, "a pin and an exclusion");
    const { positions } = JSON.parse(manifest);
    assert.ok(positions.includes(pinned) && !positions.includes(excluded));
    await page.page.waitForFunction(
      ([pinned, excluded]) => location.hash === `#count=20&seed=7&pin=${pinned}&exclude=${excluded}`,
      [pinned, excluded],
    );
  });

  /** Opens the last record in sight of a list, presses a key on its page, and gives its position. */
  async function decide(list, key) {
    await page.page.getByRole("tab", { name: new RegExp(`^${list}`) }).click();
    await page.page.getByRole("list", { name: list, exact: true }).getByRole("button").last().click();
    const dialog = page.page.getByRole("dialog");
    const title = await dialog.getByRole("heading", { level: 2 }).innerText();
    await page.page.keyboard.press(key);
    await dialog.getByRole("button", { name: key === "p" ? "Always in" : "Always out", pressed: true }).waitFor();
    await page.page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    return Number(title.replace("Record ", "").replaceAll(",", ""));
  }

  it("saves the same records in other formats", async () => {
    const chosen = JSON.parse((await page.save("subset.json")).bytes);
    const { positions } = JSON.parse((await page.save("subset.manifest.json")).bytes);
    const format = page.page.getByLabel("Format").first();
    await format.selectOption("jsonl");
    const lines = (await page.save("subset.jsonl")).bytes.toString().trimEnd().split("\n");
    assert.deepEqual(lines.map((line) => JSON.parse(line)), chosen);
    await format.selectOption("ids");
    const ids = (await page.save("subset.txt")).bytes.toString().trimEnd().split("\n");
    assert.deepEqual(ids, chosen.map(({ id }) => String(id)));
    await format.selectOption("indices");
    const indices = (await page.save("subset.txt")).bytes.toString().trimEnd().split("\n");
    assert.deepEqual(indices.map(Number), positions);
    await format.selectOption("csv");
    const [head, ...rows] = (await page.save("subset.csv")).bytes.toString().trimEnd().split("\n");
    assert.match(head, /position|index/);
    assert.ok(rows.length >= chosen.length);
    await format.selectOption("source");
  });

  it("saves the subset with its images in one zip, whose bytes are those of the dataset", async () => {
    const alone = (await page.save("subset.json")).bytes;
    const manifest = (await page.save("subset.manifest.json")).bytes;
    await page.page.getByLabel("With their images, in one zip").check();
    const { name, bytes } = await page.save("subset.zip");
    assert.equal(name, "subset.zip");
    const { "subset.json": records, "subset.manifest.json": account, ...images } = unzipSync(bytes);
    assertSameBytes(records, alone, "subset.json");
    assertSameBytes(account, manifest, "subset.manifest.json");
    const named = new Set(JSON.parse(alone).flatMap(({ image }) => image ?? []));
    assert.equal(Object.keys(images).length, named.size);
    for (const [path, content] of Object.entries(images)) {
      const image = [...named].find((one) => path === one || path.endsWith(`/${one}`));
      assert.ok(image, `${path} is no image of the subset`);
      assertSameBytes(content, readFileSync(join(pool.images, image)), path);
    }
    await page.page.getByLabel("With their images, in one zip").uncheck();
    const saved = join(mkdtempSync(join(scratch, "zip-")), "subset.zip");
    writeFileSync(saved, bytes);
    // It is a dataset of its own, and known for what it is.
    const other = await DatasetPage.open(context, site);
    await dropFiles(other.page, saved);
    assert.equal((await other.checked()).encoded, JSON.parse(alone).length);
    assert.deepEqual(other.complaints, []);
    await other.close();
  });

  it("takes its settings from a manifest that is dropped on it", async () => {
    const { bytes } = await page.save("subset.manifest.json");
    const before = (await page.save("subset.json")).bytes;
    const saved = join(mkdtempSync(join(scratch, "manifest-")), "subset.manifest.json");
    writeFileSync(saved, bytes);
    await page.setBudget({ count: 3 });
    await page.page.getByLabel("A quota for each cluster").uncheck();
    assert.equal(await page.chosen(3), 3);
    await dropFiles(page.page, saved);
    await page.page.getByText("The settings of the manifest are taken").first().waitFor();
    await page.chosen(JSON.parse(before).length);
    assert.ok(await page.page.getByLabel("A quota for each cluster").isChecked());
    assertSameBytes((await page.save("subset.json")).bytes, before, "after the manifest was dropped");
  });

  it("takes its settings from the address, and needs no second encoding", async () => {
    const before = (await page.save("subset.json")).bytes;
    const fragment = new URL(page.page.url()).hash.slice(1);
    assert.match(fragment, /^count=20&seed=7&pin=\d+&exclude=\d+$/);
    const other = await DatasetPage.open(context, site, { fragment });
    await other.chooseFolder(pool.folder);
    await other.checked();
    await other.page.getByText("Everything is encoded already; only scoring is left.").waitFor();
    await other.start();
    await other.scored();
    await other.part("Budget").getByText("By hand: 1 pinned, 1 excluded.").waitFor();
    assertSameBytes((await other.save("subset.json")).bytes, before, "by the same address");
    assert.deepEqual(other.complaints, []);
    await other.close();
  });

  it("says what in an address cannot be used", async () => {
    const fragment = "ratio=7&method=magic&colour=blue&encoder=http://elsewhere.example/";
    const other = await DatasetPage.open(context, site, { fragment });
    const notice = other.page.getByRole("status").filter({ hasText: "Settings of this address" });
    for (const words of [/“ratio=7” cannot be used/, /“method=magic” cannot be used/, /“colour” is no setting/, /“encoder=http/]) {
      assert.match(await notice.innerText(), words);
    }
    await notice.getByRole("button", { name: "Dismiss" }).click();
    await notice.waitFor({ state: "detached" });
    assert.deepEqual(other.complaints, []);
    await other.close();
  });

  it("asked nobody for anything but its own server, and told that nothing", () => {
    assert.deepEqual(site.foreign(), []);
    const { host } = new URL(site.address);
    const own = site.way.log.filter((asked) => asked.host === host);
    assert.ok(own.length > 10);
    assert.deepEqual(own.filter(({ method, received }) => method !== "GET" || received > 0), []);
    assert.deepEqual(own.filter(({ status }) => status >= 400), []);
  });

  it("held the page up for no longer than it says here", async (context) => {
    const tasks = (await page.longTasks()).map(({ duration }) => Math.round(duration));
    context.diagnostic(`tasks over 50 ms since the page was opened: ${tasks.length}, the longest ${Math.max(0, ...tasks)} ms`);
  });

  it("left nothing in the console", () => {
    assert.deepEqual(page.complaints, []);
  });
});
