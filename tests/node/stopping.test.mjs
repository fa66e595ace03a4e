// In Node: opening a dataset and exporting from it tell how far they are, and end between two steps; what was there before
// is there afterwards.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";

import { demoPool, featuresOf, reportOf } from "../browser/demo_pool.mjs";
import { zipOf } from "./archives.mjs";
import { assertSameBytes, exported, Selector, sourceFile, sourceFiles } from "./package_in_node.mjs";

/** A list of records that takes several steps to read and to write: steps are of 4 MiB and less. */
function manyRecords(bytes = 13 << 20) {
  const answer = "It goes on and on. ".repeat(500);
  const record = (nth) => ({
    id: `record ${nth}`,
    image: `${nth % 3}.png`,
    conversations: [
      { from: "human", value: `What is number ${nth}?` },
      { from: "gpt", value: answer },
    ],
  });
  const records = Array.from({ length: Math.ceil(bytes / answer.length) }, (_, nth) => record(nth));
  return { records, data: Buffer.from(JSON.stringify(records)) };
}

/** Scores of all records, made up. */
function scoresFor(records) {
  const rows = records.map((_, nth) => `${nth},0,${(nth % 97) / 100},0.5,0.5`);
  return [{ path: "scores.csv", source: Buffer.from(["index,cluster,confidence,entropy,gate", ...rows, ""].join("\n")) }];
}

/** A call that is ended by the first progress that `isTime` says it of. */
function endedBy(isTime) {
  const controller = new AbortController();
  const told = [];
  const onProgress = (...progress) => {
    told.push(progress);
    if (isTime(...progress)) {
      controller.abort();
    }
  };
  return { told, options: { signal: controller.signal, onProgress } };
}

/** How many bytes become blobs while something is done. */
async function bytesOfBlobs(work) {
  const { Blob } = globalThis;
  let bytes = 0;
  globalThis.Blob = class extends Blob {
    constructor(...given) {
      super(...given);
      bytes += this.size;
    }
  };
  try {
    await work();
  } finally {
    globalThis.Blob = Blob;
  }
  return bytes;
}

describe("opening a dataset", () => {
  const { records, data } = manyRecords();
  const large = [{ path: "large.json", source: data }];
  const small = Buffer.from('[{"id": "the only one", "conversations": []}]');
  let selector;

  before(async () => {
    selector = await Selector.create();
    await selector.dataset([{ path: "small.json", source: small }]);
  });

  after(() => selector.destroy());

  it("is ended in the middle, and leaves what was open", async () => {
    const { told, options } = endedBy(() => true);
    await assert.rejects(selector.dataset(large, options), { code: "aborted" });
    assert.equal(told.length, 1);
    const [[done, of]] = told;
    assert.equal(of, data.length);
    assert.ok(done > 0 && done < of, `${done} of ${of}`);
    assert.equal(JSON.parse(await selector.record(0)).id, "the only one");
  });

  it("tells how far it is", async () => {
    const told = [];
    const found = await selector.dataset(large, { onProgress: (done, of) => told.push([done, of]) });
    assert.equal(found.records, records.length);
    assert.ok(told.length > 1, `told ${told.length} times`);
    told.forEach(([done, of], nth) => {
      assert.equal(of, data.length);
      assert.ok(done <= of && done > (told[nth - 1]?.[0] ?? 0), `${told.join(", then ")}`);
    });
    assert.equal(JSON.parse(await selector.record(records.length - 1)).id, `record ${records.length - 1}`);
  });

  it("goes by the length of what is in a zip", async () => {
    const { told, options } = endedBy(() => true);
    const zip = zipOf(new Map([["data.json", data], ["0.png", Buffer.alloc(99)]]), () => true);
    assert.ok(zip.length < data.length);
    await assert.rejects(selector.dataset([{ path: "large.zip", source: zip }], options), { code: "aborted" });
    assert.equal(told[0][1], data.length);
    assert.equal(JSON.parse(await selector.record(1)).id, "record 1");
  });

  it("fails as it would in one go", async () => {
    const torn = [{ path: "torn.json", source: data.subarray(0, -20) }];
    await assert.rejects(selector.dataset(torn), { code: "bad_dataset", message: /torn\.json/ });
    assert.equal(JSON.parse(await selector.record(1)).id, "record 1");
    await assert.rejects(selector.dataset(large, { onProgress: 1 }), { code: "bad_option", message: /onProgress/ });
  });
});

describe("an export of records", () => {
  const { records, data } = manyRecords();
  const image = Buffer.alloc(99, 7);
  const files = new Map([["data.json", data], ...["0.png", "1.png", "2.png"].map((name) => [name, image])]);
  const zip = zipOf(files);
  let selector;

  before(async () => {
    selector = await Selector.create();
    await selector.dataset([{ path: "large.zip", source: zip }]);
    await selector.openScores(scoresFor(records));
    await selector.select({ ratio: 0.9 });
  });

  after(() => selector.destroy());

  for (const as of [undefined, "zip", "jsonl", "ids", "csv", "parquet"]) {
    it(`is ended in the middle: ${as ?? "as the records stand"}`, async () => {
      const asked = { format: "records", ...(as === undefined ? {} : { as }) };
      const { told, options } = endedBy(({ stage }) => stage === "writing");
      const bytes = await bytesOfBlobs(async () => {
        await assert.rejects(selector.export({ ...asked, ...options }), { code: "aborted" });
        // It waits until the call before has come to its end.
        await selector.imageCount(0);
      });
      const stages = told.map(([{ stage }]) => stage);
      assert.equal(stages.at(-1), "writing");
      assert.equal(stages.filter((stage) => stage === "writing").length, 1);
      assert.ok(bytes < 2 << 20, `${bytes} bytes were written all the same`);
    });
  }

  it("is whole the next time, and tells how far it is", async () => {
    await selector.select({ ratio: 1 });
    const told = [];
    const onProgress = (progress) => told.push(progress);
    const found = await exported(selector, { format: "records", name: "subset.json", onProgress });
    assertSameBytes(found.get("subset.json"), data, "all records");
    assert.equal(JSON.parse(found.get("subset.manifest.json")).output.bytes, data.length);
    assert.ok(told.length > 5, `told ${told.length} times`);
    told.forEach(({ stage, done, of }, nth) => {
      assert.deepEqual([stage, of], ["writing", undefined]);
      assert.ok(done <= data.length && done >= (told[nth - 1]?.done ?? 1), `${done} after ${told[nth - 1]?.done}`);
    });
    const packed = await exported(selector, { format: "records", name: "subset.zip", as: "zip" });
    assertSameBytes(packed.get("subset.zip"), zip, "the zip with everything in it");
  });

  it("goes on beside the next choice with what it was begun with", async () => {
    await selector.select({ ratio: 1 });
    const exporting = exported(selector, { format: "records", name: "subset.json" });
    const { positions } = await selector.select({ count: 1 });
    assert.equal(positions.length, 1);
    assertSameBytes((await exporting).get("subset.json"), data, "all records");
  });
});

describe("a report", () => {
  const pool = demoPool();
  let selector;

  before(async () => {
    selector = await Selector.create();
    await selector.dataset([sourceFile(pool.data, "data.json")], { images: sourceFiles(pool.images) });
    await selector.openFeatures(sourceFiles(featuresOf(pool)));
    for await (const _ of selector.run()) {
      // Scoring is a run without an encoder.
    }
    await selector.select({ ratio: 0.15 });
  });

  after(() => selector.destroy());

  for (const last of ["records", "pictures"]) {
    it(`is ended in the middle: ${last}`, async () => {
      const { told, options } = endedBy(({ stage }) => stage === last);
      await assert.rejects(selector.export({ format: "report", ...options }), { code: "aborted" });
      assert.deepEqual(told.at(-1).map(({ stage }) => stage), [last]);
      assert.equal(told.filter(([{ stage }]) => stage === last).length, 1);
    });
  }

  it("tells how far it is, and is the command line's", async () => {
    const told = [];
    const found = await exported(selector, { format: "report", onProgress: (progress) => told.push(progress) });
    assertSameBytes(found.get("report.html"), reportOf(pool, ["--ratio", "0.15"]), "the page");
    const ofStage = (wanted) => told.filter(({ stage }) => stage === wanted);
    const records = JSON.parse(readFileSync(pool.data, "utf8")).length;
    assert.deepEqual(ofStage("records").at(-1), { stage: "records", done: records, of: records });
    const pictures = ofStage("pictures");
    // Some records are at an end of the subset and of the pool.
    assert.ok(pictures.length > 12 && pictures.length <= 48, `${pictures.length} pictures`);
    pictures.forEach((progress, nth) => assert.deepEqual(progress, { stage: "pictures", done: nth + 1, of: pictures.length }));
  });

  it("takes no progress that is no function", async () => {
    await assert.rejects(selector.export({ format: "report", onProgress: {} }), { code: "bad_option", message: /onProgress/ });
  });
});
