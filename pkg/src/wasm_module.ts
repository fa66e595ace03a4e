// The generated WebAssembly modules: what the package relies on of them, and how they are loaded.

import type { EncodedEvent, EncodingEvent, MultiImage, NoteEvent, ShardWrittenEvent } from "./events.js";
import type { SourceFile } from "./input_files.js";
import { bytesBesidePackage } from "./package_files.js";
import { startProducts, type ProductsExports } from "./products.js";
import type {
  CheckReport,
  DatasetInfo,
  Explanation,
  ExportedFile,
  LeftOutImage,
  SelectorInfo,
  SkippedRecords,
  SubsetManifest,
} from "./results.js";

/** An object of a module, whose memory is given back by hand. */
export interface Freeable {
  free(): void;
}

/** An opened dataset. */
export interface WasmDataset extends Freeable {
  describe(): DatasetInfo;
  record(position: number): string;
  imageCount(position: number): number;
  image(position: number, nth: number): Uint8Array<ArrayBuffer>;
}

/** How a check looks. */
export interface CheckRequest {
  deep: boolean;
  multiImage: MultiImage;
  /** How many images are decoded elsewhere at a time, where every one of them is. */
  elsewhere?: number;
}

/** Why an image cannot be used. */
export interface Unusable {
  reason: string;
  detail: string;
}

/** A check of a dataset, in steps. */
export interface WasmCheckRun extends Freeable {
  /** The files of images to be decoded elsewhere before the next step; `undefined` for one that cannot be read. */
  ahead(): (Uint8Array<ArrayBuffer> | undefined)[];
  /** What came of them, in their order. */
  tried(results: (Unusable | undefined)[]): void;
  step(): { records: number; recordsDone: number; imagesDecoded: number; skipped: number } | undefined;
  report(): CheckReport;
}

/** What the encoder's files say of it. */
export interface EncoderDescription {
  fingerprint: string;
  embeddingDim: number;
  imageSize: number;
  contextLength: number;
  weightBytes: number;
  /** The bytes that the largest tensor takes as f32. */
  largestTensorBytes: number;
  settings: string;
}

/** An encoder's files but for its weights. */
export interface WasmEncoderInfo extends Freeable {
  describe(): EncoderDescription;
}

/** Images and texts of a few records, for measuring an encoder's pace. */
export interface PaceSample {
  /** Files of images. */
  images: Uint8Array[];
  /** Token ids of texts one after the other, the shortest first. */
  inputIds: Uint32Array;
  /** How many ids each has. */
  lengths: Uint32Array;
}

/** The storage of a feature store as the module sees it: synchronous, whole blobs by name. */
export interface JsStore {
  readonly location: string;
  list(prefix: string): string[];
  length(name: string): number | undefined;
  read(name: string, offset: number, length: number): Uint8Array;
  write(name: string, bytes: Uint8Array<ArrayBuffer>): void;
  remove(name: string): void;
  removeFolder(folder: string): void;
}

/** What a batch gave. */
export interface Embedded {
  /** `[count, dim]`, flattened; zeros for the items that failed. */
  rows: Float32Array<ArrayBuffer>;
  /** Items that ended a worker each time, and only they. */
  failed: { item: number; detail: string }[];
}

/** The encoder's two towers, wherever they run. Arrays are the callee's own. */
export interface JsTowers {
  readonly dim: number;
  embedImages(pixelValues: Float32Array, count: number): Promise<Embedded>;
  embedTexts(inputIds: Uint32Array, lengths: Uint32Array): Promise<Embedded>;
}

/** Decodes images, wherever that runs; rejects with `{ reason, detail }` for one to be skipped. */
export interface JsDecoder {
  pixelValues(bytes: Uint8Array): Promise<Float32Array>;
}

/** How a dataset is encoded. */
export interface EncodeOptions {
  imageBatch: number;
  textTokens: number;
  shardRecords: number;
  cacheBytes: number;
  multiImage: MultiImage;
  backend: string;
  ahead: number;
}

/** What encoding tells. */
export type EncodeEvent = EncodingEvent | ShardWrittenEvent | EncodedEvent | NoteEvent;

/** Decodes and preprocesses images; throws `{ reason, detail }` for one to be skipped. */
export interface WasmImageReader extends Freeable {
  pixelValues(bytes: Uint8Array): Float32Array<ArrayBuffer>;
}

/** An encoder with its weights. */
export interface WasmEncoder extends Freeable {
  readonly dim: number;
  readonly imageSize: number;
  readonly contextLength: number;
  embedImages(pixelValues: Float32Array, count: number): Promise<Float32Array<ArrayBuffer>>;
  embedTexts(inputIds: Uint32Array, lengths: Uint32Array): Promise<Float32Array<ArrayBuffer>>;
}

/** The rows of a feature store. */
export interface WasmFeatures extends Freeable {
  describe(): { rows: number; dim: number; fingerprints: { dataset?: string | null; encoder?: string | null } };
}

/** A trained selector. */
export interface WasmSelectorFile extends Freeable {
  describe(): SelectorInfo;
}

/** A selector that scores features which are a part of a store. */
export interface WasmShardScorer extends Freeable {
  score(features: WasmFeatures): ScoreColumns;
}

/** How far scoring is. */
export interface ScoringProgress {
  rows: number;
  rowsDone: number;
}

/** Scoring, in steps. */
export interface WasmScoring extends Freeable {
  step(): ScoringProgress | undefined;
  /** Takes the next rows' scores from a {@link WasmShardScorer}. */
  append(
    index: Float64Array,
    cluster: Uint32Array,
    confidence: Float32Array,
    entropy: Float32Array,
    gate: Float32Array,
    earlyConfidence?: Float32Array,
  ): ScoringProgress;
  scores(): WasmScores;
}

/** The columns of scores; a row is a record that has features. */
export interface ScoreColumns {
  /** Position of the record in the dataset. */
  index: Float64Array<ArrayBuffer>;
  /** Its cluster. */
  cluster: Uint32Array<ArrayBuffer>;
  /** How sure the selector is of the cluster: the less, the more the record is worth. */
  confidence: Float32Array<ArrayBuffer>;
  /** Entropy of the selector's answer. */
  entropy: Float32Array<ArrayBuffer>;
  /** How much the image counts beside the text. */
  gate: Float32Array<ArrayBuffer>;
  /** Confidence of the early selector, where the file has one. */
  earlyConfidence?: Float32Array<ArrayBuffer>;
  /** How far image and text are from those of other records, where it is known. */
  alignmentMargin?: Float32Array<ArrayBuffer>;
}

/** Scores of a dataset's records. */
export interface WasmScores extends Freeable {
  readonly rows: number;
  write(name: string): { bytes: Uint8Array<ArrayBuffer>; manifest?: Uint8Array<ArrayBuffer> };
  columns(): ScoreColumns;
  domain(): object | undefined;
}

/** How records are chosen, whatever the budget. */
export interface ChoiceRequest {
  method: string;
  quotas: boolean;
  alignmentFilter: boolean;
  textOnly: string;
  seed: number;
  pinned: number[];
  excluded: number[];
  force: boolean;
}

/** How many records are chosen. */
export type Budget = { ratio: string } | { count: number };

/** A pool that is ready for any budget. */
export interface WasmChoice extends Freeable {
  choose(budget: Budget, onProgress?: (done: number, of: number) => boolean): WasmSubset;
}

/** Chosen records. */
export interface WasmSubset extends Freeable {
  positions(): Float64Array<ArrayBuffer>;
  manifest(): SubsetManifest;
  /** The account with the positions, of which another module makes this subset again. */
  account(): Uint8Array<ArrayBuffer>;
  write(
    dataset: WasmDataset,
    format: string | undefined,
    sink: (bytes: Uint8Array<ArrayBuffer>) => void,
  ): Uint8Array<ArrayBuffer>;
}

/** How far steps are. */
export interface StepProgress {
  done: number;
  of: number;
}

/** Scored records and what is known beside their scores, for looking at them one by one. */
export interface WasmScoredPool extends Freeable {
  explain(position: number, neighbours: number, manifest?: SubsetManifest, positions?: Float64Array): Explanation;
  neighbours(position: number, count: number): WasmNeighbourSearch;
  skipped(from: number, count: number): SkippedRecords;
}

/** The records that are most like one of them, in steps. */
export interface WasmNeighbourSearch extends Freeable {
  step(): StepProgress | undefined;
  positions(): Float64Array<ArrayBuffer>;
  similarities(): Float32Array<ArrayBuffer>;
}

/** Scored records in two dimensions, in steps. */
export interface WasmProjection extends Freeable {
  step(): StepProgress | undefined;
  coordinates(): Float32Array<ArrayBuffer>;
  explained(): Float64Array<ArrayBuffer>;
}

/** Where scored records come from, in steps. */
export interface WasmSourcesRun extends Freeable {
  step(): StepProgress | undefined;
  names(): string[];
  of(): Uint16Array<ArrayBuffer>;
}

/** A search for text, in steps. */
export interface WasmSearch extends Freeable {
  step(): StepProgress | undefined;
  positions(): Float64Array<ArrayBuffer>;
}

/** A search for ids, in steps. */
export interface WasmIdSearch extends Freeable {
  step(): StepProgress | undefined;
  positions(): Float64Array<ArrayBuffer>;
  unknown(): number;
}

/** The images of records, in steps. */
export interface WasmSubsetImages extends Freeable {
  step(): { files: ExportedFile[]; leftOut: LeftOutImage[] } | undefined;
}

/** A shard of features on its way into the module. */
export interface ShardBytes {
  name: string;
  readonly bytes: Uint8Array;
}

/** What both modules of the pipeline do. */
export interface PipelineModule {
  Dataset: { open(files: SourceFile[], images: SourceFile[], format?: string): WasmDataset };
  CheckRun: {
    begin(dataset: WasmDataset, options: CheckRequest): WasmCheckRun;
    beginWithEncoder(dataset: WasmDataset, encoder: WasmEncoderInfo, options: CheckRequest): WasmCheckRun;
  };
  EncoderInfo: { open(files: SourceFile[], fingerprint?: string): WasmEncoderInfo };
  /** Of records spread over the dataset, with `most` images at most. */
  paceSample(dataset: WasmDataset, encoder: WasmEncoderInfo, most: number): PaceSample;
  ImageReader: { open(files: SourceFile[]): WasmImageReader };
  /** Throws `record_unusable` for an image that cannot be decoded. */
  tryToDecode(bytes: Uint8Array): void;
  Features: {
    open(name: string, shards: ShardBytes[], manifest?: Uint8Array, skipped?: Uint8Array): WasmFeatures;
  };
  SelectorFile: { open(name: string, bytes: Uint8Array): WasmSelectorFile };
  ShardScorer: { open(selector: WasmSelectorFile): WasmShardScorer };
  Scoring: { begin(features: WasmFeatures, selector: WasmSelectorFile, force: boolean): WasmScoring };
  Scores: { read(name: string, bytes: Uint8Array, manifest?: Uint8Array): WasmScores };
  Choice: {
    prepare(dataset: WasmDataset, scores: WasmScores, clusters: number, request: ChoiceRequest): WasmChoice;
    prepareWithFeatures(
      dataset: WasmDataset,
      scores: WasmScores,
      features: WasmFeatures,
      clusters: number,
      request: ChoiceRequest,
    ): WasmChoice;
  };
  ScoredPool: {
    of(dataset: WasmDataset, scores: WasmScores): WasmScoredPool;
    withFeatures(dataset: WasmDataset, scores: WasmScores, features: WasmFeatures): WasmScoredPool;
  };
  Projection: { begin(scores: WasmScores, features: WasmFeatures): WasmProjection };
  SourcesRun: { begin(dataset: WasmDataset, scores: WasmScores): WasmSourcesRun };
  Search: { begin(dataset: WasmDataset, text: string, limit: number): WasmSearch };
  IdSearch: { begin(dataset: WasmDataset, ids: string[]): WasmIdSearch };
  SubsetImages: { begin(dataset: WasmDataset, positions: Float64Array): WasmSubsetImages };
  encode(
    dataset: WasmDataset,
    encoder: WasmEncoderInfo,
    store: JsStore,
    towers: JsTowers,
    decoder: JsDecoder,
    options: EncodeOptions,
    onEvent: (event: EncodeEvent) => Promise<boolean>,
  ): Promise<unknown>;
  /** What the panic said that ended the module. */
  lastPanic?(): string | undefined;
}

/** The module `pipeline`: that, and the encoder on the CPU. */
export interface SmallPipelineModule extends PipelineModule {
  Encoder: { load(files: SourceFile[], products: ProductsExports): Promise<WasmEncoder> };
}

/** The module `pipeline_full`: that, with Parquet and the page about a subset. */
export interface FullPipelineModule extends PipelineModule {
  Subset: { ofAccount(account: Uint8Array): WasmSubset };
  reportPage(dataset: WasmDataset, scores: WasmScores, subset: WasmSubset): Uint8Array<ArrayBuffer>;
}

/** The module `webgpu`. */
export interface WebGpuModule {
  Encoder: { load(files: SourceFile[]): Promise<WasmEncoder> };
  /** What the panic said that ended the module. */
  lastPanic?(): string | undefined;
}

type Start = (options: { module_or_path: URL | Uint8Array }) => Promise<{ memory: WebAssembly.Memory }>;

/**
 * Loads the module `pipeline`; in Node from the package's folder. A module is a singleton of its
 * thread, so a second call costs nothing.
 */
export async function loadPipeline(): Promise<SmallPipelineModule> {
  // Written out, so that bundlers find both files.
  const module = await import("../wasm/pipeline.js");
  await start(module.default, new URL("../wasm/pipeline_bg.wasm", import.meta.url));
  return module as unknown as SmallPipelineModule;
}

/** Loads an encoder into the module `pipeline`, with the products that this browser takes. */
export async function loadEncoderOnCpu(files: SourceFile[]): Promise<WasmEncoder> {
  const module = await import("../wasm/pipeline.js");
  const { memory } = await start(module.default, new URL("../wasm/pipeline_bg.wasm", import.meta.url));
  const { Encoder } = module as unknown as SmallPipelineModule;
  return Encoder.load(files, await startProducts(memory));
}

/** Loads the module `pipeline_full`, which is larger and does all that `pipeline` does but encode. */
export async function loadFullPipeline(): Promise<FullPipelineModule> {
  const module = await import("../wasm/pipeline_full.js");
  await start(module.default, new URL("../wasm/pipeline_full_bg.wasm", import.meta.url));
  return module as unknown as FullPipelineModule;
}

/** Loads the module `webgpu`. */
export async function loadWebGpu(): Promise<WebGpuModule> {
  const module = await import("../wasm/webgpu.js");
  await start(module.default, new URL("../wasm/webgpu_bg.wasm", import.meta.url));
  return module as unknown as WebGpuModule;
}

async function start(init: unknown, address: URL): Promise<{ memory: WebAssembly.Memory }> {
  // A browser compiles while it downloads.
  const module_or_path = address.protocol === "file:" ? await bytesBesidePackage(address) : address;
  return (init as Start)({ module_or_path });
}

/** Gives an object's memory back. One that a call has used up already is no error. */
export function release(object: Freeable | undefined): void {
  try {
    object?.free();
  } catch {
    // It was consumed by what was called last on it, or is still lent to a call that was cancelled
    // and ends with its thread.
  }
}
