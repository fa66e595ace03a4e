// Datasets of every form, from the drop to the saved subset, and what else can be saved of them.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";

import { unzipSync } from "fflate";

import { demoPool, scratch, tablePool } from "../demo_pool.mjs";
import { linesOf, SHARDS, zipOf } from "./dataset_forms.mjs";
import { DatasetPage } from "./dataset_page.mjs";
import { dropFiles } from "./drops.mjs";
import { freshPages } from "./fresh_pages.mjs";
import { assertSameBytes } from "./same_bytes.mjs";
import { exportsOf, subsetOfExports } from "./subset_of_exports.mjs";

describe("a dataset of another form", () => {
  const pool = demoPool();
  const fresh = freshPages();
  let page;

  /** Drops files on a new page, and has them scored. */
  async function scored(...files) {
    page = await fresh.open();
    await dropFiles(page.page, ...files);
    const { encoded } = await page.checked();
    await page.start();
    assert.equal(await page.scored(), encoded);
    return encoded;
  }

  const subsetFormat = () => page.page.locator(".take-subset").getByRole("combobox");

  /** Saves a subset with its account, and holds both against those that the program makes of the page's scores. */
  async function assertLikeTheProgram(exports, data, words, name) {
    const expected = subsetOfExports(exports, data, words, name);
    assertSameBytes((await page.save(name)).bytes, expected.records, name);
    const manifest = (await page.save("subset.manifest.json")).bytes;
    assert.deepEqual(JSON.parse(manifest), JSON.parse(expected.manifest));
    return expected;
  }

  /** Chooses so many records, and gives how the program is told the same. */
  async function choose(count) {
    await page.setBudget({ count });
    await page.chosen(count);
    return ["--count", `${count}`];
  }

  it("two WebDataset tars give one tar with less in it", async () => {
    assert.equal(await scored(...SHARDS), 5);
    assert.match(await page.page.locator("#data").innerText(), /7 records\. 2 tars\./);
    const words = await choose(3);
    await assertLikeTheProgram(await exportsOf(page), dirname(SHARDS[0]), words, "subset.tar");
  });

  it("a Parquet file gives a Parquet file", async () => {
    const { data } = tablePool();
    assert.equal(await scored(data), 5);
    assert.match(await page.page.locator("#data").innerText(), /7 records\. 1 Parquet file\./);
    const words = await choose(3);
    await assertLikeTheProgram(await exportsOf(page), data, words, "subset.parquet");
    // Its own format is not there a second time, as a conversion.
    assert.deepEqual(await subsetFormat().getByRole("option").allInnerTexts(), [
      "As in the dataset (Parquet)",
      "JSON Lines",
      "JSON array",
      "CSV",
      "List of ids",
      "List of positions",
    ]);
  });

  it("a JSONL file with its images gives its lines, and a Parquet table of them", async () => {
    const lines = linesOf(pool);
    await scored(lines.folder);
    assert.match(await page.page.locator("#data").innerText(), /200 records\. 1 JSONL file and a folder of 188 images\./);
    const words = await choose(25);
    const exports = await exportsOf(page);
    const { records } = await assertLikeTheProgram(exports, lines.data, words, "subset.jsonl");
    const all = new Set(readFileSync(lines.data, "utf8").split("\n"));
    const chosen = records.toString().trimEnd().split("\n");
    assert.equal(chosen.length, 25);
    assert.ok(chosen.every((line) => all.has(line)));
    await subsetFormat().selectOption("parquet");
    await assertLikeTheProgram(exports, lines.data, [...words, "--output-format", "parquet"], "subset.parquet");
  });

  it("scores are the same in every format that they are saved in", async () => {
    await scored(pool.folder);
    const { scores, features } = await exportsOf(page);
    const words = ["--ratio", "0.25"];
    const expected = subsetOfExports({ scores, features }, pool.data, words);
    const folder = mkdtempSync(join(scratch, "scores-"));
    const format = page.page.getByRole("group", { name: "Scores", exact: true }).getByLabel("Format");
    for (const name of ["scores.jsonl", "scores.parquet"]) {
      await format.selectOption(name);
      const file = join(folder, name);
      writeFileSync(file, (await page.save(name)).bytes);
      if (name === "scores.parquet") {
        // Its manifest is within.
        assert.equal(await page.button("Save scores.manifest.json").count(), 0);
      } else {
        writeFileSync(join(folder, "scores.manifest.json"), (await page.save("scores.manifest.json")).bytes);
      }
      const found = subsetOfExports({ scores: file, features }, pool.data, words);
      assertSameBytes(found.records, expected.records, `the subset by ${name}`);
      // The page reads what it wrote: nothing has to be computed any more.
      const other = await DatasetPage.open(page.page.context(), fresh.site);
      await dropFiles(other.page, pool.folder, file, ...(name === "scores.parquet" ? [] : [join(folder, "scores.manifest.json")]));
      await other.page.getByText(/^The scores of [\d,]+ records came with the dataset: no run is needed\./).waitFor();
      await other.setBudget({ ratio: 0.25 });
      await other.chosen(JSON.parse(expected.records).length);
      assertSameBytes((await other.save("subset.json")).bytes, expected.records, `the page's subset by ${name}`);
      assert.deepEqual(other.complaints, []);
      await other.close();
    }
  });

  for (const [where, inner] of [
    ["beside its records", ""],
    ["in a folder of their own", "images/"],
  ]) {
    it(`a zip with images ${where} gives a zip with less in it, which is a dataset again`, async () => {
      const zip = zipOf(pool, inner);
      await scored(zip);
      assert.match(await page.page.locator("#data").innerText(), /200 records\. 1 zip\./);
      const words = await choose(25);
      const { records } = await assertLikeTheProgram(await exportsOf(page), zip, words, "subset.json");
      await subsetFormat().selectOption("zip");
      // It has its images in any case.
      assert.equal(await page.page.getByLabel("With their images, in one zip").count(), 0);
      const { name, bytes } = await page.save("subset.zip");
      assert.equal(name, "subset.zip");
      const { "data.json": kept, ...images } = unzipSync(bytes);
      assertSameBytes(kept, records, "data.json");
      const named = new Map(JSON.parse(records).map(({ image }) => [inner + image, image]));
      assert.deepEqual(Object.keys(images).sort(), [...named.keys()].sort());
      for (const [path, content] of Object.entries(images)) {
        assertSameBytes(content, readFileSync(join(pool.images, named.get(path))), path);
      }
      const saved = join(mkdtempSync(join(scratch, "zip-")), "subset.zip");
      writeFileSync(saved, bytes);
      const other = await DatasetPage.open(page.page.context(), fresh.site);
      await dropFiles(other.page, saved);
      assert.equal((await other.checked()).encoded, 25);
      assert.deepEqual(other.complaints, []);
      await other.close();
    });
  }
});
