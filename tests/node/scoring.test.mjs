// In Node: scores and subsets of one feature store are the command line's, to the byte.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, describe, it } from "node:test";

import { checkOf, demoPool, featuresOf, SELECTOR, scoresOf, subsetOf, withoutPlaces } from "../browser/demo_pool.mjs";
import { selections } from "../browser/selections.mjs";
import { assertSameBytes, exported, Selector, sourceFile, sourceFiles } from "./package_in_node.mjs";

const pool = demoPool();
/** Positions of records that have scores. */
const scored = readFileSync(scoresOf(pool, "csv"), "utf8")
  .split("\n")
  .slice(1, -1)
  .map((line) => Number.parseInt(line, 10));

/** A selector with the pool's records and features. */
async function opened(options = {}) {
  const selector = await Selector.create(options);
  await selector.dataset([sourceFile(pool.data, "data.json")]);
  await selector.openFeatures(sourceFiles(featuresOf(pool)));
  return selector;
}

/** A selector that has gone as far as scores. */
async function withScores(options) {
  const selector = await opened(options);
  for await (const _ of selector.run()) {
    // Scoring is a run without an encoder.
  }
  return selector;
}

const manifestOf = (file) => file.replace(/\.\w+$/, ".manifest.json");

describe("scores in Node", () => {
  const selectors = {
    "the selector that ships with the package": {},
    "a selector from a file": { selector: new Uint8Array(readFileSync(SELECTOR)) },
  };
  for (const [which, options] of Object.entries(selectors)) {
    for (const ending of ["csv", "jsonl"]) {
      it(`are those of the command line: ${ending}, ${which}`, async () => {
        const selector = await withScores(options);
        const files = await exported(selector, { format: "scores", name: `scores.${ending}` });
        const expected = scoresOf(pool, ending);
        assert.deepEqual([...files.keys()].sort(), ["scores.manifest.json", `scores.${ending}`].sort());
        assertSameBytes(files.get(`scores.${ending}`), readFileSync(expected), ending);
        assertSameBytes(files.get("scores.manifest.json"), readFileSync(manifestOf(expected)), "the manifest");
        await selector.destroy();
      });
    }
  }

  it("are given as columns", async () => {
    const selector = await withScores();
    const columns = await selector.scores();
    const lines = readFileSync(scoresOf(pool, "csv"), "utf8").trimEnd().split("\n");
    const names = lines[0].split(",");
    const expected = (name) => lines.slice(1).map((line) => Number(line.split(",")[names.indexOf(name)]));
    assert.deepEqual([...columns.index], expected("index"));
    assert.deepEqual([...columns.cluster], expected("cluster"));
    // What is written reads back to the same bits of an f32.
    assert.deepEqual([...columns.confidence], expected("confidence").map(Math.fround));
    await selector.destroy();
  });

  it("have a name by default", async () => {
    const selector = await withScores();
    assert.deepEqual([...(await exported(selector, { format: "scores" })).keys()], ["scores.csv", "scores.manifest.json"]);
    await selector.destroy();
  });

  it("can be read from a file in place of features", async () => {
    const selector = await Selector.create();
    await selector.dataset([sourceFile(pool.data, "data.json")]);
    const csv = scoresOf(pool, "csv");
    await selector.openScores([sourceFile(csv, "scores.csv"), sourceFile(manifestOf(csv), "scores.manifest.json")]);
    const { positions } = await selector.select({ ratio: 0.15 });
    const { manifest } = subsetOf(pool, ["--ratio", "0.15"]);
    assert.deepEqual([...positions], JSON.parse(manifest).positions);
    await selector.destroy();
  });
});

describe("a check in Node", () => {
  it("finds what `ofa check` finds", async () => {
    const selector = await Selector.create();
    const images = sourceFiles(pool.images);
    await selector.dataset([sourceFile(pool.data, "data.json")], { images });
    for (const deep of [false, true]) {
      assert.deepEqual(withoutPlaces(await selector.check({ deep })), checkOf(pool, deep ? ["--deep"] : []));
    }
    await selector.destroy();
  });
});

describe("a subset in Node", () => {
  let selector;

  before(async () => {
    selector = await withScores();
  });

  for (const { name, words, options } of selections([scored[5], scored[9]])) {
    it(`is that of the command line: ${name}`, async () => {
      const selection = await selector.select(options);
      const files = await exported(selector, { format: "records", name: "subset.json" });
      const expected = subsetOf(pool, words);
      assertSameBytes(files.get("subset.json"), expected.records, "the records");
      assertSameBytes(files.get("subset.manifest.json"), expected.manifest, "the manifest");
      const manifest = JSON.parse(expected.manifest);
      assert.deepEqual([...selection.positions], manifest.positions);
      assert.equal(selection.manifest.written, manifest.written);
    });
  }

  for (const [as, ending] of Object.entries({ jsonl: "jsonl", ids: "txt", indices: "txt", csv: "csv" })) {
    it(`is converted as the command line converts it: ${as}`, async () => {
      const name = `subset.${ending}`;
      await selector.select({ ratio: 0.15 });
      const files = await exported(selector, { format: "records", name, as });
      const expected = subsetOf(pool, ["--ratio", "0.15", "--output-format", as], name);
      assertSameBytes(files.get(name), expected.records, "the records");
      assertSameBytes(files.get("subset.manifest.json"), expected.manifest, "the manifest");
    });
  }

  it("is another one with another seed", async () => {
    const subsets = [];
    for (const seed of [1, 2]) {
      subsets.push([...(await selector.select({ ratio: 0.2, method: "random", seed })).positions]);
    }
    assert.notDeepEqual(subsets[0], subsets[1]);
  });

  it("tells how far a slow method is, and can be stopped", async () => {
    const told = [];
    await selector.select({ ratio: 0.2, method: "kdpp", onProgress: (done, of) => told.push([done, of]) });
    assert.ok(told.length > 0);
    assert.ok(told.every(([done, of]) => done <= of), `${told}`);
    const signal = AbortSignal.abort();
    await assert.rejects(selector.select({ ratio: 0.2, method: "kdpp", signal }), { code: "aborted" });
  });

  it("has the record's own bytes", async () => {
    const { positions } = await selector.select({ count: 3 });
    const records = JSON.parse(readFileSync(pool.data, "utf8"));
    const text = await selector.record(positions[0]);
    assert.ok(readFileSync(pool.data, "utf8").includes(text));
    assert.deepEqual(JSON.parse(text), records[positions[0]]);
  });
});
