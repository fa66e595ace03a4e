/**
 * Chooses which multimodal instruction data is worth training on, on the machine that it is on.
 *
 * {@link Selector} is the way in.
 *
 * @packageDocumentation
 */

export { ERROR_CODES, OfaError, type ErrorCode, type OfaErrorOptions } from "./errors.js";
export type {
  AdapterDescription,
  Backend,
  CheckingEvent,
  DownloadingEvent,
  EncodedEvent,
  EncoderEvent,
  EncodingEvent,
  FeatureStorageEvent,
  MultiImage,
  NoteEvent,
  OfaEvent,
  OfaEvent as Event,
  ScoredEvent,
  ScoringEvent,
  ShardWrittenEvent,
  Stage,
  StageEvent,
  StoreManifest,
  WorkerRestartedEvent,
} from "./events.js";
export type { InputFiles, SourceFile } from "./input_files.js";
export {
  EXPORT_FORMATS,
  SUBSET_FORMATS,
  type CheckOptions,
  type CreateOptions,
  type DatasetOptions,
  type ExportOptions,
  type FeaturesOptions,
  type RunOptions,
  type SelectBudget,
  type SelectionOptions,
  type SelectOptions,
  type SubsetFormat,
} from "./options.js";
export {
  DATASET_FORMATS,
  SELECT_METHODS,
  type About,
  type CheckReport,
  type DatasetFormat,
  type DatasetInfo,
  type EncoderInfo,
  type ExportedFile,
  type Selection,
  type SelectMethod,
  type SelectorInfo,
  type StoredFeatures,
  type SubsetManifest,
} from "./results.js";
export { Selector } from "./selector.js";
export type { ScoreColumns } from "./wasm_module.js";
export { deleteStoredEncoder, storedEncoders, type StoredEncoder } from "./weights/index.js";
