// The demo's dataset and what the program makes of it, which the package is compared with.

import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { ofa } from "./program.mjs";

const asset = (path) => fileURLToPath(new URL(`../../assets/${path}`, import.meta.url));

/** The encoder and the selector that ship with the project. */
export const ENCODER = asset("demo-encoder");
export const SELECTOR = asset("demo-selector/selector.safetensors");

/**
 * Where what the program makes is kept until the tests are through: they are several processes, and
 * whoever starts them all names one folder in `OFA_TEST_FOLDER`. A process by itself has its own.
 */
const kept = process.env.OFA_TEST_FOLDER ?? ownFolder();

function ownFolder() {
  const folder = mkdtempSync(join(tmpdir(), "ofa-pools-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A folder for what one test writes, which goes with the process. */
export const scratch = ownFolder();

/** Makes a folder once. Two processes at the same time make it twice, and one of the two is kept. */
function made(name, make) {
  const folder = join(kept, name);
  if (!existsSync(folder)) {
    mkdirSync(kept, { recursive: true });
    const growing = mkdtempSync(join(kept, "growing-"));
    make(growing);
    try {
      renameSync(growing, folder);
    } catch (error) {
      if (!existsSync(folder)) {
        throw error;
      }
      rmSync(growing, { recursive: true });
    }
  }
  return folder;
}

/**
 * A generated dataset: `data.json`, and `images`.
 * @typedef {{name: string, folder: string, data: string, images: string, records: number}} Pool
 */

/** @returns {Pool} */
export function demoPool(records = 200, seed = 42) {
  const name = `pool-${records}-${seed}`;
  const folder = made(name, (to) =>
    ofa("demo", "--data-only", "--records", `${records}`, "--seed", `${seed}`, "--force", "-o", to),
  );
  return { name, folder, data: join(folder, "data.json"), images: join(folder, "images"), records };
}

/** Hugging Face's tables carry their images. The file is compressed with Snappy, its parts with Zstandard. */
const TABLES = fileURLToPath(new URL("../goldens/formats/tables", import.meta.url));

/** A few records as one Parquet file. @returns {Pool} */
export function tablePool() {
  return { name: "table", folder: TABLES, data: join(TABLES, "train.parquet"), images: undefined, records: 7 };
}

/** The same in two files. @returns {Pool} */
export function tablePartsPool() {
  const folder = made("table-parts-data", (to) => {
    for (const part of ["part-0-of-2.parquet", "part-1-of-2.parquet"]) {
      copyFileSync(join(TABLES, part), join(to, part));
    }
  });
  return { name: "table-parts", folder, data: folder, images: undefined, records: 7 };
}

const imagesOf = ({ images }) => (images === undefined ? [] : ["--images", images]);

/**
 * Its feature store, made by the program on the CPU.
 * @param {string[]} more further options of `ofa encode`
 */
export function featuresOf(pool, more = []) {
  const name = [pool.name, "features", ...more].join("-").replaceAll(/[^\w-]/g, "");
  return made(name, (to) =>
    ofa("encode", pool.data, ...imagesOf(pool), "--encoder", ENCODER, "--backend", "flex", ...more, "-o", to),
  );
}

/** A scores file of it, by its ending: `csv`, `jsonl` or `parquet`, and what is beside it. */
export function scoresOf(pool, ending) {
  const folder = made(`${pool.name}-${ending}`, (to) =>
    ofa("score", featuresOf(pool), "--selector", SELECTOR, "-o", join(to, `scores.${ending}`)),
  );
  return join(folder, `scores.${ending}`);
}

/**
 * The subset that the program writes.
 * @param {string[]} words how it is chosen, as options of `ofa select`
 * @param {string} name of the file
 * @returns {{records: Buffer, manifest: Buffer}}
 */
export function subsetOf(pool, words, name = "subset.json") {
  const folder = mkdtempSync(join(scratch, "subset-"));
  const subset = join(folder, name);
  ofa("select", pool.data, "--scores", scoresOf(pool, "csv"), "--features", featuresOf(pool), ...words, "-o", subset);
  return { records: readFileSync(subset), manifest: readFileSync(join(folder, "subset.manifest.json")) };
}

/** The page that the program makes about a subset, which is chosen as `words` say. */
export function reportOf(pool, words) {
  const folder = mkdtempSync(join(scratch, "report-"));
  const [subset, page] = ["subset.json", "report.html"].map((name) => join(folder, name));
  const made = ["--scores", scoresOf(pool, "csv"), "--features", featuresOf(pool)];
  ofa("select", pool.data, ...imagesOf(pool), ...made, ...words, "-o", subset, "--report", page);
  return readFileSync(page);
}

/** What `ofa check` says of it, without what concerns the command line alone. */
export function checkOf(pool, more = []) {
  const { next: _, ...report } = ofa("check", pool.data, ...imagesOf(pool), ...more);
  return withoutPlaces(report);
}

/**
 * What was found, without the names of places: dropped files have none. Of the dataset's the last
 * part is left.
 */
export function withoutPlaces(found) {
  const strip = (key, value) => {
    if (typeof value !== "string") {
      return value;
    }
    return key === "dataset" ? value.split(/[/\\]/).pop() : value.replace(/not found under .+$/, "not found");
  };
  return JSON.parse(JSON.stringify(found, strip));
}
