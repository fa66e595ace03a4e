// In Node: what the larger module does, which is Parquet and the page about a subset, is the command
// line's, to the byte.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { before, describe, it } from "node:test";

import { checkOf, demoPool, featuresOf, reportOf, scoresOf, subsetOf, tablePartsPool, tablePool, withoutPlaces } from "../browser/demo_pool.mjs";
import { assertSameBytes, exported, Selector, sourceFile, sourceFiles } from "./package_in_node.mjs";

const dataOf = ({ data }) => (data.endsWith(".parquet") || data.endsWith(".json") ? [sourceFile(data, basename(data))] : sourceFiles(data));

/** A selector with a pool's scores. */
async function scored(pool) {
  const selector = await Selector.create();
  await selector.dataset(dataOf(pool), pool.images === undefined ? {} : { images: sourceFiles(pool.images) });
  await selector.openFeatures(sourceFiles(featuresOf(pool)));
  for await (const _ of selector.run()) {
    // Scoring is a run without an encoder.
  }
  return selector;
}

/** Fails where the last choice's records are not the program's. */
async function assertSubset(selector, pool, words, asked) {
  const files = await exported(selector, { format: "records", ...asked });
  const expected = subsetOf(pool, words, asked.name);
  assertSameBytes(files.get(asked.name), expected.records, "the records");
  assertSameBytes(files.get("subset.manifest.json"), expected.manifest, "the manifest");
}

/** Fails where the page about the last choice is not the program's. */
async function assertReport(selector, pool, words) {
  const files = await exported(selector, { format: "report" });
  assert.deepEqual([...files.keys()], ["report.html"]);
  assertSameBytes(files.get("report.html"), reportOf(pool, words), "the page");
}

describe("what the larger module makes for the small one, in Node", () => {
  const pool = demoPool();
  let selector;

  before(async () => {
    selector = await scored(pool);
  });

  it("is refused before a choice", async () => {
    for (const asked of [{ format: "report" }, { format: "records", as: "parquet" }]) {
      await assert.rejects(selector.export(asked), { code: "bad_option", message: /call select first/ });
    }
  });

  for (const [words, options] of [
    [["--ratio", "0.15"], { ratio: 0.15 }],
    [["--count", "20", "--method", "kdpp", "--seed", "7"], { count: 20, method: "kdpp", seed: 7 }],
    [["--ratio", "1"], { ratio: 1 }],
  ]) {
    it(`is the command line's page: ${words.join(" ")}`, async () => {
      await selector.select(options);
      await assertReport(selector, pool, words);
    });
  }

  it("is about the last choice, and not about one that was made aside", async () => {
    await selector.select({ count: 9 });
    await selector.select({ count: 30, aside: true });
    await assertReport(selector, pool, ["--count", "9"]);
  });

  it("is the subset as a table", async () => {
    await selector.select({ ratio: 0.15 });
    await assertSubset(selector, pool, ["--ratio", "0.15", "--output-format", "parquet"], { as: "parquet", name: "subset.parquet" });
  });

  it("is a table of scores, and reads one", async () => {
    const files = await exported(selector, { format: "scores", name: "scores.parquet" });
    assert.deepEqual([...files.keys()], ["scores.parquet"]);
    assertSameBytes(files.get("scores.parquet"), readFileSync(scoresOf(pool, "parquet")), "scores");
    const other = await Selector.create();
    await other.dataset(dataOf(pool));
    await other.openScores([sourceFile(scoresOf(pool, "parquet"), "scores.parquet")]);
    // Whatever the format, they are the same scores of the same origin.
    const written = await exported(other, { format: "scores" });
    assertSameBytes(written.get("scores.csv"), readFileSync(scoresOf(pool, "csv")), "scores");
    const manifest = readFileSync(scoresOf(pool, "csv").replace(/csv$/, "manifest.json"));
    assertSameBytes(written.get("scores.manifest.json"), manifest, "the manifest");
    const torn = readFileSync(scoresOf(pool, "parquet")).subarray(0, 500);
    await assert.rejects(other.openScores([{ path: "torn.parquet", source: torn }]), { code: "bad_scores", message: /torn\.parquet/ });
    other.destroy();
  });
});

describe("a dataset of Parquet in Node", () => {
  for (const [what, pool, name] of [
    ["compressed with Snappy", tablePool(), "train.parquet"],
    ["two files, compressed with Zstandard", tablePartsPool(), undefined],
  ]) {
    it(`is checked, scored, chosen from and written as by the command line: ${what}`, async () => {
      const selector = await scored(pool);
      for (const deep of [false, true]) {
        const found = withoutPlaces(await selector.check({ deep }));
        const expected = checkOf(pool, deep ? ["--deep"] : []);
        // What a folder is called is not known where its files alone are given.
        assert.deepEqual(name === undefined ? { ...found, dataset: expected.dataset } : found, expected);
      }
      await selector.select({ ratio: 0.6 });
      await assertSubset(selector, pool, ["--ratio", "0.6"], { name: "subset.parquet" });
      await assertSubset(selector, pool, ["--ratio", "0.6", "--output-format", "jsonl"], { as: "jsonl", name: "subset.jsonl" });
      if (name !== undefined) {
        await assertReport(selector, pool, ["--ratio", "0.6"]);
      }
      const scores = await exported(selector, { format: "scores", name: "scores.parquet" });
      assertSameBytes(scores.get("scores.parquet"), readFileSync(scoresOf(pool, "parquet")), "scores");
      selector.destroy();
    });
  }

  it("takes what was opened before it", async () => {
    const pool = tablePool();
    const selector = await Selector.create();
    await selector.openFeatures(sourceFiles(featuresOf(pool)));
    const csv = scoresOf(pool, "csv");
    await selector.openScores([sourceFile(csv, "scores.csv"), sourceFile(csv.replace(/csv$/, "manifest.json"), "scores.manifest.json")]);
    await selector.dataset(dataOf(pool));
    const method = ["--count", "2", "--method", "k-center"];
    await selector.select({ count: 2, method: "k-center" });
    await assertSubset(selector, pool, method, { name: "subset.parquet" });
    for await (const _ of selector.run()) {
      // Scores once more, with the features and the selector of before.
    }
    await selector.select({ ratio: 0.6 });
    await assertSubset(selector, pool, ["--ratio", "0.6"], { name: "subset.parquet" });
    selector.destroy();
  });

  it("is followed by another format, and leaves what is open where it cannot be read", async () => {
    const pool = demoPool();
    const selector = await scored(pool);
    await selector.select({ count: 9 });
    const torn = readFileSync(tablePool().data).subarray(0, 5000);
    await assert.rejects(selector.dataset([{ path: "torn.parquet", source: torn }]), { code: "bad_dataset", message: /torn\.parquet/ });
    await assertSubset(selector, pool, ["--count", "9"], { name: "subset.json" });
    await selector.dataset(dataOf(tablePool()));
    assert.equal((await selector.dataset(dataOf(pool))).format, "json");
    await selector.openFeatures(sourceFiles(featuresOf(pool)));
    for await (const _ of selector.run()) {
      // In the larger module now.
    }
    await selector.select({ count: 9 });
    await assertSubset(selector, pool, ["--count", "9"], { name: "subset.json" });
    selector.destroy();
  });
});
