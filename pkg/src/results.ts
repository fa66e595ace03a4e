// What calls give back.

import type { Backend, AdapterDescription, MultiImage, StoreManifest } from "./events.js";

export type { StoreManifest };

/** The file formats of datasets. */
export const DATASET_FORMATS = ["json", "jsonl", "parquet", "webdataset", "captions"] as const;

/** A file format of datasets. */
export type DatasetFormat = (typeof DATASET_FORMATS)[number];

/** What is known of a dataset once it is open. */
export interface DatasetInfo {
  /** Its name. */
  name: string;
  /** Its format. */
  format: DatasetFormat;
  /** How many records it has. */
  records: number;
  /** Its fingerprint: the same here and on the command line. */
  fingerprint: string;
  /** How many files its records are in. */
  files: number;
  /** What was seen on opening it, in words. */
  remarks: string[];
}

/**
 * How fast the encoder is on the dataset. A run takes `secondsPerImage` for each distinct image and `secondsPerTurn`
 * for each distinct human turn, and hardly anything beside; a check tells how many images and turns there are.
 */
export interface MeasuredPace {
  /** Images that were encoded for it; 0 where none could be. */
  images: number;
  /** From a file to its embedding, all workers together. */
  secondsPerImage: number;
  /** Human turns that were encoded for it. */
  turns: number;
  /** All workers together. */
  secondsPerTurn: number;
}

/** What a check found; the object that `ofa check --json` prints. `records` is `would_be_encoded` and all counts of `skipped` together. */
export interface CheckReport {
  /** The dataset's name. */
  dataset: string;
  /** Its format. */
  format: DatasetFormat;
  /** How many files its records are in. */
  files: number;
  /** How the format was told. */
  why: string;
  /** The dataset's fingerprint. */
  fingerprint: string;
  /** What was seen on opening it. */
  remarks: string[];
  /** Records, usable or not. */
  records: number;
  /** Records with an image or more. */
  with_image: number;
  /** Records with human turns and no image. */
  text_only: number;
  /** Records with several images. */
  several_images: number;
  /** Image references of all records. */
  images: number;
  /** Different ones of them. */
  distinct_images: number;
  /** Human turns of all records. */
  human_turns: number;
  /** What encoding was taken to make of records with several images. */
  multi_image: MultiImage;
  /** Records that encoding would give features, as far as the images were decoded. */
  would_be_encoded: number;
  /** Records that it would skip, by reason. */
  skipped: Record<
    string,
    { count: number; examples: { index: number; id: string | null; detail: string }[] }
  >;
  /** What encoding would note of images, by kind of note. */
  notes: Record<string, number>;
  /** Distinct references for which there is no file. */
  images_missing: number;
  /** Distinct references that lead to no readable file, by reason. */
  images_not_located: Record<string, number>;
  /** Distinct images that were decoded. */
  images_sampled: number;
  /** Those of them that could not be read or decoded, or are too large. */
  images_unreadable: number;
  /** Whether every image was decoded that encoding would decode. */
  deep: boolean;
  /** Records whose text names more or fewer images than they have. */
  placeholders: {
    /** Records with more placeholders than images. */
    too_many: number;
    /** Records with fewer, but some. */
    too_few: number;
    /** Records with images and no placeholder, which is no difference. */
    none: number;
    /** The first of those with a difference. */
    examples: { index: number; id: string | null; placeholders: number; images: number }[];
  };
  /** Ids that repeat, and the records that have one that came before. */
  duplicate_ids: { ids: number; records: number };
  /** Records without an id. */
  without_id: number;
  /** Records that repeat, to the byte. */
  duplicate_records: { records: number; examples: { index: number; first_index: number }[] };
  /**
   * Human turns that are longer than the encoder's context, in tokens, so that it would cut them. Without an encoder the
   * number is a lower bound, and `exact` is false.
   */
  turns_over_context: { turns: number; context: number; exact: boolean };
  /** Records by the script that most letters of their human turns are of. */
  scripts: Record<string, number>;
  /** The folders that most image references begin with. */
  folders: { folder: string; images: number; not_located: number }[];
  /** The others together; `complete` is false where there were too many to be counted by name. */
  other_folders: { folders: number; images: number; not_located: number; complete: boolean };
}

/** What a selector's file says of it. */
export interface SelectorInfo {
  /** Its shape. */
  config: {
    /** Width of an embedding of image or text. */
    feature_dim: number;
    /** Width of what they are projected to. */
    hidden_dim: number;
    /** Width of the gate's hidden layer. */
    gate_hidden_dim: number;
    /** Clusters, which are its classes. */
    num_clusters: number;
    /** How image and text are joined: `full`, which it is where this is absent, `static_gate`, `no_interaction`, `concat`. */
    fusion_mode?: string;
    /** Whatever else the file says. */
    [name: string]: unknown;
  };
  /** SHA-256 of the file. */
  sha256: string;
  /** Fingerprint of the encoder whose features it was trained on, where the file says so. */
  encoder?: string;
  /** How it was trained, where the file says so. */
  training?: object;
}

/** What an encoder's files say of it. */
export interface EncoderInfo {
  /** Its fingerprint: the same here and on the command line. */
  fingerprint: string;
  /** Width of an embedding. */
  embeddingDim: number;
  /** Side of its input image, in pixels. */
  imageSize: number;
  /** Tokens of its longest text. */
  contextLength: number;
  /** Length of its weights, in bytes. */
  weightBytes: number;
}

/** What a `Selector` was made of. */
export interface About {
  /** The selector. */
  selector: SelectorInfo;
  /** The encoder; none in Node. */
  encoder?: EncoderInfo;
  /** Where the encoder runs, and why there; none in Node. */
  backend?: { backend: Backend; reason: string; adapter?: AdapterDescription; workers: number };
}

/** The account of a subset: the JSON that lies beside it as `NAME.manifest.json`. */
export interface SubsetManifest {
  /** Always `ofa-subset`. */
  format: string;
  /** Always `1`. */
  version: string;
  /** The program that wrote it. */
  ofa_version: string;
  /** Of the dataset and the encoder. */
  fingerprints: { dataset?: string | null; encoder?: string | null };
  /** SHA-256 of the selector's file. */
  selector?: string | null;
  /** Records of the dataset: `scored`, every count in `skipped` and `not_scored` together. */
  records: number;
  /** Records with a score. */
  scored: number;
  /** Records without a score, by reason. */
  skipped: Record<string, number>;
  /** Records without a score whose reason is not known. */
  not_scored: number;
  /** The budget. */
  budget: { requested: string; count: number };
  /** How records were chosen. */
  method: SelectMethod;
  /** The seed. */
  seed: number;
  /** Records chosen by their score. */
  chosen: number;
  /** Text-only records that were kept beside them. */
  text_only_kept: number;
  /** Records of the subset. */
  written: number;
  /** Size and quota of every cluster that has records. */
  quotas: { cluster: number; size: number; quota: number }[];
  /** The rest. */
  [name: string]: unknown;
}

/** How records are chosen within a cluster. */
export const SELECT_METHODS = ["confidence", "kdpp", "kdpp-map", "random", "clip-score", "k-center"] as const;

/**
 * A method: `confidence` (the least confident records: the paper's rule), `kdpp` and `kdpp-map`
 * (diverse ones among the least confident), and the baselines `random`, `clip-score` and
 * `k-center`.
 */
export type SelectMethod = (typeof SELECT_METHODS)[number];

/** Chosen records. */
export interface Selection {
  /** Their positions in the dataset, ascending. */
  positions: Float64Array;
  /** The account of the choice; its `output` is filled in by an export. */
  manifest: SubsetManifest;
}

/** A file that an export made. */
export interface ExportedFile {
  /** Its name. */
  name: string;
  /** Its bytes. */
  blob: Blob;
}

/** Scored records in two dimensions. */
export interface Projection {
  /** Two for each record, in the order of `scores()`. */
  coordinates: Float32Array;
  /** The share of all variance that lies along each of the two. */
  explained: [number, number];
}

/** The records that are most like one of them, the most alike first. */
export interface Neighbours {
  /** Their positions in the dataset. */
  positions: Float64Array;
  /** Cosines of the joint features. */
  similarities: Float32Array;
}

/** What is known of a record: the object that `ofa explain --json` prints, and its words. */
export interface Explanation {
  /** The record's position in the dataset. */
  index: number;
  /** Its id, where it has one. */
  id: string | null;
  /** Its human turns. */
  human_turns: string[];
  /** Paths or names of its images. */
  images: string[];
  /** Whether it is in the subset that was chosen last; `null` where nothing was chosen. */
  in_subset: boolean | null;
  /** Where it has a score: what that says. */
  scored: ExplainedScore | null;
  /** Where it has none: the stable name of the reason, and what was found. */
  skipped: { reason: string; detail: string } | null;
  /** What `ofa explain` prints for people, below the record itself: why it is in or out. */
  words: string;
}

/** What the scores say of a record. */
export interface ExplainedScore {
  /** Its cluster. */
  cluster: number;
  /** Records of the cluster. */
  cluster_size: number;
  /** Its place in the cluster, from 1, the least confident first. */
  rank: number;
  /** Its confidence. */
  confidence: number;
  /** The share of the pool that is less confident. */
  confidence_above: number;
  /** Its entropy in nats. */
  entropy: number;
  /** The share of the pool that has a lower one. */
  entropy_above: number;
  /** Its gate. */
  gate: number;
  /** The share of the pool that has a lower one. */
  gate_above: number;
  /** Confidence of the early selector, where it is known. */
  early_confidence: number | null;
  /** Its alignment margin, where it is known. */
  alignment_margin: number | null;
  /** Whether the alignment filter would set it aside, where that can be told. */
  set_aside: boolean | null;
  /** Scored records. */
  pool: number;
  /** A budget with which choosing by confidence takes it; with one record less it does not. */
  taken_from: number;
  /** The shortest ratio that makes this budget. */
  taken_from_ratio: string | null;
  /** What the subset that was chosen last means for its cluster. */
  chosen: {
    method: SelectMethod;
    /** The budget as it was given. */
    requested: string;
    /** The budget in records. */
    budget: number;
    /** How many records are chosen from the cluster. */
    quota: number;
    /** The last record that is taken, where the ranks alone decide. */
    cut: { index: number; confidence: number } | null;
    /** What else had a say than ranks and quotas. */
    beside_ranks: {
      /** The budget was not shared out among clusters. */
      no_quotas: boolean;
      /** Records had to pass the alignment filter. */
      alignment_filter: boolean;
      /** This record was pinned. */
      pinned: boolean;
      /** This record was excluded. */
      excluded: boolean;
      /** This record was neither, and others were, so that ranks shifted. */
      others_constrained: boolean;
    };
  } | null;
  /** The records of its cluster that are most like it; `null` without features. */
  neighbours:
    | { index: number; similarity: number; confidence: number; rank: number; in_subset: boolean | null }[]
    | null;
}

/** Where scored records come from. */
export interface Sources {
  /**
   * The source folders: the first two folders of a record's first image; `—` stands for no image,
   * and from the 10,000th on all others are one, `…`.
   */
  names: string[];
  /** The place in `names` for each record, in the order of `scores()`. */
  of: Uint16Array;
}

/** The records that have one of some ids. */
export interface FoundIds {
  /** Their positions, ascending. */
  positions: Float64Array;
  /** How many of the ids no record has; one that was given twice counts once. */
  unknown: number;
}

/** Records that have no score. */
export interface SkippedRecords {
  /** How many there are. */
  total: number;
  /** How many there are of each reason. */
  byReason: Record<string, number>;
  /** Those that were asked for, by position. */
  records: SkippedRecord[];
}

/** A record that has no score. */
export interface SkippedRecord {
  /** Its position in the dataset. */
  position: number;
  /** The stable name of the reason, such as `text_only`; `not_scored` where it is not known. */
  reason: string;
  /** What was found; may be empty. */
  detail: string;
}

/** An image of the subset that an export leaves out. */
export interface LeftOutImage {
  /** The reason's stable name, such as `image_missing`. */
  reason: string;
  /** What was found. */
  detail: string;
}

/** A feature store that the browser keeps. */
export interface StoredFeatures {
  /** What `deleteStored` takes. */
  id: string;
  /** The dataset's name, where it is known. */
  dataset?: string;
  /** The dataset's fingerprint. */
  datasetFingerprint?: string;
  /** The encoder's fingerprint. */
  encoderFingerprint?: string;
  /** Records of the dataset. */
  records?: number;
  /** Whether it is finished; otherwise a run goes on with it. */
  complete: boolean;
  /** Bytes that it takes. */
  bytes: number;
  /** When it was last written to, in milliseconds since 1970. */
  modified: number;
}
