// In Node: what is told of scored records is what the command line tells, or what follows from the
// features and the records themselves.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { demoPool, featuresOf, scoresOf, scratch } from "../browser/demo_pool.mjs";
import { featureRows, folderFiles } from "../browser/feature_rows.mjs";
import { ofa, programPath } from "../browser/program.mjs";
import { OfaError, Selector, sourceFile, sourceFiles } from "./package_in_node.mjs";

const pool = demoPool();
const records = JSON.parse(readFileSync(pool.data, "utf8"));
const scored = readFileSync(scoresOf(pool, "csv"), "utf8")
  .split("\n")
  .slice(1, -1)
  .map((line) => Number.parseInt(line, 10));
const skipped = readFileSync(join(featuresOf(pool), "skipped.jsonl"), "utf8")
  .split("\n")
  .filter((line) => line !== "")
  .map((line) => JSON.parse(line));

/** The joint features of every scored record, as METHOD has them. */
function jointFeatures() {
  const rows = featureRows(folderFiles(featuresOf(pool)));
  return scored.map((position) => {
    const { image, text } = rows.get(position);
    const joint = [...image, ...text];
    const length = Math.hypot(...joint);
    return joint.map((value) => value / length);
  });
}

const dot = (one, other) => one.reduce((sum, value, nth) => sum + value * other[nth], 0);

async function refused(attempt, code, ...words) {
  await assert.rejects(attempt, (error) => {
    assert.ok(error instanceof OfaError, `not an OfaError: ${error.stack}`);
    assert.equal(error.code, code, error.message);
    for (const word of words) {
      assert.ok(error.message.includes(word), `${word} is not said: ${error.message}`);
    }
    return true;
  });
}

/** A selector with the pool's records, and with scores unless there are no features. */
async function opened(features = featuresOf(pool)) {
  const selector = await Selector.create();
  await selector.dataset([sourceFile(pool.data, "data.json")], { images: sourceFiles(pool.images) });
  if (features !== null) {
    await selector.openFeatures(sourceFiles(features));
    for await (const _ of selector.run()) {
      // Scoring is a run without an encoder.
    }
  }
  return selector;
}

describe("scored records", () => {
  let selector;

  before(async () => {
    selector = await opened();
  });

  after(() => selector.destroy());

  it("lie along the two directions in which they differ most", async () => {
    const joints = jointFeatures();
    const width = joints[0].length;
    const mean = Array.from({ length: width }, (_, nth) => joints.reduce((sum, row) => sum + row[nth], 0) / joints.length);
    const centered = joints.map((row) => row.map((value, nth) => value - mean[nth]));
    const variance = centered.reduce((sum, row) => sum + dot(row, row), 0);
    const told = [];
    const { coordinates, explained } = await selector.projection({ onProgress: (done, of) => told.push([done, of]) });
    assert.equal(coordinates.length, 2 * scored.length);
    assert.ok(told.length > 2 && told.every(([done, of]) => done <= of), `${told}`);
    const axes = [];
    for (const nth of [0, 1]) {
      // The power method on what the axes before this one leave.
      let axis = Array.from({ length: width }, (_, at) => Math.cos(at + nth));
      for (let step = 0; step < 3000; step += 1) {
        const next = new Array(width).fill(0);
        for (const row of centered) {
          const along = dot(row, axis);
          row.forEach((value, at) => (next[at] += along * value));
        }
        for (const before of axes) {
          const along = dot(next, before);
          before.forEach((value, at) => (next[at] -= along * value));
        }
        const length = Math.sqrt(dot(next, next));
        axis = next.map((value) => value / length);
      }
      const largest = axis.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
      axis = axis.map((value) => value * Math.sign(largest));
      axes.push(axis);
      const places = centered.map((row) => dot(row, axis));
      const off = places.map((place, row) => Math.abs(place - coordinates[2 * row + nth]));
      assert.ok(Math.max(...off) < 1e-5, `axis ${nth}: off by ${Math.max(...off)}`);
      assert.ok(Math.abs(dot(places, places) / variance - explained[nth]) < 1e-6, `${explained}`);
    }
    // The same bits each time.
    assert.deepEqual((await selector.projection()).coordinates, coordinates);
  });

  it("have neighbours", async () => {
    const joints = jointFeatures();
    for (const row of [0, 17, scored.length - 1]) {
      const { positions, similarities } = await selector.neighbours(scored[row], { count: 6 });
      const expected = joints
        .map((other, nth) => ({ position: scored[nth], similarity: dot(joints[row], other) }))
        .filter(({ position }) => position !== scored[row])
        .sort((a, b) => b.similarity - a.similarity || a.position - b.position)
        .slice(0, 6);
      assert.deepEqual([...positions], expected.map(({ position }) => position));
      expected.forEach(({ similarity }, nth) => assert.ok(Math.abs(similarity - similarities[nth]) < 1e-6));
    }
    assert.equal((await selector.neighbours(scored[3])).positions.length, 8);
    await refused(selector.neighbours(skipped[0].index), "bad_option", "score");
    await refused(selector.neighbours(scored[3], { count: 0 }), "bad_option", "count");
    await refused(selector.neighbours(100_000), "bad_option", "100000");
  });

  for (const [name, options, words] of [
    ["by confidence", { ratio: 0.15 }, ["--ratio", "0.15"]],
    ["that are diverse", { count: 30, method: "kdpp", seed: 3 }, ["--count", "30", "--method", "kdpp", "--seed", "3"]],
    [
      "with pins and text-only records",
      { ratio: 0.2, pinned: [scored[5]], excluded: [scored[9]], textOnly: "keep" },
      ["--ratio", "0.2", "--text-only", "keep"],
    ],
  ]) {
    it(`are in or out for the reasons that the command line gives: ${name}`, async () => {
      await selector.select(options);
      const folder = mkdtempSync(join(scratch, "explained-"));
      const subset = join(folder, "subset.json");
      const inputs = ["--scores", scoresOf(pool, "csv"), "--features", featuresOf(pool)];
      const constraints = Object.entries({ pin: options.pinned, exclude: options.excluded })
        .filter(([, positions]) => positions !== undefined)
        .flatMap(([option, positions]) => {
          const list = join(folder, `${option}.txt`);
          writeFileSync(list, positions.join("\n"));
          return [`--${option}`, list];
        });
      ofa("select", pool.data, ...inputs, ...words, ...constraints, "-o", subset);
      const from = ["--from", subset.replace(".json", ".manifest.json")];
      for (const position of [scored[0], scored[5], scored[9], scored[40], skipped[0].index, skipped.at(-1).index]) {
        const { words: said, ...explanation } = await selector.explain(position);
        const asked = ["explain", pool.data, `${position}`, ...inputs, ...from];
        assert.deepEqual(explanation, ofa(...asked), `record ${position}`);
        const { stdout, stderr } = spawnSync(programPath(), asked, { encoding: "utf8" });
        const printed = `${stderr}${stdout}`.trimEnd();
        assert.ok(said.length > 40 && printed.endsWith(said.trimEnd()), `record ${position}: ${said}\n${printed}`);
      }
    });
  }

  it("come from source folders", async () => {
    const { names, of } = await selector.sources();
    const folder = ({ image }) => (Array.isArray(image) ? image[0] : image).split("/").slice(0, -1).slice(0, 2).join("/");
    assert.ok(of instanceof Uint16Array);
    assert.deepEqual([...of].map((nth) => names[nth]), scored.map((position) => folder(records[position]) || "."));
    assert.equal(new Set(names).size, names.length);
  });

  it("leave others over, each with its reason", async () => {
    const all = await selector.skipped();
    assert.equal(all.total, records.length - scored.length);
    const expected = skipped.map(({ index, reason, detail }) => ({ position: index, reason, detail }));
    assert.deepEqual(all.records, expected);
    const counts = {};
    skipped.forEach(({ reason }) => (counts[reason] = (counts[reason] ?? 0) + 1));
    assert.deepEqual(all.byReason, counts);
    assert.ok(expected.length > 4, "a pool in which too little is skipped for this test");
    assert.deepEqual((await selector.skipped({ from: 2, count: 2 })).records, expected.slice(2, 4));
    assert.deepEqual((await selector.skipped({ from: 10_000 })).records, []);
    assert.equal((await selector.skipped({ count: 0 })).total, expected.length);
  });

  it("can be left alone in the middle", async () => {
    for (const call of ["projection", "sources"]) {
      const controller = new AbortController();
      const started = selector[call]({ signal: controller.signal, onProgress: () => controller.abort() });
      await refused(started, "aborted");
    }
    await refused(selector.neighbours(scored[0], { signal: AbortSignal.abort() }), "aborted");
    await refused(selector.projection({ onProgres: () => undefined }), "bad_option", "onProgress");
  });
});

describe("scores without features", () => {
  it("have no places and no neighbours, and tell the rest", async () => {
    const selector = await opened(null);
    await refused(selector.sources(), "bad_scores", "run");
    const csv = scoresOf(pool, "csv");
    const manifest = csv.replace(".csv", ".manifest.json");
    await selector.openScores([sourceFile(csv, "scores.csv"), sourceFile(manifest, "scores.manifest.json")]);
    await refused(selector.projection(), "bad_features", "openFeatures");
    await refused(selector.neighbours(scored[0]), "bad_features", "openFeatures");
    const { in_subset: isIn, scored: score } = await selector.explain(scored[0]);
    assert.equal(isIn, null);
    assert.equal(score.chosen, null);
    assert.equal(score.neighbours, null);
    const { scored: without, words } = await selector.explain(scored[0], { neighbours: 0 });
    assert.deepEqual(without.neighbours, []);
    assert.doesNotMatch(words, /neighbours|no other record/);
    const { total, byReason, records: some } = await selector.skipped({ count: 5 });
    assert.equal(total, skipped.length);
    assert.equal(Object.values(byReason).reduce((sum, count) => sum + count, 0), total);
    assert.equal(some.length, 5);
    await selector.destroy();
  });
});

describe("a search", () => {
  let selector;

  /** A dataset that says the same in several ways. */
  const odd = String.raw`[
    {"id": "first", "image": "A/one.jpg", "conversations": [{"from": "human", "value": "Say \"caf\u00e9\"\nplease"}]},
    {"id": 4711, "image": "b\/two.jpg", "conversations": [{"from": "human", "value": "CAFÉ"}, {"from": "gpt", "value": "\u0048um"}]},
    {"id": "third", "conversations": [{"from": "human", "value": "no image"}], "source": "Wiki"},
    {"id": "broken", "conversations": 5}
  ]`;

  before(async () => {
    selector = await Selector.create();
    await selector.dataset([{ path: "odd.json", source: new TextEncoder().encode(odd) }]);
  });

  after(() => selector.destroy());

  for (const [text, expected] of [
    ["café", [0, 1]],
    ['say "Café"\nPLEASE', [0]],
    ["HUM", [1]],
    ["4711", [1]],
    ["a/one", [0]],
    ["B/TWO.JPG", [1]],
    ["human", []],
    ["conversations", []],
    ["wiki", [2]],
    ["broken", [3]],
    ["ir", [0, 2]],
    ["\\n", []],
  ]) {
    it(`finds ${JSON.stringify(text)}`, async () => {
      assert.deepEqual([...(await selector.search(text))], expected);
    });
  }

  it("finds records by their ids", async () => {
    const { positions, unknown } = await selector.findIds(["third", "4711", "nobody", "third", "broken"]);
    assert.deepEqual([...positions], [1, 2]);
    // One that cannot be used is known by nothing.
    assert.equal(unknown, 2);
    const nothing = await selector.findIds([]);
    assert.deepEqual([[...nothing.positions], nothing.unknown], [[], 0]);
    await refused(selector.findIds("third"), "bad_option", "a list of texts");
    await refused(selector.findIds(["third", 4711]), "bad_option", "ids[1]");
    await refused(selector.findIds(["third"], { signal: AbortSignal.abort() }), "aborted");
    await refused(selector.findIds(["third"], { limit: 3 }), "bad_option", "limit");
  });

  it("finds records by very many ids in one go", async () => {
    const demo = await opened(null);
    const told = [];
    // More than one message takes, the ids of the dataset last.
    const others = Array.from({ length: 25_000 }, (_, nth) => `nobody ${nth}`);
    const ids = records.map(({ id }) => id).filter((id) => id !== undefined);
    assert.ok(ids.length > 100);
    const { positions, unknown } = await demo.findIds(new Set([...others, ...ids.map(String)]), {
      onProgress: (done, of) => told.push([done, of]),
    });
    const known = new Set(ids);
    assert.deepEqual([...positions], [...records.keys()].filter((position) => known.has(records[position].id)));
    assert.equal(unknown, others.length);
    assert.deepEqual(told.at(-1), [records.length, records.length]);
    const both = await Promise.allSettled([demo.findIds(others), demo.findIds(ids.map(String))]);
    const right = both.filter(({ status }) => status === "fulfilled").map(({ value }) => value.unknown);
    assert.ok(right.every((unknown) => [0, others.length].includes(unknown)));
    assert.ok(both.every(({ status, reason }) => status === "fulfilled" || reason.code === "busy"));
    await demo.destroy();
  });

  it("finds what is said in the demo, whether it is scored or not, up to a limit", async () => {
    const demo = await opened(null);
    const text = "the";
    const says = ({ id, image, conversations }) =>
      [id, image, ...conversations.map(({ value }) => value)].flat().some((said) => `${said}`.toLowerCase().includes(text));
    const expected = records.flatMap((record, position) => (says(record) ? [position] : []));
    assert.ok(expected.length > 10);
    const told = [];
    assert.deepEqual([...(await demo.search(text, { onProgress: (done, of) => told.push([done, of]) }))], expected);
    assert.deepEqual(told.at(-1), [records.length, records.length]);
    assert.deepEqual([...(await demo.search(text.toUpperCase(), { limit: 7 }))], expected.slice(0, 7));
    await refused(demo.search(text, { signal: AbortSignal.abort() }), "aborted");
    await refused(demo.search(""), "bad_option", "empty");
    await refused(demo.search(text, { limt: 3 }), "bad_option", "limit");
    await demo.destroy();
  });
});
