// What `ofa select` writes from the scores and features that were taken from the page.

import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { unzipSync } from "fflate";

import { scratch } from "../demo_pool.mjs";
import { ofa } from "../program.mjs";

/**
 * Saves scores, their manifest and the features from the page, for the program to read.
 * @returns {Promise<{scores: string, features: string}>} paths
 */
export async function exportsOf(page) {
  const folder = mkdtempSync(join(scratch, "exports-"));
  for (const name of ["scores.csv", "scores.manifest.json"]) {
    writeFileSync(join(folder, name), (await page.save(name)).bytes);
  }
  unpack((await page.save("features.zip")).bytes, folder);
  return { scores: join(folder, "scores.csv"), features: join(folder, "features") };
}

/** Writes what is in a zip below a folder. */
export function unpack(bytes, folder) {
  for (const [name, content] of Object.entries(unzipSync(bytes))) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
}

/**
 * The subset of the program.
 * @param {{scores: string, features: string}} exports
 * @param {string} data the dataset
 * @param {string[]} words how it is chosen, as options of `ofa select`
 * @returns {{records: Buffer, manifest: Buffer}}
 */
export function subsetOfExports({ scores, features }, data, words, name = "subset.json") {
  const folder = mkdtempSync(join(scratch, "subset-"));
  ofa("select", data, "--scores", scores, "--features", features, ...words, "-o", join(folder, name));
  return { records: readFileSync(join(folder, name)), manifest: readFileSync(join(folder, "subset.manifest.json")) };
}

/**
 * The page that the program makes about a subset.
 * @param {{scores: string, features: string}} exports
 * @param {{data: string, images: string}} pool
 * @param {string[]} words how it is chosen, as options of `ofa select`
 * @returns {Buffer}
 */
export function reportOfExports({ scores, features }, { data, images }, words) {
  const folder = mkdtempSync(join(scratch, "report-"));
  const [subset, page] = ["subset.json", "report.html"].map((name) => join(folder, name));
  const given = ["--images", images, "--scores", scores, "--features", features];
  ofa("select", data, ...given, ...words, "-o", subset, "--report", page);
  return readFileSync(page);
}
