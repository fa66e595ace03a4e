// Reports of subsets, made by the program: a usual one, and two of what is rare or meant to break it.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { ofa } from "./program.mjs";

/**
 * A report and what it is about.
 * @typedef {{file: string, manifest: {records: number, written: number, chosen: number}}} Report
 */

/** The report of a selection. */
function reportOf(outcome) {
  return { file: outcome.report, manifest: JSON.parse(readFileSync(outcome.manifest, "utf8")) };
}

/**
 * The demo's: quotas, images, records that could not be scored.
 * @returns {Report}
 */
export function usualReport(folder) {
  return reportOf(ofa("demo", "--records", "300", "-o", join(folder, "demo")).run.select);
}

const LONG = "a_name_without_any_place_to_break_it_".repeat(5);
const HOSTILE = "</p></style><script>document.title = 'taken over'</script><h1>x</h1>";

/** Records whose texts and names are hostile, long or written from right to left. */
function awkwardRecords() {
  const texts = [HOSTILE, LONG, "كم عدد الأشياء في الصورة؟", "First line\nsecond line\n\n\nlast line"];
  const places = ["one/a", `${LONG}/${LONG}`, "one/b<i>", "صور/قطار"];
  const records = Array.from({ length: 36 }, (_, nth) => ({
    id: nth,
    image: `${places[nth % 4]}/${nth}.png`,
    conversations: [{ from: "human", value: texts[nth % 3] ?? "" }],
  }));
  const texted = { conversations: [{ from: "human", value: "A question without an image" }] };
  return [...records, texted, texted];
}

/** The least PNG: one grey pixel. */
const PIXEL = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNoAAAAggCB2kUIOwAAAABJRU5ErkJggg==",
  "base64",
);

/**
 * A dataset as an attacker or an accident would have it, scored by something else than this program.
 * `trained` is the confidence that its selector is said to have had in training.
 */
function foreignReport(folder, confidenceOf, trained, ...options) {
  mkdirSync(folder);
  const records = awkwardRecords();
  const data = join(folder, `${LONG}.json`);
  writeFileSync(data, JSON.stringify(records));
  records.forEach(({ image }, nth) => {
    // The others have no picture to show.
    if (image && nth % 3) {
      mkdirSync(join(folder, image, ".."), { recursive: true });
      writeFileSync(join(folder, image), PIXEL);
    }
  });
  const scores = join(folder, "scores.csv");
  const rows = records.slice(0, 36).map((_, nth) => `${nth},${nth % 3},${confidenceOf(nth)},1,0.5`);
  writeFileSync(scores, ["index,cluster,confidence,entropy,gate", ...rows, ""].join("\n"));
  writeFileSync(
    join(folder, "scores.manifest.json"),
    JSON.stringify({ format: "ofa-scores", version: "1", ...trained }),
  );
  const output = join(folder, "subset.json");
  const report = join(folder, "report.html");
  return reportOf(
    ofa("select", data, "--scores", scores, "-o", output, "--report", report, ...options),
  );
}

/**
 * Hostile texts and names, pictures that are not there, a warning, and records beside the budget.
 * @returns {Report}
 */
export function awkwardReport(folder) {
  const training_confidence = { min: 0.8, p10: 0.8, median: 0.85, p90: 0.9, max: 0.95 };
  return foreignReport(
    join(folder, "awkward"),
    (nth) => 0.3 + nth / 100,
    { training_confidence },
    ...["--ratio", "0.5", "--method", "random", "--text-only", "keep"],
  );
}

/**
 * Scores that are all the same, so that the charts have a single bar, and no word about training.
 * @returns {Report}
 */
export function uniformReport(folder) {
  return foreignReport(join(folder, "uniform"), () => 0.5, {}, "--count", "1", "--no-quotas");
}
