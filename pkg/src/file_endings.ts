// What files of records are called.

import type { SubsetFormat } from "./options.js";
import type { DatasetFormat } from "./results.js";

/** The ending of a file's name, with its dot, by the format of what is in it. */
export const FILE_ENDINGS: Readonly<Record<DatasetFormat | SubsetFormat, string>> = {
  json: ".json",
  jsonl: ".jsonl",
  parquet: ".parquet",
  webdataset: ".tar",
  captions: ".json",
  ids: ".txt",
  indices: ".txt",
  csv: ".csv",
  zip: ".zip",
};
