// In Node: the images of a subset are those that `ofa select --with-images` copies, wherever they lie.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";

import { demoPool, featuresOf, scoresOf, scratch } from "../browser/demo_pool.mjs";
import { ofa } from "../browser/program.mjs";
import { tarOf, zipOf } from "./archives.mjs";
import { Selector, sourceFile, sourceFiles } from "./package_in_node.mjs";

const pool = demoPool();

/** The images of the last choice, by name, and what was left out. */
async function taken(selector, options = {}) {
  const [files, leftOut] = [new Map(), []];
  for await (const { name, blob } of selector.images({ onLeftOut: (image) => leftOut.push(image), ...options })) {
    assert.ok(!files.has(name), `${name} comes twice`);
    files.set(name, Buffer.from(await blob.arrayBuffer()));
  }
  return { files, leftOut };
}

const byName = (files) => new Map([...files].sort(([one], [other]) => (one < other ? -1 : 1)));

const contents = (folder) => new Map(sourceFiles(folder).map(({ path, source }) => [path, Buffer.from(source)]));

describe("the images of a subset", () => {
  const all = contents(pool.images);
  let expected;
  let leftOut;

  before(() => {
    const folder = mkdtempSync(join(scratch, "images-"));
    const copied = join(folder, "copied");
    const inputs = ["--images", pool.images, "--scores", scoresOf(pool, "csv"), "--features", featuresOf(pool)];
    const words = ["--ratio", "0.3", "--text-only", "keep", "--with-images", copied];
    const subset = join(folder, "subset.json");
    ofa("select", pool.data, ...inputs, ...words, "-o", subset);
    expected = contents(copied);
    leftOut = JSON.parse(readFileSync(join(folder, "subset.manifest.json"), "utf8")).output.images.left_out;
  });

  const places = {
    "a folder": () => sourceFiles(pool.images),
    "a zip that stores them": () => [{ path: "images.zip", source: zipOf(all) }],
    "a zip that compresses some": () => [{ path: "images.zip", source: zipOf(all, (path) => path.endsWith("g")) }],
    "a tar": () => [{ path: "images.tar", source: tarOf(all) }],
  };
  for (const [where, images] of Object.entries(places)) {
    it(`are those that the command line copies: ${where}`, async () => {
      const selector = await Selector.create();
      await selector.dataset([sourceFile(pool.data, "data.json")], { images: images() });
      await selector.openFeatures(sourceFiles(featuresOf(pool)));
      for await (const _ of selector.run()) {
        // Scoring.
      }
      await selector.select({ ratio: 0.3, textOnly: "keep" });
      const found = await taken(selector);
      assert.deepEqual([...byName(found.files).keys()], [...byName(expected).keys()]);
      for (const [name, bytes] of expected) {
        assert.ok(found.files.get(name).equals(bytes), name);
      }
      assert.equal(found.leftOut.length, leftOut);
      await selector.destroy();
    });
  }

  it("have names of their own, once each", async () => {
    const selector = await Selector.create();
    const [one, other] = [...all.values()];
    const uri = `data:image/png;base64,${one.toString("base64")}`;
    const record = (image) => ({ image, conversations: [{ from: "human", value: "What is this?" }] });
    const lines = [
      record("a/x.png"),
      record(["a/x.png", "b/x.png", "./a//x.png"]),
      record(uri),
      record("missing.png"),
      record("https://host/x.png"),
      record("c/copy.png"),
    ];
    const files = new Map([["a/x.png", one], ["b/x.png", other], ["c/copy.png", one]]);
    const data = [{ path: "d.jsonl", source: Buffer.from(lines.map((line) => JSON.stringify(line)).join("\n")) }];
    await selector.dataset(data, { images: [...files].map(([path, source]) => ({ path, source: new Uint8Array(source) })) });
    const scores = lines.map((_, nth) => `${nth},0,0.5,0.5,0.5`);
    const table = ["index,cluster,confidence,entropy,gate", ...scores, ""].join("\n");
    await selector.openScores([{ path: "scores.csv", source: Buffer.from(table) }]);
    await assert.rejects(taken(selector), { code: "bad_option" });
    await selector.select({ ratio: 1 });
    const found = await taken(selector);
    assert.deepEqual([...found.files.keys()], ["a/x.png", "b/x.png", "record-2-0.jpg", "c/copy.png"]);
    assert.ok(found.files.get("record-2-0.jpg").equals(one));
    assert.ok(found.files.get("b/x.png").equals(other));
    assert.deepEqual(found.leftOut.map(({ reason }) => reason), ["image_missing", "image_url"]);
    // Who leaves the loop has begun again from the first one.
    for await (const { name } of selector.images()) {
      assert.equal(name, "a/x.png");
      break;
    }
    await assert.rejects(taken(selector, { signal: AbortSignal.abort() }), { code: "aborted" });
    await selector.destroy();
  });

  it("of images with captions are the records themselves", async () => {
    const selector = await Selector.create();
    const images = [...all].filter(([path]) => /\.(png|jpg)$/.test(path)).slice(0, 4);
    const files = images.flatMap(([path, source], nth) => [
      { path: `set/${path}`, source: new Uint8Array(source) },
      { path: `set/${path.replace(/\.\w+$/, ".txt")}`, source: Buffer.from(`Caption ${nth}`) },
    ]);
    const { records, format } = await selector.dataset(files);
    assert.equal(format, "captions");
    const rows = Array.from({ length: records }, (_, nth) => `${nth},0,0.${nth + 1},0.5,0.5`);
    const table = ["index,cluster,confidence,entropy,gate", ...rows, ""].join("\n");
    await selector.openScores([{ path: "scores.csv", source: Buffer.from(table) }]);
    await selector.select({ ratio: 1 });
    const found = await taken(selector);
    assert.deepEqual(byName(found.files), byName(new Map(images.map(([path, source]) => [path, source]))));
    assert.deepEqual([...(await selector.search("caption 2"))].length, 1);
    const { names, of } = await selector.sources();
    assert.equal(of.length, records);
    assert.ok(names.length >= 1);
    assert.equal((await selector.explain(0)).index, 0);
    await selector.destroy();
  });
});
