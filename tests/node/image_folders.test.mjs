// In Node: images are found in a folder that the records do not name.

import assert from "node:assert/strict";
import { it } from "node:test";

import { demoPool } from "../browser/demo_pool.mjs";
import { Selector, sourceFile, sourceFiles } from "./package_in_node.mjs";

const pool = demoPool();
const records = sourceFile(pool.data, "data.json");
const below = (folder) => sourceFiles(pool.images).map(({ path, source }) => ({ path: `${folder}${path}`, source }));

/** What a check finds of the images. */
async function imagesOf(files, options) {
  const selector = await Selector.create();
  await selector.dataset(files, options);
  const { images, images_missing, would_be_encoded, folders } = await selector.check();
  selector.destroy();
  return { images, images_missing, would_be_encoded, folders };
}

it("images lie below folders that the records do not name", async () => {
  const expected = await imagesOf([records], { images: below("") });
  assert.ok(expected.would_be_encoded > 0);
  assert.deepEqual(await imagesOf([records, ...below("pictures/all/")]), expected);
  assert.deepEqual(await imagesOf([{ ...records, path: "texts/data.json" }, ...below("pictures/")]), expected);
});

it("a folder that has images of other names is none of them", async () => {
  const { would_be_encoded: encoded, images_missing: missing } = await imagesOf([records, ...below("pictures/other-")]);
  assert.equal(encoded, 0);
  assert.ok(missing > 0);
});
