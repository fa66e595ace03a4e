// The coordinator: it answers the calls of one `Selector`, in a worker of the page or, in Node, in the
// same thread.

import { Chooser } from "./chooser.js";
import { DecodeWorkers } from "./decode_workers.js";
import { encodeDataset } from "./encode_run.js";
import type { EncoderPool } from "./encoder_pool.js";
import { openEncoder, selectorBytes, type OpenEncoder, type SelectorBytes } from "./encoder_source.js";
import { EncoderWorkers } from "./encoder_workers.js";
import { OfaError, throwIfAborted } from "./errors.js";
import type { OfaEvent } from "./events.js";
import { Exploration, findIds, searchRecords } from "./exploration.js";
import { exportedFeatures, exportedScores, scoresFile } from "./exported.js";
import { featureFiles, openFeatures, type FeatureFiles } from "./feature_files.js";
import type { FullExport } from "./full_outputs.js";
import { FullPipeline } from "./full_pipeline.js";
import { bytesAtOnce, inMemory, nameOf, type SourceFile } from "./input_files.js";
import { imagesToMeasure, measurePace } from "./measured_pace.js";
import { Pace } from "./pace.js";
import type { CreateParams, ImagePortion, ProgressEvent, SessionCalls, StagedIds } from "./protocol.js";
import type { About, CheckReport, DatasetInfo, ExportedFile, FoundIds, MeasuredPace, Selection, SelectorInfo } from "./results.js";
import { scoreInWorkers } from "./score_workers.js";
import { deleteStoredFeatures, storedFeatures } from "./storage/stored.js";
import {
  loadFullPipeline,
  loadPipeline,
  release,
  type PipelineModule,
  type WasmDataset,
  type WasmFeatures,
  type WasmScores,
  type WasmSelectorFile,
  type WasmSubsetImages,
} from "./wasm_module.js";
import { deleteStoredEncoder, storedEncoders } from "./weights/index.js";
import { Transferred, type CallContext, type Handlers } from "./worker_calls.js";

type Context = CallContext<OfaEvent>;

/** Scores on their way to another module are CSV, whose floats read back to the same bits. */
const HANDED_OVER = "scores.csv";

/** What `create` made. */
interface Made {
  params: CreateParams;
  module: PipelineModule;
  /** Whether the module is the larger one: from the first dataset on that has Parquet in it. */
  isFull: boolean;
  selector: WasmSelectorFile;
  selectorBytes: SelectorBytes;
  selectorInfo: SelectorInfo;
  /** None in Node. */
  encoder: OpenEncoder | undefined;
  workers: EncoderWorkers | undefined;
}

/** Files that have come for a call that has not. */
interface StagedLists {
  id: number;
  files: SourceFile[];
  images: SourceFile[];
}

/** The dataset, and what it is opened from again. */
interface OpenDataset {
  dataset: WasmDataset;
  info: DatasetInfo;
  files: SourceFile[];
  images: SourceFile[];
  format: string | undefined;
}

/** One `Selector`, on the side where the work is done. */
export class Session {
  /** Whether this is a worker, where blobs are read synchronously and further workers started. */
  readonly #isWorker: boolean;
  readonly #pace = new Pace();
  #made: Made | undefined;
  #staged: StagedLists | undefined;
  #stagedIds: StagedIds | undefined;
  #dataset: OpenDataset | undefined;
  #features: { files: FeatureFiles; rows: WasmFeatures } | undefined;
  /** Whether the features were given, and not made by a run. */
  #areGiven = false;
  #scores: { scores: WasmScores; clusters: number } | undefined;
  #chooser: Chooser | undefined;
  #exploration: Exploration | undefined;
  /** Images that are being handed out, by the number of their call. */
  readonly #images = new Map<number, WasmSubsetImages>();
  #nextImages = 0;
  /** What is going on that nothing else may go on beside. */
  #work: string | undefined;
  #isEnded = false;
  readonly #full: FullPipeline;

  /** `isWorker` is false in Node. */
  constructor(isWorker: boolean) {
    this.#isWorker = isWorker;
    this.#full = new FullPipeline(isWorker);
  }

  /** What the last panic said, for the words of a trap. */
  lastPanic(): string | undefined {
    return this.#made?.module.lastPanic?.();
  }

  /** A handler for each call. */
  handlers(): Handlers<SessionCalls> {
    return {
      create: (params, context) => this.#create(params, context),
      stage: ({ id, list, files }) => {
        if (this.#staged?.id !== id) {
          this.#staged = { id, files: [], images: [] };
        }
        const whole = this.#staged[list];
        files.forEach((file) => whole.push(file));
        return undefined;
      },
      dataset: (params, context) => this.#alone("dataset", () => this.#openDataset(params, context)),
      check: (params, context) => this.#alone("check", () => this.#check(params, context)),
      measurePace: (_, context) => this.#alone("measurePace", () => this.#measurePace(context)),
      run: (params, context) => this.#alone("run", () => this.#run(params, context)),
      select: (params, context) => this.#select(params, context),
      export: (params, context) => this.#export(params, context),
      openFeatures: (params, context) => this.#alone("openFeatures", () => this.#openFeatures(params, context)),
      openScores: (files, context) => this.#alone("openScores", () => this.#openScores(files, context)),
      scores: () => {
        const columns = this.#scored().scores.columns();
        return new Transferred(columns, Object.values(columns).map((column: { buffer: ArrayBuffer }) => column.buffer));
      },
      record: ({ position }) => this.#opened().dataset.record(position),
      imageCount: ({ position }) => this.#opened().dataset.imageCount(position),
      image: ({ position, nth }) => {
        const bytes = this.#opened().dataset.image(position, nth);
        return new Transferred(bytes, [bytes.buffer]);
      },
      beginImages: () => this.#beginImages(),
      nextImages: ({ id }) => this.#takeImages(id),
      endImages: ({ id }) => this.#endImages(id),
      projection: (_, context) => {
        if (this.#features === undefined) {
          throw new OfaError(
            "bad_features",
            "projection: there are no features; call run, or openFeatures with those that were scored",
          );
        }
        return this.#explored().projection(...progressOf(context));
      },
      neighbours: ({ position, count }, { signal }) => this.#explored().neighbours(position, count, signal),
      explain: ({ position, neighbours }) => this.#explored().explain(position, neighbours, this.#chooser?.last),
      sources: (_, context) => this.#explored().sources(...progressOf(context)),
      skipped: ({ from, count }) => this.#explored().skipped(from, count),
      search: (params, context) =>
        searchRecords(this.#created().module, this.#opened().dataset, params, ...progressOf(context)),
      stageIds: ({ id, ids }) => {
        if (this.#stagedIds?.id !== id) {
          this.#stagedIds = { id, ids: [] };
        }
        const whole = this.#stagedIds.ids;
        ids.forEach((text) => whole.push(text));
        return undefined;
      },
      findIds: (params, context) => this.#findIds(params, context),
      pause: () => {
        // Only work that goes on can be paused: the next one would wait for nobody.
        if (this.#work !== undefined) {
          this.#pace.pause();
        }
        return undefined;
      },
      resume: () => {
        this.#pace.resume();
        return undefined;
      },
      stored: () => (this.#isWorker ? storedFeatures() : []),
      deleteStored: ({ id }) => this.#alone("deleteStored", () => this.#deleteStored(id)),
      storedEncoders: () => (this.#isWorker ? storedEncoders() : []),
      deleteStoredEncoder: ({ id }) => (this.#isWorker ? deleteStoredEncoder(id) : false),
    };
  }

  /** Ends the workers and gives the memory back. */
  end(): void {
    this.#isEnded = true;
    const reason = new OfaError("destroyed", "this Selector was destroyed");
    this.#made?.workers?.end(reason);
    this.#full.end(reason);
    this.#forgetScores();
    this.#forgetFeatures();
    [...this.#images.keys()].forEach((id) => this.#endImages(id));
    release(this.#dataset?.dataset);
    this.#dataset = undefined;
    release(this.#made?.selector);
    release(this.#made?.encoder?.info);
    this.#made = undefined;
  }

  async #create(params: CreateParams, { emit, signal }: Context): Promise<About> {
    emit({ type: "stage", stage: "module" });
    const module = await loadPipeline();
    throwIfAborted(signal);
    const bytes = await selectorBytes(params.selector, signal);
    const selector = module.SelectorFile.open(bytes.name, bytes.bytes);
    const selectorInfo = selector.describe();
    const made: Made = {
      params,
      module,
      isFull: false,
      selector,
      selectorBytes: bytes,
      selectorInfo,
      encoder: undefined,
      workers: undefined,
    };
    // Set before what takes long, so that the words of a panic are found.
    this.#made = made;
    if (!this.#isWorker) {
      return { selector: selectorInfo };
    }
    const encoder = await openEncoder(module, params.encoder, params.storage, emit, signal);
    emit({ type: "stage", stage: "backend" });
    const workers = await EncoderWorkers.choose(encoder, params.backend, params.workers, signal);
    this.#made = { ...made, encoder, workers };
    emit({ type: "encoder", ...workers.backend });
    const { fingerprint, embeddingDim, imageSize, contextLength, weightBytes } = encoder.description;
    return {
      selector: selectorInfo,
      encoder: { fingerprint, embeddingDim, imageSize, contextLength, weightBytes },
      backend: workers.backend,
    };
  }

  async #openDataset({ staged: id, format }: SessionCalls["dataset"]["params"], { signal }: Context): Promise<DatasetInfo> {
    const made = this.#created();
    const staged = this.#staged;
    if (staged?.id !== id) {
      throw new OfaError("busy", "dataset: another call of dataset came in between; wait for its end, or cancel it");
    }
    this.#staged = undefined;
    const files = this.#isWorker ? staged.files : await inMemory(staged.files);
    const images = this.#isWorker ? staged.images : await inMemory(staged.images);
    throwIfAborted(signal);
    const { module, dataset } = await opened(made.module, (module) => module.Dataset.open(files, images, format));
    throwIfAborted(signal);
    const info = dataset.describe();
    if (module !== made.module) {
      this.#moveTo(module);
    }
    this.#forgetChoices();
    if (this.#dataset !== undefined) {
      // Features and scores were the other one's. What was opened before any dataset is this one's.
      this.#forgetScores();
      this.#forgetFeatures();
      release(this.#dataset.dataset);
    }
    this.#dataset = { dataset, info, files, images, format };
    return info;
  }

  /** Puts another module in the place of the one before, with what was opened before any dataset. */
  #moveTo(module: PipelineModule): void {
    const made = this.#created();
    const { selector, selectorBytes, encoder } = made;
    // Those of another dataset are about to be forgotten.
    const stays = this.#dataset === undefined;
    const features = stays ? this.#features : undefined;
    const scored = stays ? this.#scores : undefined;
    // All of it first: where something cannot be opened again, everything is as it was.
    const info = encoder && module.EncoderInfo.open(encoder.files, encoder.description.fingerprint);
    const moved = {
      selector: module.SelectorFile.open(selectorBytes.name, selectorBytes.bytes),
      ...(encoder === undefined || info === undefined ? {} : { encoder: { ...encoder, info } }),
    };
    const rows = features && openFeatures(module, features.files);
    const table = scored && scoresFile(scored.scores, HANDED_OVER);
    const scores = table && module.Scores.read(table.name, table.bytes, table.manifest);
    this.#forgetChoices();
    this.#made = { ...made, ...moved, module, isFull: true };
    release(selector);
    release(encoder?.info);
    if (features !== undefined && rows !== undefined) {
      release(features.rows);
      this.#features = { ...features, rows };
    }
    if (scored !== undefined && scores !== undefined) {
      release(scored.scores);
      this.#scores = { ...scored, scores };
    }
  }

  async #check({ deep, multiImage }: SessionCalls["check"]["params"], { emit, signal }: Context): Promise<CheckReport> {
    const { module, encoder, params } = this.#created();
    const { dataset } = this.#opened();
    emit({ type: "stage", stage: "check" });
    const workers = this.#isWorker ? new DecodeWorkers(params.workers, emit, signal) : undefined;
    const options = {
      deep: deep ?? false,
      multiImage: multiImage ?? "mean",
      ...(workers === undefined ? {} : { elsewhere: workers.imagesAtATime }),
    };
    const check =
      encoder === undefined
        ? module.CheckRun.begin(dataset, options)
        : module.CheckRun.beginWithEncoder(dataset, encoder.info, options);
    // Images that are being decoded are not waited for once nobody wants the report.
    const end = (): void => workers?.end();
    signal.addEventListener("abort", end, { once: true });
    try {
      for (;;) {
        if (workers !== undefined) {
          const files = check.ahead();
          check.tried(files.length === 0 ? [] : await workers.tryAll(files));
        }
        const step = check.step();
        if (step === undefined) {
          return check.report();
        }
        emit({ type: "checking", ...step });
        await this.#pace.next(signal);
      }
    } finally {
      signal.removeEventListener("abort", end);
      end();
      release(check);
    }
  }

  async #measurePace({ emit, signal }: Context): Promise<MeasuredPace> {
    const { module } = this.#created();
    const { encoder, workers } = this.#encoder();
    const { dataset } = this.#opened();
    const pool = await workers.started(emit, signal);
    throwIfAborted(signal);
    const most = imagesToMeasure(pool, workers.backend.workers);
    return measurePace(pool, module.paceSample(dataset, encoder.info, most), signal);
  }

  async #run(
    { force, ...how }: SessionCalls["run"]["params"],
    { emit, signal }: Context,
  ): Promise<undefined> {
    const { module, params, selector, selectorBytes, selectorInfo } = this.#created();
    if (!this.#areGiven || this.#features === undefined) {
      const files = await this.#encode(how, emit, signal);
      // The old ones go first: two stores may be more than the memory.
      this.#forgetScores();
      this.#forgetFeatures();
      this.#features = { files, rows: openFeatures(module, files) };
    }
    emit({ type: "stage", stage: "score" });
    const scoring = module.Scoring.begin(this.#features.rows, selector, force);
    try {
      if (this.#isWorker) {
        const { files, rows } = this.#features;
        const { rows: count } = rows.describe();
        const inputs = { scoring, files, rows: count, selector: selectorBytes, asked: params.workers };
        await scoreInWorkers({ ...inputs, pace: this.#pace, emit, signal });
      }
      for (let step = scoring.step(); step !== undefined; step = scoring.step()) {
        emit({ type: "scoring", ...step });
        await this.#pace.next(signal);
      }
      const scores = scoring.scores();
      this.#forgetScores();
      this.#scores = { scores, clusters: selectorInfo.config.num_clusters };
      const domain = scores.domain();
      emit({ type: "scored", rows: scores.rows, ...(domain === undefined ? {} : { domain }) });
      return undefined;
    } finally {
      release(scoring);
    }
  }

  async #encode(
    how: Omit<SessionCalls["run"]["params"], "force">,
    emit: Context["emit"],
    signal: AbortSignal,
  ): Promise<FeatureFiles> {
    const { module, params } = this.#created();
    const { encoder, workers } = this.#encoder();
    const { dataset, info } = this.#opened();
    emit({ type: "encoder", ...workers.backend });
    // Shared by all that ask while it starts.
    let starting: Promise<EncoderPool> | undefined;
    return encodeDataset({
      module,
      dataset,
      info,
      encoder,
      backend: workers.backend.backend,
      ...how,
      storage: params.storage,
      pace: this.#pace,
      emit,
      signal,
      pool: () => (starting ??= workers.started(emit, signal)),
    });
  }

  async #select(
    { request, budget, aside }: SessionCalls["select"]["params"],
    { signal, emit }: CallContext<SessionCalls["select"]["event"]>,
  ): Promise<Transferred<Selection>> {
    const selection = await this.#choices().select(
      { request, budget },
      aside,
      (done, of) => emit({ type: "progress", done, of }),
      signal,
    );
    return new Transferred(selection, [selection.positions.buffer as ArrayBuffer]);
  }

  #choices(): Chooser {
    const { module, isFull } = this.#created();
    const { dataset, info, files, images, format } = this.#opened();
    const { scores, clusters } = this.#scored();
    const features = this.#features;
    this.#chooser ??= new Chooser(
      { module, dataset, format: info.format, scores, features: features?.rows, clusters },
      this.#isWorker
        ? () => ({
            isFull,
            files,
            images,
            format,
            scores: scoresFile(scores, HANDED_OVER),
            features: features?.files,
            clusters,
          })
        : undefined,
    );
    return this.#chooser;
  }

  #explored(): Exploration {
    const { module } = this.#created();
    const { dataset } = this.#opened();
    const { scores } = this.#scored();
    this.#exploration ??= new Exploration({ module, dataset, scores, features: this.#features?.rows });
    return this.#exploration;
  }

  #findIds(
    { staged: id, count }: SessionCalls["findIds"]["params"],
    context: CallContext<OfaEvent | ProgressEvent>,
  ): Promise<Transferred<FoundIds>> {
    const ids = this.#stagedIds?.id === id ? this.#stagedIds.ids : [];
    if (ids.length !== count) {
      throw new OfaError("busy", "findIds: another call of findIds came in between; wait for its end, or cancel it");
    }
    this.#stagedIds = undefined;
    return findIds(this.#created().module, this.#opened().dataset, ids, ...progressOf(context));
  }

  #beginImages(): number {
    const { module } = this.#created();
    const { dataset } = this.#opened();
    const selection = this.#chooser?.last;
    if (selection === undefined) {
      throw new OfaError("bad_option", "images: there is no subset to give the images of yet; call select first");
    }
    const id = this.#nextImages++;
    this.#images.set(id, module.SubsetImages.begin(dataset, selection.positions));
    return id;
  }

  #takeImages(id: number): Transferred<ImagePortion> {
    const portion = this.#images.get(id)?.step();
    const isLast = portion === undefined;
    if (isLast) {
      this.#endImages(id);
    }
    return new Transferred({ files: portion?.files ?? [], leftOut: portion?.leftOut ?? [], isLast }, []);
  }

  #endImages(id: number): undefined {
    release(this.#images.get(id));
    this.#images.delete(id);
    return undefined;
  }

  async #export(
    { format, name, as }: SessionCalls["export"]["params"],
    { signal }: Context,
  ): Promise<ExportedFile[]> {
    throwIfAborted(signal);
    if (format === "features") {
      if (this.#features === undefined) {
        throw new OfaError("bad_features", "export: there are no features yet; call run or openFeatures first");
      }
      return exportedFeatures(this.#features.files);
    }
    const { isFull } = this.#created();
    if (format === "scores") {
      const { scores } = this.#scored();
      const to = name ?? "scores.csv";
      return exportedScores(
        isParquet(to) && !isFull
          ? await this.#full.call("convertScores", { from: scoresFile(scores, HANDED_OVER), to }, signal)
          : scoresFile(scores, to),
      );
    }
    const named = name === undefined ? {} : { name };
    if (format === "report") {
      return this.#exportInFull({ format, ...named }, "a report", signal);
    }
    return as === "parquet" && !isFull
      ? this.#exportInFull({ format, as, ...named }, format, signal)
      : this.#choices().export({ ...named, ...(as === undefined ? {} : { as }) }, signal);
  }

  /** Has the larger module make something of the last choice. */
  async #exportInFull(what: FullExport, words: string, signal: AbortSignal): Promise<ExportedFile[]> {
    const { files, images, format } = this.#opened();
    const { scores } = this.#scored();
    const account = await this.#choices().account(words, signal);
    const chosen = { files, images, format, scores: scoresFile(scores, HANDED_OVER), account };
    return this.#full.call("exportSubset", { chosen, what }, signal);
  }

  async #openFeatures(
    { files: given, force }: SessionCalls["openFeatures"]["params"],
    { signal }: Context,
  ): Promise<SessionCalls["openFeatures"]["result"]> {
    const { module } = this.#created();
    const files = featureFiles(this.#isWorker ? given : await inMemory(given));
    throwIfAborted(signal);
    const rows = openFeatures(module, files);
    const { dataset: of } = rows.describe().fingerprints;
    const { info } = this.#dataset ?? {};
    if (!force && info !== undefined && typeof of === "string" && of !== info.fingerprint) {
      release(rows);
      throw new OfaError(
        "fingerprint_mismatch",
        `the features are of a dataset with the fingerprint ${of}, ${info.name} has ${info.fingerprint}; open the ` +
          "features of this dataset, or insist with `force: true`",
      );
    }
    this.#forgetScores();
    this.#forgetFeatures();
    this.#features = { files, rows };
    this.#areGiven = true;
    const { rows: count, dim } = rows.describe();
    return { rows: count, dim };
  }

  async #openScores(from: SourceFile[], { signal }: Context): Promise<{ rows: number }> {
    const { isFull } = this.#created();
    const files = this.#isWorker ? from : await inMemory(from);
    const isManifest = ({ path }: SourceFile): boolean => path.endsWith(".manifest.json");
    const tables = files.filter((file) => !isManifest(file));
    const [table] = tables;
    if (table === undefined || tables.length > 1) {
      throw new OfaError(
        "bad_scores",
        `expected one file of scores (.parquet, .csv or .jsonl) and at most its .manifest.json, found ` +
          `${files.map(({ path }) => path).join(", ")}`,
      );
    }
    throwIfAborted(signal);
    const manifest = files.find(isManifest);
    const given = {
      name: nameOf(table.path),
      bytes: bytesAtOnce(table.source),
      manifest: manifest && bytesAtOnce(manifest.source),
    };
    const { name, bytes, manifest: beside } =
      isParquet(given.name) && !isFull
        ? await this.#full.call("convertScores", { from: given, to: HANDED_OVER }, signal)
        : given;
    const scores = this.#created().module.Scores.read(name, bytes, beside);
    this.#forgetScores();
    // Of which selector they are the file does not say in full.
    this.#scores = { scores, clusters: 0 };
    return { rows: scores.rows };
  }

  async #deleteStored(id: string): Promise<undefined> {
    if (!this.#isWorker) {
      throw new OfaError("unsupported", "in Node nothing is stored");
    }
    await deleteStoredFeatures(id);
    if (this.#features?.files.id === id) {
      // Their files are gone; scores that were made of them are not.
      this.#forgetChoices();
      this.#forgetFeatures();
    }
    return undefined;
  }

  /** Does what nothing else may go on beside. */
  async #alone<T>(name: string, work: () => Promise<T>): Promise<T> {
    if (this.#work !== undefined) {
      throw new OfaError("busy", `${name}: ${this.#work} is still going on; wait for its end, or cancel it`);
    }
    this.#work = name;
    try {
      return await work();
    } finally {
      this.#work = undefined;
      this.#pace.resume();
    }
  }

  #created(): Made {
    if (this.#isEnded) {
      throw new OfaError("destroyed", "this Selector was destroyed");
    }
    if (this.#made === undefined) {
      throw new OfaError("internal", "a coordinator was called before it was created");
    }
    return this.#made;
  }

  #encoder(): { encoder: OpenEncoder; workers: EncoderWorkers } {
    const { encoder, workers } = this.#created();
    if (encoder === undefined || workers === undefined) {
      throw new OfaError(
        "unsupported",
        "in Node this package scores and selects, and does not encode: open a feature store with " +
          "openFeatures before run, such as `ofa encode` writes",
      );
    }
    return { encoder, workers };
  }

  #opened(): OpenDataset {
    if (this.#dataset === undefined) {
      throw new OfaError("bad_dataset", "there is no dataset yet; call dataset with its files first");
    }
    return this.#dataset;
  }

  #scored(): { scores: WasmScores; clusters: number } {
    if (this.#scores === undefined) {
      throw new OfaError("bad_scores", "there are no scores yet; call run or openScores first");
    }
    return this.#scores;
  }

  #forgetChoices(): void {
    this.#chooser?.end(new OfaError("changed", "the dataset or its scores were replaced during the choice"));
    this.#chooser = undefined;
    this.#exploration?.free();
    this.#exploration = undefined;
  }

  #forgetScores(): void {
    this.#forgetChoices();
    release(this.#scores?.scores);
    this.#scores = undefined;
  }

  #forgetFeatures(): void {
    release(this.#features?.rows);
    this.#features = undefined;
    this.#areGiven = false;
  }
}

/** What a call that takes a while tells, and what ends it. */
function progressOf({
  emit,
  signal,
}: CallContext<OfaEvent | ProgressEvent>): [(done: number, of: number) => void, AbortSignal] {
  return [(done, of) => emit({ type: "progress", done, of }), signal];
}

/** Whether a table is Parquet, which its name says. */
function isParquet(name: string): boolean {
  return /\.parquet$/iu.test(name);
}

/** Opens something; where that takes Parquet and the module has none, in the module that has. */
async function opened(
  module: PipelineModule,
  open: (module: PipelineModule) => WasmDataset,
): Promise<{ module: PipelineModule; dataset: WasmDataset }> {
  try {
    return { module, dataset: open(module) };
  } catch (error) {
    if ((error as { code?: unknown }).code !== "without_parquet") {
      throw error;
    }
  }
  const full = await loadFullPipeline();
  return { module: full, dataset: open(full) };
}
