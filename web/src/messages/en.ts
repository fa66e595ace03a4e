// Every word of the page, in English. Another language is another file of this shape.

import {
  UNNAMED_DATASET,
  type BackendReason,
  type DatasetFormat,
  type DatasetRemark,
  type ErrorCode,
  type ExportProgress,
  type MemoryReason,
  type Note,
  type RunSetting,
  type Script,
  type SelectMethod,
  type SkipReason,
  type Stage,
  type WorkerRestartedEvent,
} from "ofa";

import { SHARD_RECORDS } from "../session/shards";
import { byCode, byName, type Sentences } from "./by_code";

/** Numbers as people read them. */
const number = new Intl.NumberFormat("en");
const share = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 });

const decimal = new Intl.NumberFormat("en", { maximumSignificantDigits: 2 });
const listed = new Intl.ListFormat("en", { type: "conjunction" });
const alternatives = new Intl.ListFormat("en", { type: "disjunction" });

const BYTES = ["B", "KB", "MB", "GB", "TB"] as const;

function bytes(n: number): string {
  const power = n < 1 ? 0 : Math.min(BYTES.length - 1, Math.floor(Math.log10(n) / 3));
  return `${number.format(Math.round(n / 1000 ** power * 10) / 10)} ${BYTES[power]}`;
}

function duration(seconds: number): string {
  if (seconds < 60) {
    return count(Math.max(1, Math.round(seconds)), "second", "seconds");
  }
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) {
    return count(minutes, "minute", "minutes");
  }
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${number.format(hours)} h ${minutes % 60} min` : `${number.format(Math.floor(hours / 24))} d ${hours % 24} h`;
}

const count = (n: number, one: string, many: string): string => `${number.format(n)} ${n === 1 ? one : many}`;

/** Confidences: many lie close to zero. */
const small = new Intl.NumberFormat("en", { minimumSignificantDigits: 3, maximumSignificantDigits: 3 });
const two = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const three = new Intl.NumberFormat("en", { minimumFractionDigits: 3, maximumFractionDigits: 3 });

/** Formats of datasets, as they are called. */
const FORMAT_NAMES: Record<DatasetFormat, string> = {
  json: "JSON array",
  jsonl: "JSON Lines",
  parquet: "Parquet",
  webdataset: "WebDataset",
  captions: "images with captions",
};

/** Words of the package without the marks of code. */
const plain = (words: string): string => words.replaceAll("`", "");

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

const adapterOf = (name: string): string => (name === "" ? "an adapter without a name" : name);

/** Backends as the package calls them in what it keeps of a run. */
const BACKENDS_OF_RUNS: Readonly<Record<string, string>> = { "web-cpu": "the processor", "web-webgpu": "the GPU" };

/** What is made of a subset, a stage at a time. */
const MAKING: Record<ExportProgress["stage"], string> = {
  opening: "Reading the dataset",
  records: "Looking through the records",
  pictures: "Making pictures",
  writing: "Writing the records",
};

export const en = {
  number: (n: number): string => number.format(n),
  share: (part: number): string => share.format(part),
  records: (n: number): string => count(n, "record", "records"),
  files: (n: number): string => count(n, "file", "files"),
  app: {
    title: "ofa",
    claim: "Choose which multimodal instruction data is worth training on.",
    local: "Everything happens on this machine. Nothing is uploaded.",
    skip: "Skip to the content",
    stepsLabel: "Steps",
    steps: { data: "Data", run: "Run", explore: "Explore", take: "Take away" },
    dismiss: "Dismiss",
  },
  stages: {
    module: "Loading the program",
    downloading: "Fetching the encoder",
    encoder: "Reading the encoder",
    backend: "Looking for a GPU",
    weights: "Loading the weights",
    programs: "Compiling for the GPU",
    "self-check": "Comparing the GPU's results with the CPU's",
    check: "Looking through the dataset",
    encode: "Encoding",
    score: "Scoring",
  } satisfies Record<Stage, string>,
  reasons: {
    text_only: "without an image",
    no_human_turn: "without a human turn",
    invalid_json: "not JSON",
    not_an_object: "not an object",
    invalid_text: "not UTF-8",
    invalid_conversations: "conversation not readable",
    invalid_image: "image reference not readable",
    row_unreadable: "row not readable",
    record_too_large: "record too large",
    several_images: "with several images",
    image_url: "image is a web address",
    image_missing: "image not found",
    image_outside: "image outside of the folder",
    image_unreadable: "image not readable",
    image_too_large: "image too large",
    embedding_not_finite: "embedding not finite",
    encoder_failed: "encoder failed",
    invalid_sample: "sample not readable",
    not_scored: "not scored",
  } satisfies Record<SkipReason, string>,
  reason: (name: string): string => byName(en.reasons, name, name.replaceAll("_", " ")),
  /** Reasons that are said otherwise of several records than of one. */
  reasonsOfSeveral: {
    invalid_conversations: "conversations not readable",
    invalid_image: "image references not readable",
    row_unreadable: "rows not readable",
    record_too_large: "records too large",
    image_url: "images are web addresses",
    image_missing: "images not found",
    image_outside: "images outside of the folder",
    image_unreadable: "images not readable",
    image_too_large: "images too large",
    embedding_not_finite: "embeddings not finite",
    encoder_failed: "failures of the encoder",
    invalid_sample: "samples not readable",
    not_an_object: "not objects",
  } satisfies Partial<Record<SkipReason, string>>,
  /** The reason for which so many records are skipped. */
  reasonOf: (n: number, name: string): string => (n === 1 ? en.reason(name) : byName(en.reasonsOfSeveral, name, en.reason(name))),
  /** How many records for which reason. */
  skippedFor: (n: number, name: string): string => `${number.format(n)} ${en.reasonOf(n, name)}`,
  bytes: (n: number): string => bytes(n),
  duration: (seconds: number): string => duration(seconds),
  theme: { label: "Colours", system: "As the system", light: "Light", dark: "Dark" },
  data: {
    heading: "Data",
    claim: "Drop a dataset. Take away the part worth training on.",
    lead:
      "For image instruction data such as LLaVA or Vision-Flan. A frozen CLIP encodes every record, a small trained selector " +
      "says how sure it is of each, and you get back those that it is least sure of, byte for byte.",
    local: "All of it happens in this tab. Nothing is uploaded.",
    dropTitle: "Drop your dataset anywhere on this page",
    dropHint: "JSON, JSONL or Parquet with its folder of images, a zip, or WebDataset tars. Records and images may come one after the other.",
    dropNow: "Let go to open",
    chooseFolder: "Choose a folder",
    chooseFiles: "Choose files",
    fileInput: "Files of a dataset",
    folderInput: "A dataset's folder",
    demo: "Try the demo data",
    demoHint: "600 generated records that come with this page: nothing to download.",
    demoName: "things.zip",
    /** A dataset's name. */
    nameOf: (name: string): string => (name === UNNAMED_DATASET ? "the dropped files" : name),
    demoMissing: "the demo data cannot be fetched from this page's server; reload the page, or drop data of your own",
    how: {
      label: "How it goes",
      drop: ["Drop", "The page says what it found and what is missing, before any work."],
      run: ["Run", "Images and texts are encoded on your GPU or processor. Stop and go on whenever you like."],
      look: ["Look", "Move the budget and see which records are in, and why."],
      take: ["Take", "The subset in your own format, with its images and the account of how it was chosen."],
    } as const,
    finding: (files: number, folders: number): string =>
      files === 0 && folders === 0 ? "Looking at what was dropped…" : `Found ${en.files(files)}${folders === 0 ? "" : ` in ${count(folders, "folder", "folders")}`} so far…`,
    stop: "Stop",
    opening: "Finding the records…",
    opened: (done: number, of: number): string => `${bytes(done)} of ${bytes(of)}.`,
    listed: (parts: readonly string[]): string => capital(listed.format(parts)),
    together: (one: string, other: string): string => `${one}; then ${other.slice(0, 1).toLowerCase()}${other.slice(1)}`,
    parts: {
      json: (n: number): string => count(n, "JSON file", "JSON files"),
      jsonl: (n: number): string => count(n, "JSONL file", "JSONL files"),
      parquet: (n: number): string => count(n, "Parquet file", "Parquet files"),
      zip: (n: number): string => count(n, "zip", "zips"),
      tar: (n: number): string => count(n, "tar", "tars"),
      images: (n: number, folders: number): string =>
        folders === 0
          ? count(n, "image", "images")
          : `${folders === 1 ? "a folder" : `${number.format(folders)} folders`} of ${count(n, "image", "images")}`,
      captions: (n: number): string => count(n, "text file", "text files"),
      features: (shards: number): string => `a feature store of ${count(shards, "shard", "shards")}`,
      scores: "a file of scores",
      encoder: (name: string): string => `an encoder (${name})`,
      selector: "a selector",
      manifests: (n: number): string => count(n, "manifest of a subset", "manifests of subsets"),
      nothing: (n: number): string => `${en.files(n)}, none of them of use here`,
    },
    unused: {
      heading: (n: number): string => `${en.files(n)} not used`,
      example: (path: string, n: number): string => (n === 1 ? path : `${path} and ${count(n - 1, "other", "others")}`),
      unreadable: (reason: string): string => `the browser cannot read it: ${reason}`,
      packed: "compressed; unpack it first, then drop what is in it",
      pytorch: "a PyTorch or NumPy file; “ofa import” on the command line converts features and selectors",
      otherImage: "a picture format that is not read here; convert it to JPEG, PNG or WebP",
      other: (ending: string): string => `${ending} files are neither records nor images`,
      tensors: "tensors that are neither features nor a selector, without an encoder's config.json and preprocessor_config.json beside them",
      anotherEncoder: "a second encoder; one is used at a time",
      anotherSelector: "a second selector; one is used at a time",
      anotherStore: "a second feature store; the one with most shards is used",
      csv: "a CSV without the columns of scores (index, cluster, confidence, entropy, gate)",
      otherScores: "a second file of scores; one is used at a time",
      skippedAlone: "belongs to a feature store whose shards are not here",
      noRecords: "no records in it: none of the keys that records have",
      otherFormat: (format: string): string => `of another format than the ${format} files beside it; drop it by itself to use it`,
    },
    encoderWithoutName: "the dropped encoder",
    linkDropped:
      "A link was dropped. This page fetches nothing from elsewhere: save the file on your machine, then drop the file itself.",
    textDropped: "Text was dropped. Save it as a .json or .jsonl file, then drop that file.",
    emptyDrop: (folders: number): string =>
      folders === 0
        ? "There was no file in what was dropped. Choose the dataset's files or its folder instead."
        : "The folder is empty. Choose the one that the dataset's JSON, JSONL or Parquet file is in.",
    nothingUsable: (n: number): string =>
      `Of ${en.files(n)} none is of use here: there are neither records (JSON, JSONL, Parquet, zip, tar) nor images among them.`,
    partlyUnused: "Some of what was dropped cannot be used.",
    taken: (sentence: string): string => `${sentence}: taken.`,
    settingsTaken: "The settings of that subset are taken. Now drop the dataset that it was chosen from.",
    added: (sentence: string): string => `${sentence}: added to the dataset that is open.`,
    formerSubset: (name: string, written: number, records: number): string =>
      `${name} is itself a subset: ${number.format(written)} of ${number.format(records)} records that a former run chose. ` +
      "It is opened as a dataset of its own. To change that choice, drop the dataset that it came from together with the manifest.",
    dismiss: "Dismiss",
    waiting: {
      heading: "Waiting for the records",
      images: (sentence: string): string => `${sentence}. Now drop the JSON, JSONL or Parquet file whose records name these images.`,
      others: (sentence: string): string => `${sentence}. Now drop the dataset that this was made of.`,
      forget: "Put away",
    },
    replace: {
      headings: { dataset: "Open this instead?", addition: "Add this to the dataset?", setup: "Use this from now on?" },
      running: `A run is going on. It ends, and what it encoded is kept in steps of ${SHARD_RECORDS} records: the same data dropped again goes on there.`,
      scored: "The scores and the subset on this page go. Encoded features are kept, so the same data dropped again is scored in a moment.",
      accept: { dataset: "Open it", addition: "Add it", setup: "Use it" },
      refuse: "Keep what is open",
    },
    other: "Open other data",
    putAway: "Close this dataset",
    lacking: {
      all: (n: number): string =>
        `None of the ${number.format(n)} images that the records name is here. Drop the folder, zip or tar that they are in.`,
      some: (missing: number, n: number): string =>
        `${number.format(missing)} of the ${number.format(n)} images that the records name are not here. If they are in another folder or zip, drop it too.`,
      onlyImages: "These are images without any text. Drop the JSON, JSONL or Parquet file whose records name them.",
    },
    again: {
      heading: "From your last visit",
      text: (name: string, sentence: string): string => `Opened last: ${en.data.nameOf(name)} (${sentence.slice(0, 1).toLowerCase()}${sentence.slice(1)}).`,
      open: (name: string): string => `Open ${en.data.nameOf(name)} again`,
      forget: "Forget it",
      refused: "The browser gives no leave to read those files again. Drop them, and it goes on where it was.",
      unfinished: (name: string, done: number, records: number): string =>
        `${en.data.nameOf(name)}: ${number.format(done)} of ${en.records(records)} are encoded and kept. Drop the same data again, and it goes on there.`,
      finished: (name: string, records: number): string =>
        `${en.data.nameOf(name)}: all ${en.records(records)} are encoded and kept. Drop the same data again, and it is scored in a moment.`,
    },
  },
  check: {
    heading: "Before the run",
    going: (done: number, of: number): string => `Looked at ${number.format(done)} of ${en.records(of)}`,
    images: (n: number): string => `${count(n, "image", "images")} decoded`,
    stop: "Stop looking",
    none: "The dataset was not looked through.",
    again: "Look through it",
    whole: (records: number, encoded: number): string =>
      records === encoded
        ? `All ${en.records(records)} can be encoded.`
        : `${number.format(encoded)} of ${en.records(records)} can be encoded.`,
    sampled: (tried: number, images: number): string =>
      `About that many: ${tried === 0 ? "no image was" : `only ${number.format(tried)} of ${count(images, "image", "images")} ${tried === 1 ? "was" : "were"}`} tried.`,
    formats: {
      json: "JSON",
      jsonl: "JSONL",
      parquet: "Parquet",
      webdataset: "WebDataset",
      captions: "Images with captions",
    } satisfies Record<DatasetFormat, string>,
    /** How the format was told. */
    toldBy: {
      json: "Told by the square bracket that it begins with.",
      jsonl: "Told by the record that is in a line of its own.",
      parquet: "Told by the mark of Parquet files that it begins with.",
      webdataset: "Told by its being a tar archive.",
      captions: "Told by images without a file of records.",
    } satisfies Record<DatasetFormat, string>,
    formatGiven: "It was asked for.",
    sum: { label: "What becomes of the records", encoded: "to be encoded", of: "Records", share: "Share", what: "What becomes of them" },
    facts: {
      label: "What is in it",
      format: "Format",
      formatOf: (format: string, files: number, isGiven: boolean, why: string): string =>
        `${byName(en.check.formats, format, format)}, ${en.files(files)}. ${isGiven ? en.check.formatGiven : byName(en.check.toldBy, format, `Told by this: ${plain(why)}.`)}`,
      images: "Images named",
      imagesOf: (n: number, distinct: number): string => `${number.format(n)}, ${number.format(distinct)} different`,
      missing: "Images not found",
      unreadable: "Images not readable",
      unreadableOf: (n: number, sampled: number, deep: boolean): string =>
        sampled === 0
          ? "no image was tried"
          : deep
            ? `${number.format(n)} of all ${number.format(sampled)}`
            : `${number.format(n)} of ${number.format(sampled)} that ${sampled === 1 ? "was" : "were"} tried`,
      turns: "Human turns",
      turnsOver: "Turns over the context",
      turnsOverOf: (n: number, context: number, exact: boolean): string =>
        `${exact || n === 0 ? "" : "about "}${number.format(n)} longer than ${number.format(context)} tokens, to be cut`,
      duplicates: "Repeated records",
      duplicateIds: "Repeated ids",
      duplicateIdsOf: (ids: number, records: number): string => (ids === 0 ? "0" : `${number.format(ids)} ids of ${en.records(records)}`),
      withoutId: "Without an id",
      placeholders: "Image placeholders that do not match",
      scripts: "Writing systems",
      scriptsOf: (scripts: readonly (readonly [string, number])[]): string =>
        scripts.map(([script, n]) => `${byName(en.check.scripts, script, script)} ${number.format(n)}`).join(", "),
      fingerprint: "Fingerprint",
    },
    scripts: {
      latin: "Latin",
      han: "Han",
      kana: "Kana",
      hangul: "Hangul",
      cyrillic: "Cyrillic",
      arabic: "Arabic",
      hebrew: "Hebrew",
      devanagari: "Devanagari",
      thai: "Thai",
      greek: "Greek",
      other: "others",
      none: "without letters",
    } satisfies Record<Script, string>,
    folders: { label: "Source folders", folder: "Folder", images: "Images", missing: "Not found", others: (n: number): string => `${count(n, "other folder", "other folders")}` },
    examples: "Examples of what is skipped",
    example: (position: number, id: string | null): string => `Record ${number.format(position)}${id === null ? "" : ` (id ${id})`}`,
    remarks: "Seen on opening",
    remarksByCode: {
      members_ignored: ({ name, count: n, example }): string =>
        `${en.data.nameOf(name)}: ${count(n, "file is", "files are")} not read: links, or names that are no paths within the archive. The first: ${plain(example)}.`,
      not_files: ({ name, count: n, example }): string =>
        `${en.data.nameOf(name)}: ${count(n, "link, device or sparse file is", "links, devices and sparse files are")} passed over. The first: ${plain(example)}. Pack them as plain files if they are needed.`,
      names_refused: ({ name, count: n, example }): string =>
        `${en.data.nameOf(name)}: ${count(n, "file is", "files are")} passed over whose names are no paths within the archive. The first: ${plain(example)}. Pack them under plain relative names if they are needed.`,
      after_end: ({ name, end, at }): string =>
        `${en.data.nameOf(name)} ends at byte ${number.format(end)}, and what follows from byte ${number.format(at)} on is not read. If several archives were joined, drop them one by one.`,
      split_keys: ({ name, count: n, example }): string =>
        `${en.data.nameOf(name)}: the files of ${count(n, "key", "keys")} do not stand together, and are taken for several samples. The first: ${plain(example)}. Sort the archive by name if they belong together.`,
      lone_captions: ({ name, count: n }): string =>
        `${en.data.nameOf(name)}: ${count(n, "text lies", "texts lie")} beside no image of the same name, and ${n === 1 ? "is no record" : "are no records"}.`,
      files_left_out: ({ count: n, example }): string =>
        n === 1 ? `A file is left out: ${plain(example)}` : `${en.files(n)} are left out, the first of them: ${plain(example)}`,
    } satisfies Sentences<DatasetRemark>,
    remark: (remark: DatasetRemark | undefined, words: string): string => byCode<DatasetRemark>(en.check.remarksByCode, remark, words),
    more: "All of the report",
    textOnly: {
      legend: (n: number): string => `${en.records(n)} without an image ${n === 1 ? "gets" : "get"} no score. In the subset:`,
      exclude: "leave them out",
      keep: "keep all of them, beside those that are chosen",
    },
    severalImages: {
      legend: (n: number): string => `${en.records(n)} with several images. ${n === 1 ? "It is" : "They are"} encoded:`,
      mean: "by the mean of the images",
      first: "by the first image",
      skip: "not at all",
    },
    deep: "Try every image",
    deepHint: "Decodes each image once; takes as long as reading them all.",
    deepDone: "Every image was tried.",
  },
  setup: {
    heading: "Encoder and selector",
    encoder: "Encoder",
    selector: "Selector",
    backend: "Runs on",
    change: "Change",
    done: "Done",
    preparing: "Getting ready…",
    notReady: "Not loaded yet",
    demoEncoder: "demo encoder",
    demoSelector: "demo selector",
    demoWarning:
      "The demo encoder and selector know generated drawings and nothing else. They are for trying this page out: for data of your own, take CLIP and a selector that was trained on its features.",
    encoderOf: (dim: number, pixels: number, size: number): string =>
      `${number.format(dim)} dimensions, ${number.format(pixels)} px, ${bytes(size)}`,
    selectorOf: (clusters: number, dim: number): string => `${number.format(clusters)} clusters, ${number.format(dim)} dimensions`,
    backends: { auto: "Whatever is fastest here", cpu: "Processor", webgpu: "GPU (WebGPU)" },
    backendIs: { cpu: "Processor", webgpu: "GPU" },
    backendReasons: {
      cpu_asked: (): string => "It was chosen.",
      webgpu_asked: ({ adapter }): string => `It was chosen: ${adapterOf(adapter)}.`,
      gpu_found: ({ adapter }): string => `There is a GPU: ${adapterOf(adapter)}.`,
      software_adapter: ({ adapter }): string => `The browser's GPU is software (${adapterOf(adapter)}): several workers are faster.`,
      no_webgpu: (): string => "This browser has no WebGPU in workers.",
      no_adapter: (): string => "WebGPU finds no GPU.",
      adapter_too_small: ({ adapter, limit, has, needed }): string =>
        `The GPU (${adapterOf(adapter)}) is too small for this encoder, whose largest tensor takes ${bytes(needed)}: its ${limit} is ${bytes(has)}.`,
      webgpu_fails: ({ detail }): string => `WebGPU fails: ${plain(detail)}`,
      webgpu_failed: ({ failure, detail }): string => `The GPU was tried, and failed. ${en.problems.titles[failure]}: ${plain(detail)}`,
    } satisfies Sentences<BackendReason>,
    backendReason: (why: BackendReason | undefined, words: string): string => byCode<BackendReason>(en.setup.backendReasons, why, words),
    workers: (n: number): string => count(n, "worker", "workers"),
    fromDemo: "Demo, comes with this page",
    fromServer: (name: string): string => `${name}, from this server`,
    fromFolder: "From a folder on this machine",
    fromFolderHint: "A folder in Hugging Face layout: config.json, preprocessor_config.json, tokenizer.json and model.safetensors; or one that “ofa export-encoder” wrote.",
    fromHub: "Download CLIP from the model hub",
    hubHint: (size: number, host: string): string =>
      `${bytes(size)} from ${host}, once: it is kept in this browser. Nothing of your data is sent.`,
    hubButton: (size: number, host: string): string => `Download ${bytes(size)} from ${host}`,
    fromUrl: "From another address",
    url: "Address of the encoder's folder",
    selectorUrl: "Address of a selector.safetensors",
    urlButton: (host: string): string => (host === "" ? "Fetch" : `Fetch from ${host}`),
    urlHint: (hosts: readonly string[]): string =>
      `From ${alternatives.format(["this page's own server", ...hosts])}: the page may fetch from nowhere else.`,
    urlSize: "Its size is shown as soon as the host says it.",
    urlRefused: {
      encoder: (host: string): string =>
        `This page may not fetch from ${host}. Download the encoder's folder and choose it here, or have it served beside the page: “ofa serve --encoder FOLDER”.`,
      selector: (host: string): string =>
        `This page may not fetch from ${host}. Download the file and choose it here, or have it served beside the page: “ofa serve --selector FILE”.`,
    },
    chooseFolder: "Choose the encoder's folder",
    folderInput: "An encoder's folder",
    fromFile: "From a file",
    chooseFile: "Choose a selector.safetensors",
    fileInput: "A selector's file",
    inUse: "in use",
    use: "Use it",
    mismatch: {
      text: "This selector was trained on another encoder. With this one its scores would mean nothing.",
      dims: (selector: number, encoder: number): string =>
        `This selector works on ${number.format(selector)} dimensions and this encoder gives ${number.format(encoder)}: they cannot be used together.`,
      way: "Take the encoder that it was trained on, or a selector that was trained on this one.",
      demo: "Use both of the demo",
      expected: (fingerprint: string): string => `It was trained on the encoder ${fingerprint.slice(0, 12)}…`,
    },
    stored: {
      heading: "Kept in this browser",
      none: "Nothing yet. Encoded features and downloaded encoders are kept here from visit to visit.",
      what: "What",
      size: "Size",
      state: "State",
      features: (name: string | undefined): string => `Features of ${name === undefined ? "a dataset" : en.data.nameOf(name)}`,
      encoder: (url: string | undefined): string => `Encoder ${url ?? "of unknown origin"}`,
      complete: "whole",
      partial: "unfinished",
      delete: "Delete",
      deleteOf: (what: string): string => `Delete ${what}`,
      total: (n: number): string => `${bytes(n)} in all`,
    },
    download: (n: number, of: number): string => (of === 0 ? `${bytes(n)} fetched` : `${bytes(n)} of ${bytes(of)}`),
    cancel: "Cancel",
  },
  run: {
    heading: "Run",
    start: "Encode and score",
    scoreOnly: "Score the features",
    scoreStored: "Score",
    goOn: "Go on",
    again: "Run again",
    nothing: "There is nothing to encode: not one record has an image that is here.",
    look: "Look at the subset",
    given: (rows: number): string => `The features of ${en.records(rows)} came with the dataset: only scoring is left.`,
    complete: "Everything is encoded already; only scoring is left.",
    estimate: {
      past: (time: string, rate: string): string => `About ${time}, at the ${rate} of the last run on this machine.`,
      unknown: "How long it takes is not known yet. Measure it on a few records, or start: you can stop at any time, and go on later.",
      measure: "Measure",
      measured: (time: string, images: number, turns: number): string =>
        `About ${time}, by a trial of ${number.format(images)} images and ${number.format(turns)} questions. Questions that come again take no time.`,
    },
    rate: (perSecond: number): string =>
      perSecond >= 10 ? `${number.format(Math.round(perSecond))} records a second` : `${decimal.format(perSecond)} records a second`,
    left: (seconds: number): string => `about ${duration(seconds)} left`,
    measuring: "measuring the pace…",
    done: (n: number, of: number): string => `${number.format(n)} of ${en.records(of)}`,
    resumed: (n: number): string => `${number.format(n)} of them by an earlier run`,
    scored: (n: number, of: number): string => `${number.format(n)} of ${number.format(of)} scored`,
    skipped: (n: number): string => `${en.records(n)} skipped`,
    imagesEncoded: (n: number): string => count(n, "image", "images"),
    turnsEncoded: (n: number): string => count(n, "text", "texts"),
    encodedSoFar: (images: string, turns: string): string => `${images} and ${turns} encoded`,
    pause: "Pause",
    resume: "Go on",
    cancel: "Stop",
    paused: "Paused",
    cancelled: (kept: boolean): string =>
      kept
        ? `Stopped. What was encoded is kept in steps of ${SHARD_RECORDS} records; it goes on from there whenever you like, also after a reload.`
        : "Stopped. Features are held in memory only here, so the next run starts anew.",
    failed: `The run ended early. What was encoded is kept in steps of ${SHARD_RECORDS} records.`,
    finished: (rows: number): string => (rows === 1 ? "One record is scored." : `${en.records(rows)} are scored.`),
    scoresGiven: (rows: number): string => `The scores of ${en.records(rows)} came with the dataset: no run is needed.`,
    memory: (why: MemoryReason | undefined, words: string): string =>
      `This browser keeps nothing for this page (${byCode<MemoryReason>(en.run.memoryReasons, why, words)}): features are held in memory, and a reload starts anew.`,
    memoryReasons: {
      asked: (): string => "as it was asked to",
      no_file_system: (): string => "it has no file system for pages, which takes a recent version and an address with https",
      refused: ({ detail }): string => plain(detail),
    } satisfies Sentences<MemoryReason>,
    kept: "Encoded features are kept in this browser: reload or close the tab, drop the same data again, and it goes on.",
    notify: "Tell me when it is done",
    notifyOn: "You will be told when it is done.",
    notifyRefused: "The browser does not allow notifications. The tab's title tells instead.",
    notification: {
      done: { title: "The subset can be chosen", body: (rows: number): string => en.run.finished(rows) },
      failed: { title: "The run ended early", body: "The page says why, and how to go on." },
      cancelled: { title: "The run is stopped", body: "You can go on with it on the page." },
    },
    title: {
      part: (percent: number): string => `${Math.floor(percent * 100)} %`,
      paused: "Paused",
      done: "Done",
      failed: "Stopped",
    },
    notes: (n: number): string => count(n, "note", "notes"),
    notesByCode: {
      encoder_in_memory: (): string => "Nothing can be stored here: the encoder is held in memory, and is fetched again next time.",
      workers_not_started: ({ count: n, of, detail }): string =>
        `${number.format(n)} of ${count(of, "worker", "workers")} could not be started, the others go on: ${plain(detail)}`,
      worker_given_up: ({ worker, left, detail }): string =>
        `Worker ${number.format(worker + 1)} is given up, ${number.format(left)} ${left === 1 ? "goes" : "go"} on: ${plain(detail)}`,
      setting_changed: ({ setting, before, now }): string =>
        `${en.run.settings[setting]} was ${en.run.settingIs(before)} in the run before, and is ${en.run.settingIs(now)} now: these features are not to the bit what one run makes.`,
      cache_part_broken: ({ name }): string => `A part of what was kept to save time was not whole, and is computed anew (${name}).`,
    } satisfies Sentences<Note>,
    note: (note: Note | undefined, words: string): string => byCode<Note>(en.run.notesByCode, note, words),
    settings: {
      backend: "What it ran on",
      image_batch: "The number of images in a batch",
      text_tokens: "The number of tokens in a batch",
      cache_bytes: "The size of the cache in bytes",
    } satisfies Record<RunSetting, string>,
    settingIs: (value: string): string => byName(BACKENDS_OF_RUNS, value, value),
    /** What a worker ended with, of which another takes the place. */
    restarted: {
      cpu: (words: string): string => `A worker on the processor ended, and another takes its place: ${plain(words)}`,
      gpu: (words: string): string => `The worker on the GPU ended, and another takes its place: ${plain(words)}`,
      decoder: (words: string): string => `A worker that decodes images ended, and another takes its place: ${plain(words)}`,
    } satisfies Record<WorkerRestartedEvent["role"], (words: string) => string>,
    stages: "Stages of the run",
    state: { done: "done", now: "now", next: "to come" },
    domain: {
      heading: "The selector does not know such data",
      verdict:
        "By its confidence, this data does not look like what the selector was trained on: its clusters and its ranking rest on other data. Take a selector that was trained on data like this.",
      numbers: (pool: number, trained: { median: number; p10: number; p90: number }): string =>
        `The median confidence here is ${small.format(pool)}. In training it was ${small.format(trained.median)}, and between ${small.format(trained.p10)} and ${small.format(trained.p90)} for eight records of ten.`,
      beyond: (below: number, above: number, rows: number): string =>
        `Of ${en.records(rows)}, ${number.format(below)} ${below === 1 ? "is" : "are"} less confident than all that was seen there, and ${number.format(above)} more confident.`,
    },
  },
  problems: {
    titles: {
      bad_option: "This setting cannot be used",
      bad_dataset: "This cannot be opened as a dataset",
      bad_encoder: "This encoder cannot be used",
      bad_selector: "This selector cannot be used",
      bad_features: "These features cannot be used",
      bad_scores: "These scores cannot be used",
      fingerprint_mismatch: "These do not belong together",
      record_unusable: "This record cannot be shown",
      backend_unavailable: "The GPU cannot be used here",
      self_check_failed: "The GPU computes something else than the processor",
      encoder_failed: "The encoder fails on this machine",
      device_lost: "The GPU was lost, again and again",
      storage_full: "The browser's storage is full",
      storage_denied: "The browser gives no storage",
      store_in_use: "Another tab works on the same data",
      download_failed: "This could not be fetched",
      hash_mismatch: "What was fetched is not what it should be",
      changed: "A file changed after it was dropped",
      busy: "Something else is still going on",
      aborted: "Stopped",
      destroyed: "This was ended",
      unsupported: "This cannot be done here",
      internal: "The program failed",
      unexpected: "Something went wrong",
    },
    advice: {
      bad_option: "Set it to something else. Where it comes from the page's address, take it out of there and open the page again.",
      bad_dataset: "Drop the file or folder that the records are in: JSON, JSONL or Parquet, or an archive of them.",
      bad_encoder: "An encoder is a folder with config.json, preprocessor_config.json, tokenizer.json and model.safetensors.",
      bad_selector: "A selector is the selector.safetensors that “ofa train” wrote.",
      bad_features: "Drop the whole folder of the feature store, or encode the dataset here.",
      bad_scores: "Drop the file of scores with its manifest, or score the dataset here.",
      fingerprint_mismatch: "Use what belongs together. If you are sure that it does, you can insist.",
      record_unusable: "Look at another record. The check before the run says how many cannot be used, and why.",
      backend_unavailable: "The processor does the same, more slowly.",
      self_check_failed: "Its driver is not to be trusted with this. The processor does the same, more slowly.",
      encoder_failed: "Close other tabs to make room, then go on from what is kept.",
      device_lost: "Let the processor go on from what is kept, or close what else uses the GPU and try again.",
      storage_full: "Delete what is kept and not needed any more, then go on from what is done.",
      storage_denied: "Allow this page to store data, or go on in memory.",
      store_in_use: "Go on in that tab, or close it and try again.",
      download_failed: "Look at your connection and try again; what is there already is kept.",
      hash_mismatch: "Try again. If it stays so, the file at that address was replaced.",
      changed: "Drop the data again: it is opened as it is now.",
      busy: "Wait for it to come to its end, or stop it, then try again.",
      aborted: "What was done up to there is kept. Go on whenever you like.",
      destroyed: "Reload the page, and drop the data again.",
      unsupported: "Take a current Chrome, Edge, Firefox or Safari, or the command line program “ofa”, which does the same.",
      internal: "That is a bug of ours, or a lack of memory. What was encoded is kept: try again, with fewer other tabs open.",
      unexpected: "That is a bug of this page. What was encoded is kept: reload the page, drop the same data again, and go on.",
    } satisfies Record<ErrorCode | "unexpected", string>,
    /** Why a record or an image cannot be used. */
    unusable: (reason: string, detail: string): string => `${capital(en.reason(reason))}${detail === "" ? "." : `: ${plain(detail)}`}`,
    inShort: (title: string, detail: string): string => `${title}: ${plain(detail)}`,
    setupChanged: "A file of the encoder or selector cannot be read any more",
    retry: "Try again",
    insist: "Use them all the same",
    useCpu: "Use the processor",
    showSetup: "Choose encoder and selector",
    showStored: "See what is kept",
    withoutFeatures: "The dataset is open; without these features it is encoded here.",
    numbers: {
      needed: "Needed",
      available: "Available",
    },
  },
  support: {
    heading: "This browser cannot run it",
    text: "The page needs parts that this browser does not have:",
    parts: {
      wasm: "WebAssembly with SIMD",
      workers: "module workers",
      secure: "a secure address: https, or localhost",
      bigints: "64-bit numbers in typed arrays",
      arrays: "the newer methods of lists, such as toSorted",
      dialogs: "dialogs",
      canvas: "canvases out of sight (OffscreenCanvas)",
    },
    way: "A current Chrome, Edge, Firefox or Safari has them all. Or use the command line program “ofa”, which does the same.",
  },
  explore: {
    title: "Explore",
    preparing: "Sorting the scores …",
    coming: "One moment …",
    confidence: (value: number): string => small.format(value),
    similarity: (value: number): string => two.format(value),
    nats: (value: number): string => `${three.format(value)} nats`,
    gate: (value: number): string => two.format(value),
    budget: {
      title: "Budget",
      budget: "Budget",
      unit: "Unit of the budget",
      recordsUnit: "records",
      inPercent: "Budget in percent of the scored records",
      inRecords: "Budget in records",
      sliderSays: (ratio: number, n: number): string => `${share.format(ratio)}, ${count(n, "record", "records")}`,
      badCount: (most: number): string => `Give a whole number from 1 to ${number.format(most)}.`,
      badRatio: "Give a share above 0 and at most 100 percent.",
      method: "Method",
      methods: {
        confidence: { name: "Least confident", means: "In each cluster the records that the selector is least sure of." },
        kdpp: { name: "Diverse, drawn (k-DPP)", means: "Among the least confident, drawn so that few are alike. Takes a while." },
        "kdpp-map": { name: "Diverse, greedy (k-DPP MAP)", means: "Among the least confident, one after the other, each unlike those before. Takes a while." },
        random: { name: "Random", means: "Drawn in each cluster without looking at scores: to compare with." },
        "clip-score": { name: "CLIP score", means: "The records whose image and text agree most: to compare with. Takes a while." },
        "k-center": { name: "k-center", means: "Records that cover the space of features: to compare with. Takes a while." },
      } satisfies Record<SelectMethod, { name: string; means: string }>,
      seed: "Seed",
      seedMeans: "The same seed draws the same records.",
      seedNotUsed: "This method draws nothing.",
      rules: "Rules of the choice",
      quotas: "A quota for each cluster",
      quotasMean: "Each cluster gives its share, so that no kind of record is lost.",
      alignment: "Alignment filter",
      alignmentMeans: "Records whose image fits other texts better than its own come last.",
      alignmentUnknown: "These scores do not say how image and text fit.",
      textOnly: "Keep records without an image",
      textOnlyMeans: "They have no score and are added beside the budget.",
      choose: "Choose",
      choosing: "Choosing",
      chosenSoFar: (done: number, of: number): string =>
        of === 0 ? "Getting ready …" : `${number.format(done)} of ${number.format(of)} steps`,
      cancel: "Cancel",
      nothingChosen: "Nothing is chosen yet.",
      ofScored: (n: number): string => `of ${count(n, "scored record", "scored records")} chosen`,
      textOnlyKept: (n: number): string => `${count(n, "of them has", "of them have")} no image.`,
      stale: (method: string): string => `Below is still the choice before, by “${method}”. Press “Choose” for the new one.`,
      byHand: (pinned: number, excluded: number): string => `By hand: ${number.format(pinned)} pinned, ${number.format(excluded)} excluded.`,
    },
    histogram: {
      title: "Confidence",
      means: "How sure the selector is of each record. The less sure, the more there is to learn from it. Drag over the bars to look at a range.",
      log: "Logarithmic",
      chosen: "Chosen",
      leftOut: "Left out",
      cuts: "Threshold of a cluster",
      confidence: "Confidence",
      chartSays: "Bars of how many records have each confidence, and how many of them were chosen. The table below has the same numbers.",
      noThreshold: "No cluster is cut: each is in or out as a whole.",
      threshold: (low: number, high: number, n: number): string =>
        n === 1 || low === high
          ? `The threshold lies at ${small.format(high)}.`
          : `Each cluster has a threshold of its own: the lowest lies at ${small.format(low)}, the highest at ${small.format(high)} (${number.format(n)} clusters). Between them it depends on the cluster.`,
      rangeShown: (low: number, high: number): string => `The gallery shows ${small.format(low)} to ${small.format(high)}.`,
      wholeRange: "Show all confidences",
      asTable: "As a table",
      binRange: (low: number, high: number): string => `${small.format(low)} – ${small.format(high)}`,
      show: "Gallery",
      showOnly: "Show",
    },
    parts: {
      title: "Before and after",
      means: "The upper bar is a part’s share of all scored records, the lower one its share of the subset. Pick parts to narrow gallery and map.",
      kinds: "Parts",
      clusters: "Clusters",
      sources: "Sources",
      cluster: (id: number): string => `Cluster ${id}`,
      clusterShort: (id: number): string => `c ${id}`,
      source: (name: string): string => (name === "—" ? "without an image" : name === "…" ? "other folders" : name),
      clusterHeading: "Cluster",
      sourceHeading: "Source",
      before: "Records",
      chosen: "Chosen",
      share: "Share",
      shares: "Before, after",
      clustersCaption: (n: number): string => count(n, "cluster", "clusters"),
      sourcesCaption: (n: number): string => count(n, "source folder", "source folders"),
      sourcesComing: "The records are read to see which folders their images are in …",
      barsSay: (before: number, after: number): string => `${share.format(before)} of all, ${share.format(after)} of the subset`,
      more: (n: number): string => `Show more (${number.format(n)} left)`,
    },
    map: {
      title: "Map",
      coming: "The map is being computed …",
      noMap: "There is no map: it is made of the records’ features.",
      noWebGl: "The map needs WebGL 2, which this browser does not offer here. The tables and the gallery show the same records.",
      lost: "The browser took the graphics away from the map, as it does when memory is short. The tables and the gallery go on without it.",
      remake: "Draw the map again",
      pcaMeans: (n: number, first: number, second: number): string =>
        `${count(n, "record", "records")} along the two directions in which their features differ most (PCA; ${share.format(first)} and ${share.format(second)} of all variance). Records that lie far apart are unlike each other; neighbours here need not be alike.`,
      umapMeans: (n: number): string =>
        `UMAP of a sample of ${count(n, "record", "records")}: neighbours here are alike; distances between groups say little.`,
      colourBy: "Colour",
      colourings: { chosen: "In the subset or not", cluster: "Cluster", source: "Source", confidence: "Confidence" },
      modes: "What dragging does",
      pan: "Move",
      lasso: "Lasso",
      pickView: "Pick what is in view",
      zoomIn: "Nearer",
      zoomOut: "Farther",
      reset: "Show the whole map",
      says: (n: number, chosen: number): string => `Map of ${count(n, "record", "records")}, ${number.format(chosen)} of the pool chosen`,
      keys: "Drag to move, with the shift key to draw a lasso. Click a point to open it, with the Alt key to narrow to its cluster, and again to let go of it. By keyboard: arrows move, + and − zoom, 0 shows all, S picks what is in view, Enter opens the record at the cross, C narrows to its cluster, Escape lets go of what was picked.",
      touches: "One finger scrolls the page, two move the map and zoom. Tap a point to open it. With “Lasso”, one finger draws around points.",
      atCentre: (position: number, cluster: number, isChosen: boolean): string =>
        `At the cross: record ${number.format(position)}, cluster ${cluster}, ${isChosen ? "chosen" : "left out"}`,
      leftOut: "Left out",
      near: "Just beyond the threshold",
      chosen: "Chosen",
      manyColours: "Neighbouring numbers have unlike colours; where there are many, colours repeat. Chosen records are larger and stronger.",
      leastConfident: "Least confident",
      mostConfident: "Most confident",
      umap: (n: number): string => `UMAP of ${count(n, "record", "records")}`,
      umapRuns: "UMAP is being computed",
      umapFailed: "UMAP ended with an error. There may be too little memory for the sample.",
      backToAll: "Back to all records",
      cancel: "Cancel",
    },
    gallery: {
      title: "Records",
      tabs: { chosen: "In the subset", near: "Near misses", "left-out": "Left out", skipped: "Without a score" },
      tabTitles: { near: "Counted among those left out, too", "left-out": "With the near misses, which are a part of them" },
      leftOutMeans: "All that have a score and are not in the subset. The near misses are among them.",
      nearMeans: "In each cluster the least confident of those that were left out: a tenth as many as were chosen there, at least three.",
      sort: "Order",
      orders: {
        "least-confident": "Least confident first",
        "most-confident": "Most confident first",
        position: "As in the dataset",
        "lowest-entropy": "Lowest entropy first",
        "highest-entropy": "Highest entropy first",
      },
      empty: "There is nothing here.",
      tile: (position: number, standing: string): string => `Record ${number.format(position)}, ${standing}:`,
      skippedTile: (position: number): string => `Record ${number.format(position)}, without a score:`,
      confidence: "Confidence",
      isChosen: "in the subset",
      isNear: "just beyond the threshold",
      isLeftOut: "left out",
      pages: "Pages of the gallery",
      previousPage: "Previous",
      nextPage: "Next",
      range: (from: number, to: number, of: number): string => `${number.format(from)} – ${number.format(to)} of ${number.format(of)}`,
    },
    search: {
      label: "Search in the records",
      go: "Search",
      searching: "Searching",
      cancel: "Cancel",
      found: (n: number, unscored: number): string =>
        `${count(n, "record", "records")} found${unscored === 0 ? "" : `, ${number.format(unscored)} of them without a score`}`,
    },
    filter: {
      title: "What is shown",
      onlyBySearch: "All records without a score are listed here. Of what narrows the other lists, the search alone narrows this one.",
      unscoredFound: (n: number, of: number): string =>
        `${number.format(n)} of ${count(of, "record", "records")} without a score found. Nothing but the search narrows this list.`,
      none: "All records are shown. Narrow them by cluster, source, confidence, search, or on the map.",
      confidence: (low: number, high: number): string => `confidence ${small.format(low)} – ${small.format(high)}`,
      picked: (n: number): string => `picked on the map: ${number.format(n)}`,
      found: (text: string, n: number): string => `“${text}”: ${number.format(n)}`,
      remove: (what: string): string => `Show again without: ${what}`,
      shown: (n: number, of: number): string => `${number.format(n)} of ${number.format(of)} shown`,
      clear: "Show all",
    },
    byHand: {
      title: "By hand",
      undo: "Undo",
      none: "No record is pinned or excluded.",
      pinned: (position: number): string => `Record ${number.format(position)}: in`,
      excluded: (position: number): string => `Record ${number.format(position)}: out`,
      release: (position: number): string => `Leave record ${number.format(position)} to its scores again`,
      more: (n: number): string => `and ${number.format(n)} more`,
    },
    record: {
      title: (position: number): string => `Record ${number.format(position)}`,
      id: "Id",
      isChosen: "In the subset",
      isNear: "Left out, just beyond the threshold of its cluster",
      isLeftOut: "Left out",
      noScore: "Without a score",
      previous: "Previous",
      next: "Next",
      close: "Close",
      why: "Why",
      byHand: "Decide by hand",
      pin: "Always in",
      exclude: "Always out",
      refills: "The rest of the budget is filled anew at once. Keys: P and X.",
      refillsOnChoose: "The rest of the budget is filled anew when you press “Choose”. Keys: P and X.",
      alike: "Most like it",
      noAlike: "What is like it cannot be told: that takes the records’ features.",
      neighbour: (position: number): string => `Record ${number.format(position)}, similarity:`,
      in: "in",
      out: "out",
      conversation: (turns: number): string => (turns === 0 ? "No conversation" : `Conversation, ${count(turns, "turn", "turns")}`),
      speakers: { human: "Human", assistant: "Assistant", system: "System" },
      raw: "As JSON",
      rawCut: (n: number): string => `Only the first ${number.format(n)} characters are shown.`,
      imageAlt: (position: number, nth: number, of: number): string =>
        of === 1 ? `The image of record ${number.format(position)}` : `Image ${nth} of ${of} of record ${number.format(position)}`,
      notShown: "This browser cannot show this image.",
      confidence: "Confidence",
      entropy: "Entropy",
      gate: "Gate",
      cluster: "Cluster",
      quota: "Quota of the cluster",
      early: "Early confidence",
      alignment: "Alignment margin",
      withShare: (value: string, below: number): string => `${value}, above ${share.format(below)} of the pool`,
      reasons: {
        place: (rank: number, size: number, cluster: number): string =>
          `It is ${rank === 1 ? "the" : `number ${number.format(rank)} of the`} least confident of the ${count(size, "record", "records")} of cluster ${cluster}.`,
        quota: (budget: number, pool: number, quota: number): string =>
          `${number.format(budget)} of ${count(pool, "scored record", "scored records")} are asked for, and ${number.format(quota)} of them ${quota === 1 ? "comes" : "come"} from this cluster.`,
        noQuotas: (budget: number, pool: number, quota: number): string =>
          `${number.format(budget)} of ${count(pool, "scored record", "scored records")} are asked for, without quotas; ${number.format(quota)} of them ${quota === 1 ? "is" : "are"} from this cluster.`,
        pinned: "You put it in by hand, whatever its place is.",
        excluded: "You left it out by hand, whatever its place is.",
        cut: (last: number, confidence: number, distance: number, places: number): string => {
          const begins = `The last one taken there is record ${number.format(last)}, with a confidence of ${small.format(confidence)}`;
          return places === 0
            ? "It is the last one taken there."
            : `${begins}; this one is ${count(Math.abs(places), "place", "places")} ${places < 0 ? "before" : "after"} it, its confidence ${small.format(distance)} ${places < 0 ? "below" : "above"}.`;
        },
        byMethod: {
          confidence: "Its place is not all that decides here.",
          kdpp: "Records are drawn so that few are alike: one that is like those already chosen is unlikely to be drawn.",
          "kdpp-map": "Records are taken so that each is unlike those before: one that is like a chosen one is passed over.",
          random: "Records are drawn by lot.",
          "clip-score": "The records are taken whose image and text agree most.",
          "k-center": "Each time the record is taken that is farthest from all that are chosen.",
        } satisfies Record<SelectMethod, string>,
        othersConstrained: "Other records were put in or left out by hand, which moves the threshold.",
        alignmentFilter: "The alignment filter is on: the records that it sets aside come after all others.",
        notTold: "Whether it is in cannot be told from this choice.",
        byConfidence: (from: number, ratio: string | null): string =>
          `By confidence alone it is in from a budget of ${count(from, "record", "records")}${ratio === null ? "" : ` (${Number((Number(ratio) * 100).toPrecision(10))}%)`} on.`,
        unknownReason: "It has no score, and the reason is not known here. The list of skipped records in the feature store may say it: drop the store, too.",
        skipped: (reason: string, detail: string): string => `It has no score: ${reason}${detail === "" ? "." : ` (${plain(detail)}).`}`,
        textOnlyKept: "Records without an image are kept in this subset, beside the budget.",
        textOnlyOut: "Records without an image are outside of the budget. “Keep records without an image” adds all of them beside it.",
        neverChosen: "Records without a score are never chosen.",
      },
      rank: (cluster: number, rank: number, size: number): string =>
        `${cluster}: place ${number.format(rank)} of ${number.format(size)}, the least confident first`,
    },
    comparison: {
      title: "Compare",
      means: "Beside a random subset, or one that was made elsewhere: drop its list of positions or ids, its records, or its manifest here.",
      withRandom: "With a random subset of this size",
      withFile: "With a file …",
      end: "End",
      reading: "Looking up the records",
      cancel: "Cancel",
      random: (seed: number): string => `a random subset (seed ${seed}, without quotas)`,
      notAChoice: (name: string): string =>
        `${name} names no records. Give a list of positions or ids (one a line, or as JSON), records with their ids, or a subset’s manifest.`,
      unknownIds: (n: number): string => `${count(n, "id is", "ids are")} of no record here.`,
      otherDataset: "Its manifest says that it was made of another dataset.",
      chosenAgain: "It was chosen again from these scores, as its manifest says.",
      withoutScore: (n: number): string => `${count(n, "of its records has", "of its records have")} no score here and ${n === 1 ? "is" : "are"} left out of account.`,
      says: (name: string, { first, second, both, jaccard, byChance }: { first: number; second: number; both: number; jaccard: number; byChance: number }): string =>
        `This subset has ${count(first, "record", "records")}, ${name} ${number.format(second)}; ${number.format(both)} are in both (Jaccard ${two.format(jaccard)}). By chance it would be ${number.format(Math.round(byChance))}.`,
      perCluster: "By cluster, the greatest difference first",
      perSource: "By source, the greatest difference first",
      part: "Part",
      here: "This",
      there: "Other",
      both: "Both",
      jaccard: "Jaccard",
    },
  },
  take: {
    heading: "Take away",
    nothingChosen: "No subset is chosen yet.",
    summary: (n: number, of: number): string => `${en.records(n)} of ${number.format(of)} in the subset.`,
    subset: "The subset",
    format: "Format",
    formats: {
      source: (format: DatasetFormat): string => `As in the dataset (${FORMAT_NAMES[format]})`,
      zip: () => "The zip that was dropped, with less in it",
      jsonl: () => "JSON Lines",
      json: () => "JSON array",
      csv: () => "CSV",
      parquet: () => "Parquet table",
      ids: () => "List of ids",
      indices: () => "List of positions",
    } satisfies Record<string, (format: DatasetFormat) => string>,
    formatNotes: {
      source: "Every record is the very bytes of the source; nothing is written anew.",
      zip: "Records and the images that they need, stored as they were.",
      jsonl: "Records are converted: one on each line.",
      json: "Records are converted into one array.",
      csv: "One row for each record, with its position and id and what it says.",
      parquet: "The same rows as a Parquet file, with lists for images and turns.",
      ids: "The id of each chosen record, one on each line.",
      indices: "The position of each chosen record in the dataset, from 0, one on each line.",
    },
    name: "Name",
    withImages: "With their images, in one zip",
    save: (name: string): string => `Save ${name}`,
    manifestNote: "The manifest accounts for every record and says how the subset was chosen. Dropped on this page, it restores these settings.",
    manifestInZip: (name: string): string => `The zip holds ${name} too, and can be dropped on this page as it is.`,
    more: "Beside the subset",
    report: "Report",
    reportNote:
      "A page about the subset: what was chosen from what, how confidence, clusters and source folders are spread before and after, and examples with their images. One HTML file that needs nothing else.",
    scores: "Scores",
    scoresNote: "Confidence, entropy, gate and cluster of every scored record, as ofa select and this page read them.",
    features: "Features",
    featuresNote: "What the encoder made of the dataset. Unpacked, it is a feature store for ofa score and ofa train; dropped here with the dataset, nothing has to be encoded again.",
    saving: (name: string): string => `Saving ${name}`,
    /** What comes before the saving itself. */
    making: ({ stage, done, of }: ExportProgress): string => {
      const inBytes = stage === "opening" || stage === "writing";
      const shown = inBytes ? bytes : (n: number): string => number.format(n);
      return `${MAKING[stage]}: ${of === undefined ? shown(done) : `${shown(done)} of ${shown(of)}`}`;
    },
    progress: (done: number, of: number | undefined, files: number): string =>
      [of === undefined ? bytes(done) : `${bytes(done)} of ${bytes(of)}`, ...(files > 0 ? [en.files(files)] : [])].join(", "),
    cancel: "Cancel",
    saved: (name: string, length: number): string => `${name} is saved (${bytes(length)}).`,
    leftOut: (n: number): string => `${count(n, "image", "images")} could not be found or read, and ${n === 1 ? "is" : "are"} left out.`,
    cancelled: (name: string): string => `${name} was not saved.`,
    failed: (name: string): string => `${name} could not be saved.`,
    advice: {
      full: "There is no room left where it was to go. Make room, or save it to another place.",
      denied: "The browser may not write there. Choose another folder, such as one in your documents.",
      gone: "A file that is needed for it was moved or changed since it was dropped. Drop the dataset again.",
      other: "Nothing half-written is left. Try again.",
    },
  },
  address: {
    heading: "Settings of this address",
    restored: "The settings of the manifest are taken: the same records are chosen where dataset and scores are the same.",
    otherDataset: "The manifest is of another dataset: the records that it pins or excludes by position are not taken.",
    noManifest: "This is no manifest of a subset: it says neither a budget nor a method.",
    unknown: (key: string): string => `“${key}” is no setting of this page, and is passed over.`,
    invalid: (key: string, value: string, expected: string): string => `“${key}=${value}” cannot be used: expected ${expected}. The setting stays as it was.`,
    late: "What becomes of records with several images is decided before a run: close the dataset, and open this address again.",
    both: "A budget is a ratio or a count: of the two that are given the ratio is taken.",
    tooMany: (n: number): string => `${en.records(n)} were pinned or excluded by hand, which is too many for an address. The subset's manifest restores them.`,
    expected: {
      ratio: "a number above 0 and at most 1",
      count: "a whole number from 1",
      seed: "a whole number from 0",
      yesNo: "yes or no",
      oneOf: (names: readonly string[]): string => alternatives.format(names),
      positions: "positions of records, whole numbers from 0 with commas between them",
      source: "demo, server, or an address that begins with https:",
      host: (hosts: readonly string[]): string => `demo, server, or an address of ${alternatives.format(["this page's own server", ...hosts])}`,
    },
    suggests: {
      encoder: (url: string, host: string): string => `This address asks for the encoder at ${url}. It would be fetched from ${host}.`,
      selector: (url: string, host: string): string => `This address asks for the selector at ${url}. It would be fetched from ${host}.`,
    },
    accept: (host: string): string => `Fetch it from ${host}`,
    refuse: "Leave it",
    dismiss: "Dismiss",
  },
};

/** What a language has to say. */
export type Messages = typeof en;
