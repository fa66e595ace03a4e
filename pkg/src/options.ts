// The options of every call: which there are, what they may be, and the refusal of all others.

import { OfaError } from "./errors.js";
import type { MultiImage, OfaEvent } from "./events.js";
import { kindOf, type InputFiles } from "./input_files.js";
import { DATASET_FORMATS, SELECT_METHODS, type DatasetFormat, type LeftOutImage, type SelectMethod } from "./results.js";

/** Options of `Selector.create`. */
export interface CreateOptions {
  /** The trained selector: the demo's (the default), its `selector.safetensors`, or the address of one. */
  selector?: "demo" | Blob | Uint8Array | { url: string };
  /**
   * The encoder: the demo's (the default), the files of a folder in Hugging Face layout, or the
   * address of such a folder. A selector works with the encoder that it was trained on.
   */
  encoder?: "demo" | { files: InputFiles } | { url: string; sha256?: string };
  /** Where the encoder runs. `auto` (the default) takes WebGPU on a real GPU, else the CPU. */
  backend?: "auto" | "cpu" | "webgpu";
  /** How many workers decode, score and, on the CPU, embed; by default as many as cores and memory allow. */
  workers?: number;
  /** Where features and weights are kept: in the browser's storage (`auto`, the default), or in memory. */
  storage?: "auto" | "memory";
  /** Ends `create`. */
  signal?: AbortSignal;
  /** Is told every event, of every call. */
  onEvent?: (event: OfaEvent) => void;
}

/** Options of `dataset`. */
export interface DatasetOptions {
  /** Where images are looked up first: files of a folder, zips, tars. */
  images?: InputFiles;
  /** The format, where it is not to be told from the files. */
  format?: DatasetFormat;
  /** Ends the call. */
  signal?: AbortSignal;
}

/** Options of `check`. */
export interface CheckOptions {
  /** Whether every image is decoded, not a sample. */
  deep?: boolean;
  /** What encoding is taken to make of records with several images; `mean` by default. */
  multiImage?: MultiImage;
  /** Ends the check. */
  signal?: AbortSignal;
}

/** Options of calls that have no other: `measurePace`, `openScores`, `scores`. */
export interface CallOptions {
  /** Ends the call. */
  signal?: AbortSignal;
}

/** Options of `run`. */
export interface RunOptions {
  /** What becomes of records with several images: the mean (the default), the first, or skipped. */
  multiImage?: MultiImage;
  /**
   * Records that a shard covers, from 1 to 65,536; 2048 by default. A run that is stopped goes on
   * after the last whole shard; another number is another store.
   */
  shardRecords?: number;
  /** Scores even where the selector says that it was trained on another encoder. */
  force?: boolean;
  /** Ends the run; what was done up to the last whole shard is kept. */
  signal?: AbortSignal;
}

/** How many records: exactly one of `ratio` and `count`. */
export type SelectBudget =
  | {
      /** A share of the scored records: above 0, at most 1. As text it is taken digit by digit. */
      ratio: number | string;
      count?: undefined;
    }
  | {
      /** A number of records. */
      count: number;
      ratio?: undefined;
    };

/** Options of `select`: how many records, and how. */
export type SelectOptions = SelectBudget & SelectionOptions;

/** How records are chosen. */
export interface SelectionOptions {
  /** How records are chosen; `confidence` by default. */
  method?: SelectMethod;
  /** The seed of the methods that draw; 42 by default. */
  seed?: number;
  /** Whether each cluster has its quota; true by default. */
  quotas?: boolean;
  /** Whether records whose image and text belong to others come last; false by default. */
  alignmentFilter?: boolean;
  /** What becomes of records without an image: `exclude` (the default) or `keep`. */
  textOnly?: "exclude" | "keep";
  /** Positions that are in the subset in any case. */
  pinned?: ArrayLike<number>;
  /** Positions that are not in any case. */
  excluded?: ArrayLike<number>;
  /** Chooses even where scores or features say that they are of another dataset. */
  force?: boolean;
  /**
   * Chooses to compare: what `export`, `images` and `explain` go by stays the choice before; false by
   * default.
   */
  aside?: boolean;
  /** Ends the choice. */
  signal?: AbortSignal;
  /** Is told how far a choice is, of the methods that take long. */
  onProgress?: (done: number, of: number) => void;
}

/** Options of `openFeatures`. */
export interface FeaturesOptions {
  /** Takes features that say that they are of another dataset. */
  force?: boolean;
  /** Ends the call. */
  signal?: AbortSignal;
}

/** Is told how far a call is. */
export type OnProgress = (done: number, of: number) => void;

/** Options of calls that take a while: `projection`, `sources`. */
export interface LongCallOptions {
  /** Ends the call. */
  signal?: AbortSignal;
  /** Is told how far it is. */
  onProgress?: OnProgress;
}

/** Options of `neighbours`. */
export interface NeighboursOptions {
  /** How many; 8 by default. */
  count?: number;
  /** Ends the call. */
  signal?: AbortSignal;
}

/** Options of `explain`. */
export interface ExplainOptions {
  /** How many of the records of its cluster that are most like it are named; 5 by default. */
  neighbours?: number;
  /** Ends the call. */
  signal?: AbortSignal;
}

/** Options of `skipped`. */
export interface SkippedOptions {
  /** How many of them are passed over; 0 by default. */
  from?: number;
  /** How many are given at most; 1000 by default. */
  count?: number;
  /** Ends the call. */
  signal?: AbortSignal;
}

/** Options of `search`. */
export interface SearchOptions extends LongCallOptions {
  /** How many records are given at most; 100,000 by default. The search ends with the last of them. */
  limit?: number;
}

/** Options of `images`. */
export interface ImagesOptions {
  /** Ends it. */
  signal?: AbortSignal;
  /** Is told of each image that cannot be found or read. */
  onLeftOut?: (image: LeftOutImage) => void;
}

/** What an export is of. */
export const EXPORT_FORMATS = ["records", "report", "scores", "features"] as const;

/** Options of `export`. */
export interface ExportOptions {
  /**
   * `records`: the subset, its records byte for byte as in the dataset; `report`: an HTML page about
   * it, which needs nothing else; `scores`: the table of scores; `features`: the feature store.
   */
  format: (typeof EXPORT_FORMATS)[number];
  /**
   * The name of the file. Scores are written as its ending says: `.csv` (the default), `.jsonl` or
   * `.parquet`. Features keep the names that a store has.
   */
  name?: string;
  /**
   * Of records: another format than the dataset's. Records are then converted; `zip` is the zip
   * that the dataset is in with less in it, `ids` and `indices` are lists.
   */
  as?: SubsetFormat;
  /** Ends the export. */
  signal?: AbortSignal;
}

/** The formats that a subset can be converted to. */
export const SUBSET_FORMATS = ["json", "jsonl", "ids", "indices", "csv", "parquet", "zip"] as const;

/** A format that a subset can be converted to. */
export type SubsetFormat = (typeof SUBSET_FORMATS)[number];

/** What an option may be: in words, and as a test. */
interface Expected {
  words: string;
  holds(value: unknown): boolean;
}

const signal: Expected = {
  words: "an AbortSignal",
  holds: (value) => typeof AbortSignal !== "undefined" && value instanceof AbortSignal,
};
const callback: Expected = { words: "a function", holds: (value) => typeof value === "function" };
const flag: Expected = { words: "true or false", holds: (value) => typeof value === "boolean" };
const name: Expected = {
  words: "a file name without folders",
  holds: (value) => typeof value === "string" && value !== "" && !/[/\\]/u.test(value),
};
const files: Expected = {
  words: "files",
  holds: (value) => typeof value === "object" && value !== null,
};
const positions: Expected = {
  words: "positions of records, whole numbers from 0",
  holds: (value) =>
    typeof value === "object" && value !== null && "length" in value && Array.from(value as ArrayLike<unknown>).every(isCount),
};
/** Most records of a shard: the pipeline numbers its windows by 16 bits. */
const MOST_SHARD_RECORDS = 65_536;

const multiImage = oneOf(["mean", "first", "skip"]);

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function oneOf(names: readonly string[]): Expected {
  const quoted = names.map((name) => JSON.stringify(name));
  const words = `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`;
  return { words, holds: (value) => names.includes(value as string) };
}

function wholeNumber(from: number, words: string): Expected {
  return { words, holds: (value) => isCount(value) && (value as number) >= from };
}

const CREATE: Record<keyof CreateOptions, Expected> = {
  selector: {
    words: '"demo", a Blob, a Uint8Array or { url }',
    holds: (value) =>
      value === "demo" || value instanceof Blob || value instanceof Uint8Array || isObjectOf(value, ["url"], []),
  },
  encoder: {
    words: '"demo", { files } or { url, sha256? }',
    holds: (value) =>
      value === "demo" ||
      (isObjectOf(value, ["files"], [], "object") && !(value instanceof Blob)) ||
      isObjectOf(value, ["url"], ["sha256"]),
  },
  backend: oneOf(["auto", "cpu", "webgpu"]),
  workers: wholeNumber(1, "a whole number from 1"),
  storage: oneOf(["auto", "memory"]),
  signal,
  onEvent: callback,
};

const DATASET: Record<keyof DatasetOptions, Expected> = { images: files, format: oneOf(DATASET_FORMATS), signal };

const CHECK: Record<keyof CheckOptions, Expected> = { deep: flag, multiImage, signal };

const CALL: Record<keyof CallOptions, Expected> = { signal };

const RUN: Record<keyof RunOptions, Expected> = {
  multiImage,
  shardRecords: {
    words: "a whole number from 1 to 65536",
    holds: (value) => isCount(value) && (value as number) >= 1 && (value as number) <= MOST_SHARD_RECORDS,
  },
  force: flag,
  signal,
};

const FEATURES: Record<keyof FeaturesOptions, Expected> = { force: flag, signal };

const SELECT: Record<keyof SelectionOptions | "ratio" | "count", Expected> = {
  ratio: {
    words: "a number above 0 and at most 1",
    // The number itself is read exactly, digit by digit, where the choice is made.
    holds: (value) => ["number", "string"].includes(typeof value) && Number(value) > 0 && Number(value) <= 1,
  },
  count: wholeNumber(1, "a whole number from 1"),
  method: oneOf(SELECT_METHODS),
  seed: wholeNumber(0, "a whole number from 0 to 2^53 - 1"),
  quotas: flag,
  alignmentFilter: flag,
  textOnly: oneOf(["exclude", "keep"]),
  pinned: positions,
  excluded: positions,
  force: flag,
  aside: flag,
  signal,
  onProgress: callback,
};

const EXPORT: Record<keyof ExportOptions, Expected> = {
  format: oneOf(EXPORT_FORMATS),
  name,
  as: oneOf(SUBSET_FORMATS),
  signal,
};

const LONG_CALL: Record<keyof LongCallOptions, Expected> = { signal, onProgress: callback };

const NEIGHBOURS: Record<keyof NeighboursOptions, Expected> = { count: wholeNumber(1, "a whole number from 1"), signal };

const EXPLAIN: Record<keyof ExplainOptions, Expected> = { neighbours: wholeNumber(0, "a whole number from 0"), signal };

const SKIPPED: Record<keyof SkippedOptions, Expected> = {
  from: wholeNumber(0, "a whole number from 0"),
  count: wholeNumber(0, "a whole number from 0"),
  signal,
};

const SEARCH: Record<keyof SearchOptions, Expected> = { ...LONG_CALL, limit: wholeNumber(1, "a whole number from 1") };

const IMAGES: Record<keyof ImagesOptions, Expected> = { signal, onLeftOut: callback };

const CALLS = {
  create: CREATE,
  dataset: DATASET,
  check: CHECK,
  measurePace: CALL,
  run: RUN,
  openFeatures: FEATURES,
  openScores: CALL,
  scores: CALL,
  select: SELECT,
  export: EXPORT,
  images: IMAGES,
  projection: LONG_CALL,
  neighbours: NEIGHBOURS,
  explain: EXPLAIN,
  sources: LONG_CALL,
  skipped: SKIPPED,
  search: SEARCH,
  findIds: LONG_CALL,
};

/** The options of each call. */
interface OptionsOf {
  create: CreateOptions;
  dataset: DatasetOptions;
  check: CheckOptions;
  measurePace: CallOptions;
  run: RunOptions;
  openFeatures: FeaturesOptions;
  openScores: CallOptions;
  scores: CallOptions;
  select: SelectOptions;
  export: ExportOptions;
  images: ImagesOptions;
  projection: LongCallOptions;
  neighbours: NeighboursOptions;
  explain: ExplainOptions;
  sources: LongCallOptions;
  skipped: SkippedOptions;
  search: SearchOptions;
  findIds: LongCallOptions;
}

/**
 * The options of a call, checked. One that is `undefined` is one that was not given.
 *
 * @throws OfaError `bad_option`: an option that there is not, with those that there are; a value
 * that an option cannot have.
 */
export function checked<C extends keyof OptionsOf>(call: C, given: unknown): OptionsOf[C] {
  const known: Record<string, Expected> = CALLS[call];
  if (given === undefined) {
    given = {};
  }
  if (typeof given !== "object" || given === null) {
    throw new OfaError("bad_option", `${call}: expected an object of options, found ${kindOf(given)}`);
  }
  const options: Record<string, unknown> = {};
  for (const [option, value] of Object.entries(given)) {
    const expected = Object.hasOwn(known, option) ? known[option] : undefined;
    if (expected === undefined) {
      const names = Object.keys(known).join(", ");
      throw new OfaError("bad_option", `${call}: there is no option \`${option}\`; there are ${names}`);
    }
    if (value === undefined) {
      continue;
    }
    if (!expected.holds(value)) {
      throw new OfaError("bad_option", `${call}: ${option}: expected ${expected.words}, found ${kindOf(value)}`);
    }
    options[option] = value;
  }
  if (call === "select" && ("ratio" in options) === ("count" in options)) {
    const found = "ratio" in options ? "both" : "neither";
    throw new OfaError("bad_option", `select: expected one of ratio and count, found ${found}`);
  }
  if (call === "export" && !("format" in options)) {
    throw new OfaError("bad_option", `export: format: expected ${EXPORT["format"].words}, found none`);
  }
  return options as unknown as OptionsOf[C];
}

/** A position or a number among a record's images, checked. */
export function checkedCount(what: string, value: unknown): number {
  if (!isCount(value)) {
    throw new OfaError("bad_option", `${what}: expected a whole number from 0, found ${kindOf(value)}`);
  }
  return value as number;
}

/** A text that is not empty, checked. */
export function checkedText(what: string, value: unknown): string {
  if (typeof value !== "string" || value === "") {
    throw new OfaError("bad_option", `${what}: expected a text that is not empty, found ${kindOf(value)}`);
  }
  return value;
}

/** Texts, checked. */
export function checkedTexts(what: string, values: unknown): string[] {
  if (typeof values !== "object" || values === null || !(Symbol.iterator in values)) {
    throw new OfaError("bad_option", `${what}: expected a list of texts, found ${kindOf(values)}`);
  }
  const texts = Array.from(values as Iterable<unknown>);
  const other = texts.findIndex((value) => typeof value !== "string");
  if (other >= 0) {
    throw new OfaError("bad_option", `${what}[${other}]: expected a text, found ${kindOf(texts[other])}`);
  }
  return texts as string[];
}

function isObjectOf(
  value: unknown,
  needed: readonly string[],
  allowed: readonly string[],
  kind: "string" | "object" = "string",
): boolean {
  if (typeof value !== "object" || value === null || value instanceof Blob || value instanceof Uint8Array) {
    return false;
  }
  const entries = Object.entries(value).filter(([, part]) => part !== undefined);
  return (
    needed.every((key) => entries.some(([found]) => found === key)) &&
    entries.every(
      ([key, part]) =>
        (needed.includes(key) || allowed.includes(key)) && part !== null && typeof part === kind,
    )
  );
}
