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
export { FILE_ENDINGS } from "./file_endings.js";
export type { InputFiles, SourceFile } from "./input_files.js";
export {
  EXPORT_FORMATS,
  SUBSET_FORMATS,
  type CallOptions,
  type CheckOptions,
  type CreateOptions,
  type DatasetOptions,
  type ExplainOptions,
  type ExportOptions,
  type FeaturesOptions,
  type ImagesOptions,
  type LongCallOptions,
  type NeighboursOptions,
  type OnProgress,
  type RunOptions,
  type SearchOptions,
  type SelectBudget,
  type SelectionOptions,
  type SelectOptions,
  type SkippedOptions,
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
  type ExplainedScore,
  type Explanation,
  type ExportedFile,
  type LeftOutImage,
  type MeasuredPace,
  type FoundIds,
  type Neighbours,
  type Projection,
  type Selection,
  type SelectMethod,
  type SelectorInfo,
  type SkippedRecord,
  type SkippedRecords,
  type Sources,
  type StoredFeatures,
  type SubsetManifest,
} from "./results.js";
export { Selector } from "./selector.js";
export type { ScoreColumns } from "./wasm_module.js";
// From where they are: what fetches encoders is of use in the worker alone, and a page need not load it.
export { deleteStoredEncoder, storedEncoders, type StoredEncoder } from "./weights/kept.js";
