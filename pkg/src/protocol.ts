// The calls from the page to the coordinator, which has the dataset, the scores and the encoder's workers.

import type { OfaEvent, MultiImage } from "./events.js";
import type { SourceFile } from "./input_files.js";
import type { CheckOptions, CreateOptions, ExportOptions } from "./options.js";
import type {
  About,
  CheckReport,
  DatasetInfo,
  Explanation,
  ExportedFile,
  FoundIds,
  LeftOutImage,
  MeasuredPace,
  Neighbours,
  Projection,
  Selection,
  SkippedRecords,
  Sources,
  StoredFeatures,
} from "./results.js";
import type { Budget, ChoiceRequest, ScoreColumns } from "./wasm_module.js";
import type { StoredEncoder } from "./weights/index.js";

/** The encoder that was asked for. */
export type EncoderSource = "demo" | { files: SourceFile[] } | { url: string; sha256?: string };

/** The selector that was asked for. */
export type SelectorSource = "demo" | Blob | Uint8Array | { url: string };

/** What a coordinator is made of. */
export interface CreateParams {
  selector: SelectorSource;
  encoder: EncoderSource;
  backend: NonNullable<CreateOptions["backend"]>;
  workers: number | undefined;
  storage: "auto" | "memory";
}

/** Files that come in several messages, before the call that uses them. */
export interface StagedFiles {
  /** Of the call; files of another one that was given up are forgotten. */
  id: number;
  list: "files" | "images";
  files: SourceFile[];
}

/** Ids that come in several messages, before the call that looks for them. */
export interface StagedIds {
  /** Of the call; ids of another one that was given up are forgotten. */
  id: number;
  ids: string[];
}

/** The progress of a choice, on its way to `onProgress`. */
export interface ProgressEvent {
  type: "progress";
  done: number;
  of: number;
}

/** Images of a subset on their way to the page. */
export interface ImagePortion {
  files: ExportedFile[];
  leftOut: LeftOutImage[];
  /** Whether there are no more. */
  isLast: boolean;
}

/** The calls of the coordinator. */
export type SessionCalls = {
  create: { params: CreateParams; result: About; event: OfaEvent };
  stage: { params: StagedFiles; result: undefined; event: OfaEvent };
  dataset: { params: { staged: number; format: string | undefined }; result: DatasetInfo; event: OfaEvent };
  check: { params: Omit<CheckOptions, "signal">; result: CheckReport; event: OfaEvent };
  measurePace: { params: undefined; result: MeasuredPace; event: OfaEvent };
  run: { params: { multiImage: MultiImage; shardRecords: number; force: boolean }; result: undefined; event: OfaEvent };
  select: {
    params: { request: ChoiceRequest; budget: Budget; aside: boolean };
    result: Selection;
    event: OfaEvent | ProgressEvent;
  };
  export: { params: Omit<ExportOptions, "signal">; result: ExportedFile[]; event: OfaEvent };
  openFeatures: { params: { files: SourceFile[]; force: boolean }; result: { rows: number; dim: number }; event: OfaEvent };
  openScores: { params: SourceFile[]; result: { rows: number }; event: OfaEvent };
  scores: { params: undefined; result: ScoreColumns; event: OfaEvent };
  record: { params: { position: number }; result: string; event: OfaEvent };
  imageCount: { params: { position: number }; result: number; event: OfaEvent };
  image: { params: { position: number; nth: number }; result: Uint8Array; event: OfaEvent };
  /** Begins with the images of the last choice; the number is for `nextImages`. */
  beginImages: { params: undefined; result: number; event: OfaEvent };
  /** Some images further; none once all were given. */
  nextImages: { params: { id: number }; result: ImagePortion; event: OfaEvent };
  endImages: { params: { id: number }; result: undefined; event: OfaEvent };
  projection: { params: undefined; result: Projection; event: OfaEvent | ProgressEvent };
  neighbours: { params: { position: number; count: number }; result: Neighbours; event: OfaEvent };
  explain: { params: { position: number; neighbours: number }; result: Explanation; event: OfaEvent };
  sources: { params: undefined; result: Sources; event: OfaEvent | ProgressEvent };
  skipped: { params: { from: number; count: number }; result: SkippedRecords; event: OfaEvent };
  search: { params: { text: string; limit: number }; result: Float64Array; event: OfaEvent | ProgressEvent };
  stageIds: { params: StagedIds; result: undefined; event: OfaEvent };
  findIds: { params: { staged: number; count: number }; result: FoundIds; event: OfaEvent | ProgressEvent };
  pause: { params: undefined; result: undefined; event: OfaEvent };
  resume: { params: undefined; result: undefined; event: OfaEvent };
  stored: { params: undefined; result: StoredFeatures[]; event: OfaEvent };
  deleteStored: { params: { id: string }; result: undefined; event: OfaEvent };
  storedEncoders: { params: undefined; result: StoredEncoder[]; event: OfaEvent };
  deleteStoredEncoder: { params: { id: string }; result: boolean; event: OfaEvent };
};
