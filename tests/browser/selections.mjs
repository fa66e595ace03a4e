// Ways to choose a subset, as the command line and as the package is told.

import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { scratch } from "./demo_pool.mjs";

/** A list of positions as a file. */
function listed(name, positions) {
  const file = join(scratch, name);
  writeFileSync(file, JSON.stringify(positions));
  return file;
}

/**
 * What is asked, in both languages.
 * @param {number[]} positions two records that have scores, to pin and to exclude
 * @returns {{name: string, words: string[], options: object}[]}
 */
export function selections([pinned, excluded]) {
  const by = (method, more = {}) => ({ ratio: 0.2, method, ...more });
  const ways = [
    ["confidence", ["--ratio", "0.15"], { ratio: 0.15 }],
    ["another ratio", ["--ratio", "0.333"], { ratio: "0.333" }],
    ["a count", ["--count", "7"], { count: 7 }],
    ["kdpp", ["--ratio", "0.2", "--method", "kdpp"], by("kdpp")],
    ["kdpp, another seed", ["--ratio", "0.2", "--method", "kdpp", "--seed", "7"], by("kdpp", { seed: 7 })],
    ["kdpp-map", ["--ratio", "0.2", "--method", "kdpp-map"], by("kdpp-map")],
    ["random", ["--ratio", "0.2", "--method", "random"], by("random")],
    ["random, another seed", ["--ratio", "0.2", "--method", "random", "--seed", "1"], by("random", { seed: 1 })],
    ["clip-score", ["--ratio", "0.2", "--method", "clip-score"], by("clip-score")],
    ["k-center", ["--ratio", "0.1", "--method", "k-center"], { ratio: 0.1, method: "k-center" }],
    ["no quotas", ["--ratio", "0.2", "--no-quotas"], { ratio: 0.2, quotas: false }],
    [
      "random without quotas",
      ["--count", "9", "--method", "random", "--no-quotas"],
      { count: 9, method: "random", quotas: false },
    ],
    ["alignment filter", ["--ratio", "0.3", "--alignment-filter"], { ratio: 0.3, alignmentFilter: true }],
    ["text-only records kept", ["--ratio", "0.15", "--text-only", "keep"], { ratio: 0.15, textOnly: "keep" }],
    [
      "a pin and an exclusion",
      ["--ratio", "0.1", "--pin", listed("pinned.json", [pinned]), "--exclude", listed("excluded.json", [excluded])],
      { ratio: 0.1, pinned: [pinned], excluded: [excluded] },
    ],
  ];
  return ways.map(([name, words, options]) => ({ name, words, options }));
}
