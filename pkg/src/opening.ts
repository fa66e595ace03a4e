// Datasets that are opened in steps.

import type { SourceFile } from "./input_files.js";
import { stepped } from "./stepped.js";
import { loadFullPipeline, type PipelineModule, type StepProgress, type WasmDataset } from "./wasm_module.js";

/** What a dataset is opened from. */
export interface DatasetFiles {
  files: SourceFile[];
  images: SourceFile[];
  format: string | undefined;
}

/** Is told how far opening is, in bytes of the files of records. */
export type TellOpening = (progress: StepProgress) => void;

/**
 * Opens a dataset in a module.
 *
 * @throws OfaError `aborted`. Whatever the module refuses: `bad_dataset`, `bad_option`, `changed`.
 */
export async function openDataset(
  module: PipelineModule,
  { files, images, format }: DatasetFiles,
  tell: TellOpening,
  signal: AbortSignal,
): Promise<WasmDataset> {
  const opening = module.DatasetOpening.begin(files, images, format);
  return stepped(opening, tell, signal, () => opening.dataset());
}

/** As {@link openDataset}; where that takes Parquet and the module has none, in the module that has. */
export async function openInEither(
  module: PipelineModule,
  from: DatasetFiles,
  tell: TellOpening,
  signal: AbortSignal,
): Promise<{ module: PipelineModule; dataset: WasmDataset }> {
  try {
    return { module, dataset: await openDataset(module, from, tell, signal) };
  } catch (error) {
    if ((error as { code?: unknown }).code !== "without_parquet") {
      throw error;
    }
  }
  const full = await loadFullPipeline();
  return { module: full, dataset: await openDataset(full, from, tell, signal) };
}
