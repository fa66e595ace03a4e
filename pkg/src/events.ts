// What a run tells: one union, told apart by `type`.

/** Where the encoder runs. */
export type Backend = "cpu" | "webgpu";

/** A graphics adapter, as the browser describes it; browsers leave out what they like. */
export interface AdapterDescription {
  /** Such as `nvidia`. */
  vendor: string;
  /** Such as `ampere`. */
  architecture: string;
  /** The device's name, where the browser gives it. */
  device: string;
  /** In words, where the browser gives them. */
  description: string;
  /** Whether it computes on the processor, and so is slower than the CPU workers. */
  software: boolean;
}

/** On what the encoder runs, and why. Comes with `create` and at the begin of each run that encodes. */
export interface EncoderEvent {
  type: "encoder";
  /** The backend that was taken. */
  backend: Backend;
  /** Why this one, in words. */
  reason: string;
  /** The adapter that was found, whether or not it was taken. */
  adapter?: AdapterDescription;
  /** How many workers decode images and, on the CPU, embed. */
  workers: number;
}

/** What is being done. */
export type Stage =
  | "module"
  | "downloading"
  | "encoder"
  | "backend"
  | "weights"
  | "programs"
  | "self-check"
  | "check"
  | "encode"
  | "score";

/**
 * A stage begins: `module` (the WebAssembly module is loaded), `downloading` (weights come from
 * their address), `encoder` (its files are read and hashed), `backend` (a GPU is looked for),
 * `weights` (the workers load the weights), `programs` (the GPU compiles its programs),
 * `self-check` (the GPU's embeddings are compared with the CPU's), `check`, `encode`, `score`.
 */
export interface StageEvent {
  type: "stage";
  /** The stage. */
  stage: Stage;
}

/** So much of the weights is there. */
export interface DownloadingEvent {
  type: "downloading";
  /** Bytes that are there. */
  bytes: number;
  /** Bytes in all; 0 where the server does not say. */
  of: number;
}

/** A check went on. */
export interface CheckingEvent {
  type: "checking";
  /** Records in all. */
  records: number;
  /** Records that were looked at. */
  recordsDone: number;
  /** Images that were decoded. */
  imagesDecoded: number;
  /** Records that encoding would skip, of those looked at. */
  skipped: number;
}

/** Encoding went a batch further. Counts of records include what earlier runs did. */
export interface EncodingEvent {
  type: "encoding";
  /** Records to be done in all. */
  records: number;
  /** Records done. */
  records_done: number;
  /** Records that earlier runs had done. */
  records_resumed: number;
  /** Records that have features. */
  rows: number;
  /** Records that have none, by reason. */
  skipped: Record<string, number>;
  /** Images that were found under another name or left out, by kind of note. */
  notes: Record<string, number>;
  /** Images that records named. */
  image_uses: number;
  /** Images that were not known yet, and so were read. */
  images_tried: number;
  /** Images that went through the model. */
  images_encoded: number;
  /** Human turns that records have. */
  turn_uses: number;
  /** Turns that went through the model. */
  turns_encoded: number;
}

/** A shard stands under its name; from now on it is kept. */
export interface ShardWrittenEvent {
  type: "shard_written";
  /** The shard's name. */
  name: string;
  /** Records that have features in it. */
  rows: number;
}

/** The `manifest.json` of a feature store. */
export interface StoreManifest {
  /** Of the dataset and the encoder. */
  fingerprints: { dataset?: string | null; encoder?: string | null };
  /** SHA-256 over what the encoder is told beside its weights. */
  encoder_settings?: string | null;
  /** Records of the whole dataset. */
  dataset_records: number;
  /** The records that the store covers. */
  range: { start: number; end: number };
  /** Records that have features. */
  rows: number;
  /** Records that have none, by reason. */
  skipped: Record<string, number>;
  /** What became of records with several images. */
  multi_image: MultiImage;
  /** Width of an embedding. */
  dim: number;
  /** Number of shards. */
  shards: number;
  /** Records of the dataset that each shard covers. */
  shard_records: number;
}

/** What becomes of records with several images. */
export type MultiImage = "mean" | "first" | "skip";

/** The feature store is finished, by this run or an earlier one. */
export interface EncodedEvent extends StoreManifest {
  type: "encoded";
}

/** Scoring went on. */
export interface ScoringEvent {
  type: "scoring";
  /** Rows in all. */
  rows: number;
  /** Rows that have a score. */
  rowsDone: number;
}

/** Every row has a score: records can be selected. */
export interface ScoredEvent {
  type: "scored";
  /** Records with a score. */
  rows: number;
  /** Whether the selector knows such data, as far as its file says what it was trained on. */
  domain?: object;
}

/** Something that the user should know, and that changes no result silently. */
export interface NoteEvent {
  type: "note";
  /** In words. */
  text: string;
}

/** A worker ended, and another one goes on with what it had. */
export interface WorkerRestartedEvent {
  type: "worker_restarted";
  /** What the worker does. */
  role: "cpu" | "gpu" | "decoder";
  /** Its number, from 0. */
  worker: number;
  /** Why it ended, in words. */
  reason: string;
  /** How often this one has been started again. */
  restarts: number;
}

/** Where the features are kept. */
export interface FeatureStorageEvent {
  type: "storage";
  /** In the origin-private file system, from visit to visit; or in memory, until the page is closed. */
  kind: "opfs" | "memory";
  /** The id that `stored()` lists it under; only in the file system. */
  id?: string;
  /** Why it is in memory, where it is. */
  reason?: string;
}

/** Everything that a run, a check or `create` tells. */
export type OfaEvent =
  | EncoderEvent
  | StageEvent
  | DownloadingEvent
  | CheckingEvent
  | EncodingEvent
  | ShardWrittenEvent
  | EncodedEvent
  | ScoringEvent
  | ScoredEvent
  | NoteEvent
  | WorkerRestartedEvent
  | FeatureStorageEvent;
