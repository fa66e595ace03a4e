// What only the module `pipeline_full` makes, from inputs that it opens for itself.

import { exportedRecords, REPORT_NAME, scoresFile, subsetName, type ScoresFile, type TellExport } from "./exported.js";
import { openDataset, type DatasetFiles } from "./opening.js";
import type { SubsetFormat } from "./options.js";
import type { ExportedFile } from "./results.js";
import { stepped } from "./stepped.js";
import { release, type Freeable, type FullPipelineModule } from "./wasm_module.js";

/** A subset that another module chose, and what it was chosen from. */
export interface ChosenSubset {
  dataset: DatasetFiles;
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

/**
 * Makes the files, and tells how far that is.
 *
 * @throws OfaError `aborted`, between two steps. Whatever the module refuses.
 */
export async function exportSubset(
  module: FullPipelineModule,
  chosen: ChosenSubset,
  what: FullExport,
  tell: TellExport,
  signal: AbortSignal,
): Promise<ExportedFile[]> {
  const opened: Freeable[] = [];
  const held = <T extends Freeable>(object: T): T => {
    opened.push(object);
    return object;
  };
  try {
    const subset = held(module.Subset.ofAccount(chosen.account));
    const dataset = held(await openDataset(module, chosen.dataset, (far) => tell({ stage: "opening", ...far }), signal));
    if (what.format === "records") {
      const file = { name: what.name ?? subsetName(what.as), format: what.as };
      return await exportedRecords(module, subset, dataset, file, tell, signal);
    }
    const { name, bytes, manifest } = chosen.scores;
    const scores = held(module.Scores.read(name, bytes, manifest));
    const run = module.ReportRun.begin(dataset, scores, subset);
    const page = await stepped(run, tell, signal, () => run.page());
    return [{ name: what.name ?? REPORT_NAME, blob: new Blob([page], { type: "text/html" }) }];
  } finally {
    opened.forEach(release);
  }
}
