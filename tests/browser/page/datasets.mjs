// What people drop that is not quite a dataset, and what is a very large one.

import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { scratch } from "../demo_pool.mjs";

/** A folder for one test, by a name that the page shows. */
export function folder(name) {
  const made = join(mkdtempSync(join(scratch, "dropped-")), name);
  mkdirSync(made);
  return made;
}

/** A folder of files that are no dataset. */
export function strangers(count) {
  const made = folder("strangers");
  for (let nth = 0; nth < count; nth += 1) {
    writeFileSync(join(made, `${nth}.${nth % 10 === 0 ? "log" : "dat"}`), `${nth}`);
  }
  return made;
}

/** A pool's records, without its images. */
export function recordsAlone(pool) {
  const made = folder("records");
  cpSync(pool.data, join(made, "data.json"));
  return made;
}

/** A subset as a former run wrote it: its records, their images and its manifest. */
export function formerSubset(pool, { records, manifest }) {
  const made = folder("former");
  writeFileSync(join(made, "subset.json"), records);
  writeFileSync(join(made, "subset.manifest.json"), manifest);
  cpSync(pool.images, join(made, "images"), { recursive: true });
  return made;
}

/** A folder with one file of records that end in the middle. */
export function tornRecords(pool) {
  const made = folder("torn");
  const whole = readFileSync(pool.data);
  writeFileSync(join(made, "data.json"), whole.subarray(0, whole.length - 200));
  return made;
}
