// One dataset in the forms that people have datasets in.

import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

import { zipSync } from "fflate";

import { folder } from "./datasets.mjs";

/** Two shards of WebDataset with a few records, one of them with several images. */
export const SHARDS = ["shard-0.tar", "shard-1.tar"].map((name) =>
  fileURLToPath(new URL(`../../goldens/formats/shards/${name}`, import.meta.url)),
);

/** A folder with a pool's records, one a line, beside its images. */
export function linesOf(pool) {
  const made = folder("lines");
  const records = JSON.parse(readFileSync(pool.data, "utf8"));
  const data = join(made, "data.jsonl");
  writeFileSync(data, records.map((record) => `${JSON.stringify(record)}\n`).join(""));
  cpSync(pool.images, join(made, "images"), { recursive: true });
  return { folder: made, data };
}

/** A zip with a pool's records, packed, and its images, which would not get smaller, in the folder `inner` of it. */
export function zipOf(pool, inner) {
  const files = { "data.json": readFileSync(pool.data) };
  for (const entry of readdirSync(pool.images, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) {
      const file = join(entry.parentPath ?? entry.path, entry.name);
      const path = relative(pool.images, file).split(sep).join("/");
      files[inner + path] = [readFileSync(file), { level: 0 }];
    }
  }
  const zip = join(folder("packed"), "pool.zip");
  writeFileSync(zip, zipSync(files));
  return zip;
}
