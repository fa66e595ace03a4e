// In Node: what cannot be done is refused with a code that a program can act on, and words for people.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";

import { demoPool, featuresOf } from "../browser/demo_pool.mjs";
import { OfaError, Selector, sourceFile, sourceFiles } from "./package_in_node.mjs";

const pool = demoPool();
const other = demoPool(40, 7);

/** Fails unless it is refused with that code, by an error of the package that says these things. */
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

async function drain(run) {
  for await (const _ of run) {
    // Only how it ends counts.
  }
}

async function opened() {
  const selector = await Selector.create();
  await selector.dataset([sourceFile(pool.data, "data.json")]);
  return selector;
}

async function scored() {
  const selector = await opened();
  await selector.openFeatures(sourceFiles(featuresOf(pool)));
  await drain(selector.run());
  return selector;
}

describe("what Node's package refuses", () => {
  it("an option that there is not, and names those that there are", async () => {
    await refused(Selector.create({ backnd: "cpu" }), "bad_option", "backnd", "backend");
    const selector = await scored();
    await refused(selector.select({ ratio: 0.1, sed: 1 }), "bad_option", "sed", "seed");
    await refused(selector.export({ format: "records", nam: "x" }), "bad_option", "nam", "name");
    await refused(selector.check({ depp: true }), "bad_option", "depp", "deep");
    await refused(selector.dataset([sourceFile(pool.data, "data.json")], { imags: [] }), "bad_option", "imags", "images");
  });

  it("a value that an option does not take", async () => {
    const selector = await scored();
    await refused(selector.select({ ratio: 0.1, method: "best" }), "bad_option", "best", "confidence");
    await refused(selector.select({ ratio: 0 }), "bad_option", "ratio");
    await refused(selector.select({ ratio: 1.5 }), "bad_option", "1.5");
    await refused(selector.select({ ratio: 0.1, count: 3 }), "bad_option", "ratio", "count");
    await refused(selector.select({}), "bad_option", "ratio", "count");
    await refused(selector.select({ ratio: 0.1, seed: -1 }), "bad_option", "seed");
    await refused(selector.export({ format: "pdf" }), "bad_option", "pdf", "records");
    await refused(Selector.create({ backend: "cuda" }), "bad_option", "cuda", "webgpu");
  });

  it("a count that is larger than what has scores", async () => {
    const selector = await scored();
    await refused(selector.select({ count: 100_000 }), "bad_option", "100000");
  });

  it("quotas off where the method needs them", async () => {
    const selector = await scored();
    await refused(selector.select({ ratio: 0.1, method: "kdpp", quotas: false }), "bad_option", "quotas");
  });

  it("features that are none, or broken off", async () => {
    const selector = await opened();
    const store = sourceFiles(featuresOf(pool));
    const broken = store.map(({ path, source }) => ({
      path,
      source: path.endsWith(".safetensors") ? source.subarray(0, source.length - 5) : source,
    }));
    await refused(selector.openFeatures(broken), "bad_features", "features-00000.safetensors");
    const text = new TextEncoder().encode("not features");
    await refused(selector.openFeatures([{ path: "features-00000.safetensors", source: text }]), "bad_features");
    await refused(selector.openFeatures([]), "bad_option");
  });

  it("features of another dataset, and names both", async () => {
    const selector = await opened();
    const fingerprint = (store) => JSON.parse(readFileSync(`${store}/manifest.json`)).fingerprints.dataset;
    await refused(
      selector.openFeatures(sourceFiles(featuresOf(other))),
      "fingerprint_mismatch",
      fingerprint(featuresOf(other)).slice(0, 12),
      fingerprint(featuresOf(pool)).slice(0, 12),
    );
  });

  it("a selector and scores that are none", async () => {
    const noise = new TextEncoder().encode("neither");
    await refused(Selector.create({ selector: noise }), "bad_selector");
    const selector = await opened();
    await refused(selector.openScores([{ path: "scores.csv", source: noise }]), "bad_scores", "scores.csv");
  });

  it("a dataset that is none, or that breaks off", async () => {
    const selector = await Selector.create();
    const broken = readFileSync(pool.data).subarray(0, 1000);
    await refused(selector.dataset([{ path: "data.json", source: new Uint8Array(broken) }]), "bad_dataset", "data.json");
    await refused(selector.dataset([]), "bad_option");
  });

  it("to encode: there are no workers here", async () => {
    const selector = await Selector.create({ encoder: "demo" });
    await selector.dataset([sourceFile(pool.data, "data.json")], { images: sourceFiles(pool.images) });
    await refused(drain(selector.run()), "unsupported", "Node");
  });

  it("to choose before there are scores, and anything once it is destroyed", async () => {
    const selector = await opened();
    await refused(selector.select({ ratio: 0.1 }), "bad_scores");
    await selector.destroy();
    await refused(selector.select({ ratio: 0.1 }), "destroyed");
    await refused(selector.check(), "destroyed");
  });

  it("to run twice at a time", async () => {
    const selector = await opened();
    await selector.openFeatures(sourceFiles(featuresOf(pool)));
    const first = selector.run()[Symbol.asyncIterator]();
    const begun = first.next();
    await refused(drain(selector.run()), "busy");
    await begun;
    await first.return?.();
  });
});
