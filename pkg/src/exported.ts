// Files that are handed out.

import type { FeatureFiles } from "./feature_files.js";
import { FILE_ENDINGS } from "./file_endings.js";
import { blobOf, nameOf } from "./input_files.js";
import type { SubsetFormat } from "./options.js";
import type { DatasetFormat, ExportedFile } from "./results.js";
import type { WasmDataset, WasmScores, WasmSubset } from "./wasm_module.js";

/** The name of a page about a subset, where none is given. */
export const REPORT_NAME = "report.html";

/** A table of scores and, of all but Parquet, the manifest beside it. */
export interface ScoresFile {
  name: string;
  bytes: Uint8Array;
  manifest: Uint8Array | undefined;
}

/** Bytes that are gathered before they become a blob, which the browser may put on the disk. */
const GATHERED = 8 << 20;

/** The name of a subset, where none is given. */
export function subsetName(format: DatasetFormat | SubsetFormat): string {
  return `subset${FILE_ENDINGS[format]}`;
}

/** The name of the manifest beside a file: its ending replaced by `.manifest.json`. */
export function manifestName(name: string): string {
  const dot = name.lastIndexOf(".");
  return `${dot > 0 ? name.slice(0, dot) : name}.manifest.json`;
}

/** A subset's records, and the account beside them. */
export function exportedRecords(
  subset: WasmSubset,
  dataset: WasmDataset,
  name: string,
  format: SubsetFormat | undefined,
): ExportedFile[] {
  const parts: Blob[] = [];
  let gathered: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  const join = (): void => {
    parts.push(new Blob(gathered));
    gathered = [];
    length = 0;
  };
  const manifest = subset.write(dataset, format, (bytes) => {
    gathered.push(bytes);
    length += bytes.length;
    if (length >= GATHERED) {
      join();
    }
  });
  join();
  return [
    { name, blob: new Blob(parts) },
    { name: manifestName(name), blob: new Blob([manifest], { type: "application/json" }) },
  ];
}

/** The table of scores as the ending of its name says. */
export function scoresFile(scores: WasmScores, name: string): ScoresFile {
  const { bytes, manifest } = scores.write(name);
  return { name, bytes, manifest };
}

/** The table of scores and what is beside it. */
export function exportedScores({ name, bytes, manifest }: ScoresFile): ExportedFile[] {
  const files = [{ name, blob: blobOf(bytes) }];
  return manifest === undefined ? files : [...files, { name: manifestName(name), blob: blobOf(manifest) }];
}

/** A store's files under the names that the command line takes. */
export function exportedFeatures({ files }: FeatureFiles): ExportedFile[] {
  return files.map(({ path, source }) => ({ name: nameOf(path), blob: blobOf(source) }));
}
