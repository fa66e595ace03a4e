// What only the module `pipeline_full` makes, from inputs that it opens for itself.

import { exportedRecords, REPORT_NAME, scoresFile, subsetName, type ScoresFile } from "./exported.js";
import type { SourceFile } from "./input_files.js";
import type { SubsetFormat } from "./options.js";
import type { ExportedFile } from "./results.js";
import { release, type Freeable, type FullPipelineModule } from "./wasm_module.js";

/** A subset that another module chose, and what it was chosen from. */
export interface ChosenSubset {
  files: SourceFile[];
  images: SourceFile[];
  format: string | undefined;
  scores: ScoresFile;
  /** The account with the positions. */
  account: Uint8Array;
}

/** What is made of a subset: its records in another format, or the page about it. */
export type FullExport = { format: "report"; name?: string } | { format: "records"; name?: string; as: SubsetFormat };

/** The same scores, in the format that the ending of `to` says. */
export function convertScores(module: FullPipelineModule, from: ScoresFile, to: string): ScoresFile {
  const scores = module.Scores.read(from.name, from.bytes, from.manifest);
  try {
    return scoresFile(scores, to);
  } finally {
    release(scores);
  }
}

/** Makes the files. */
export function exportSubset(module: FullPipelineModule, chosen: ChosenSubset, what: FullExport): ExportedFile[] {
  const opened: Freeable[] = [];
  const held = <T extends Freeable>(object: T): T => {
    opened.push(object);
    return object;
  };
  try {
    const subset = held(module.Subset.ofAccount(chosen.account));
    const dataset = held(module.Dataset.open(chosen.files, chosen.images, chosen.format));
    if (what.format === "records") {
      return exportedRecords(subset, dataset, what.name ?? subsetName(what.as), what.as);
    }
    const { name, bytes, manifest } = chosen.scores;
    const scores = held(module.Scores.read(name, bytes, manifest));
    const page = module.reportPage(dataset, scores, subset);
    return [{ name: what.name ?? REPORT_NAME, blob: new Blob([page], { type: "text/html" }) }];
  } finally {
    opened.forEach(release);
  }
}
