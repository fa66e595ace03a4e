// The class that the package is used through.

import { abortedBy, OfaError } from "./errors.js";
import { EventQueue } from "./event_queue.js";
import type { OfaEvent } from "./events.js";
import { posted, portions, sourceFiles, type InputFiles, type SourceFile } from "./input_files.js";
import {
  checked,
  checkedCount,
  checkedText,
  checkedTexts,
  type CheckOptions,
  type CreateOptions,
  type DatasetOptions,
  type ExplainOptions,
  type ExportOptions,
  type FeaturesOptions,
  type CallOptions,
  type ImagesOptions,
  type LongCallOptions,
  type NeighboursOptions,
  type OnProgress,
  type RunOptions,
  type SearchOptions,
  type SelectOptions,
  type SkippedOptions,
} from "./options.js";
import type { CreateParams, EncoderSource, ProgressEvent, SelectorSource, SessionCalls } from "./protocol.js";
import type {
  About,
  CheckReport,
  DatasetInfo,
  Explanation,
  ExportedFile,
  FoundIds,
  MeasuredPace,
  Neighbours,
  Projection,
  Selection,
  SkippedRecords,
  Sources,
  StoredFeatures,
} from "./results.js";
import { startSession, type SessionLink } from "./session_link.js";
import type { ScoreColumns } from "./wasm_module.js";
import type { StoredEncoder } from "./weights/index.js";

/** The seed of a choice, where none is given; as on the command line. */
const SEED = 42;

/** Neighbours of a record, where no number is given. */
const NEIGHBOURS = 8;

/** Neighbours that an explanation names; as on the command line. */
const EXPLAINED_NEIGHBOURS = 5;

/** Records without a score that one call gives. */
const SKIPPED = 1000;

/** Records that a search gives. */
const FOUND = 100_000;

/** Ids that go to the worker at a time: all of them at once would be a long task of the page's. */
const IDS_A_MESSAGE = 10_000;

/** Records that a shard covers, where nothing is said; as on the command line. */
const SHARD_RECORDS = 2048;

/**
 * Chooses which records of a dataset are worth training on.
 *
 * In a browser all work is done in workers; nothing is sent anywhere, and nothing is asked of the
 * network but the package's own files and the addresses that `create` was given. In Node it is done
 * in the calling thread, and without encoding: features come from a store.
 *
 * Everything that it throws or rejects with is an {@link OfaError}.
 *
 * @example
 * ```ts
 * const selector = await Selector.create({ encoder: { url: "/encoder/" }, selector: { url: "/selector.safetensors" } });
 * await selector.dataset(input.files);
 * for await (const event of selector.run()) console.log(event);
 * const { positions } = await selector.select({ ratio: 0.15 });
 * const { files } = await selector.export({ format: "records", name: "subset.json" });
 * selector.destroy();
 * ```
 */
export class Selector {
  /** What it was made of: the selector, the encoder, and where that runs. */
  readonly about: About;
  readonly #link: SessionLink;
  readonly #onEvent: (event: OfaEvent) => void;
  /** Calls that were cancelled, and that the coordinator is not done with yet. */
  readonly #cancelled = new Set<Promise<unknown>>();
  #nextStaged = 0;
  #isDestroyed = false;

  private constructor(link: SessionLink, about: About, onEvent: (event: OfaEvent) => void) {
    this.#link = link;
    this.about = about;
    this.#onEvent = onEvent;
  }

  /**
   * Loads the module, the selector and the encoder's files, and chooses the backend.
   *
   * @throws OfaError `bad_option`, `bad_selector`, `bad_encoder`, `backend_unavailable`,
   * `download_failed`, `hash_mismatch`, `storage_full`, `aborted`.
   */
  static async create(options: CreateOptions = {}): Promise<Selector> {
    const { signal, onEvent, ...given } = checked("create", options);
    const tell = (event: OfaEvent): void => callBack(onEvent, event);
    const params: CreateParams = {
      selector: selectorSource(given.selector ?? "demo"),
      encoder: await encoderSource(given.encoder ?? "demo", signal),
      backend: given.backend ?? "auto",
      workers: given.workers,
      storage: given.storage ?? "auto",
    };
    if (signal?.aborted === true) {
      throw abortedBy(signal);
    }
    const link = startSession();
    const made = link.call("create", params, { onEvent: tell });
    try {
      // Nothing is worth waiting for once it was cancelled: the worker ends.
      return new Selector(link, await untilAborted(made, signal), tell);
    } catch (error) {
      link.end(new OfaError("aborted", "the Selector was not made"));
      throw error;
    }
  }

  /**
   * Opens a dataset: a `FileList` of a file input, dropped files, or `{ path, source }`. Zips and tars
   * are looked into; images are searched in `images` first, then beside the records. Replaces the one
   * before with its features and scores; those that were opened before any dataset are this one's.
   *
   * @throws OfaError `bad_dataset`, `bad_option`, `changed`, `busy`, `aborted`.
   */
  async dataset(files: InputFiles, options: DatasetOptions = {}): Promise<DatasetInfo> {
    const { images, format, signal } = checked("dataset", options);
    const staged = this.#nextStaged++;
    await this.#stage(staged, "files", await sourceFiles("files", files, signal), signal);
    await this.#stage(staged, "images", images === undefined ? [] : await sourceFiles("images", images, signal), signal);
    return this.#call("dataset", { staged, format }, signal);
  }

  /**
   * Looks through the dataset before anything is computed: what would be skipped and why, what
   * repeats, which images are missing. With `deep` every image is decoded.
   *
   * @throws OfaError `bad_dataset`, `changed`, `busy`, `aborted`.
   */
  async check(options: CheckOptions = {}): Promise<CheckReport> {
    const { signal, ...params } = checked("check", options);
    return this.#call("check", params, signal);
  }

  /**
   * Encodes a few records that are spread over the dataset, and keeps nothing of it: for an estimate of how long a run
   * takes. The encoder's workers, which are started for it, are those of the run.
   *
   * @throws OfaError `unsupported`: in Node; `bad_dataset`, `changed`, `busy`, `aborted`, and what starting the encoder
   * throws in `run`.
   */
  async measurePace(options: CallOptions = {}): Promise<MeasuredPace> {
    const { signal } = checked("measurePace", options);
    return this.#call("measurePace", undefined, signal);
  }

  /**
   * Encodes the dataset, or goes on with what is stored of it, and scores it. Where features were
   * opened with `openFeatures`, it scores those. Leaving the loop cancels the run; what was done up
   * to the last whole shard is kept.
   *
   * @throws OfaError `busy`, `aborted`, `destroyed`, `store_in_use`, `storage_full`, `device_lost`,
   * `encoder_failed`, `self_check_failed`, `fingerprint_mismatch`, `changed`, `unsupported`.
   */
  async *run(options: RunOptions = {}): AsyncGenerator<OfaEvent, void, undefined> {
    const { multiImage = "mean", shardRecords = SHARD_RECORDS, force = false, signal } = checked("run", options);
    this.#alive();
    await untilAborted(Promise.allSettled(this.#cancelled), signal);
    this.#alive();
    const queue = new EventQueue();
    const controller = new AbortController();
    const abort = (): void => controller.abort(signal?.reason);
    if (signal?.aborted === true) {
      throw abortedBy(signal);
    }
    signal?.addEventListener("abort", abort, { once: true });
    const onEvent = (event: OfaEvent): void => {
      this.#onEvent(event);
      queue.push(event);
    };
    const ended = this.#link.call("run", { multiImage, shardRecords, force }, { signal: controller.signal, onEvent }).then(
      () => queue.end(),
      (error: OfaError) => queue.end(error),
    );
    try {
      yield* queue.read();
    } finally {
      controller.abort();
      // A run that is cancelled is over when this is, so that the next one may begin.
      await ended;
      signal?.removeEventListener("abort", abort);
    }
  }

  /**
   * Chooses records of what was scored. With `confidence` and `random` another budget takes no time;
   * the methods that look at embeddings run in a worker of their own, tell `onProgress` how far they
   * are, and end with the signal.
   *
   * @throws OfaError `bad_option`, `bad_dataset`, `bad_scores`, `fingerprint_mismatch`, `aborted`.
   */
  async select(options: SelectOptions): Promise<Selection> {
    const given = checked("select", options);
    const { ratio, count, signal, onProgress } = given;
    const request = {
      method: given.method ?? "confidence",
      quotas: given.quotas ?? true,
      alignmentFilter: given.alignmentFilter ?? false,
      textOnly: given.textOnly ?? "exclude",
      seed: given.seed ?? SEED,
      pinned: Array.from(given.pinned ?? []),
      excluded: Array.from(given.excluded ?? []),
      force: given.force ?? false,
    };
    const budget = ratio === undefined ? { count: count ?? 0 } : { ratio: String(ratio) };
    const aside = given.aside ?? false;
    return this.#call("select", { request, budget, aside }, signal, this.#progressTo(onProgress));
  }

  /**
   * Makes files: the records of the last `select` with their manifest, a page about them, the scores,
   * or the features. Blobs are not held in this page's memory. The page, and tables of Parquet where
   * the dataset has none, are made in a worker of their own, which reads the dataset once more.
   *
   * @throws OfaError `bad_option`, `bad_scores`, `bad_features`, `changed`, `aborted`.
   */
  async export(options: ExportOptions): Promise<{ files: ExportedFile[] }> {
    const { signal, ...params } = checked("export", options);
    return { files: await this.#call("export", params, signal) };
  }

  /**
   * Opens a feature store that was made elsewhere, such as by `ofa encode`, instead of encoding: its
   * shards, `manifest.json` and `skipped.jsonl`. `run` then only scores.
   *
   * @throws OfaError `bad_features`, `fingerprint_mismatch`: they are of another dataset; `busy`.
   */
  async openFeatures(files: InputFiles, options: FeaturesOptions = {}): Promise<{ rows: number; dim: number }> {
    const { force = false, signal } = checked("openFeatures", options);
    return this.#call("openFeatures", { files: (await sourceFiles("files", files, signal)).map(posted), force }, signal);
  }

  /**
   * Opens scores that were made elsewhere, such as by `ofa score`: one `.parquet`, `.csv` or `.jsonl`,
   * with the `.manifest.json` beside it. `select` then needs no run.
   *
   * @throws OfaError `bad_scores`, `busy`, `aborted`.
   */
  async openScores(files: InputFiles, options: CallOptions = {}): Promise<{ rows: number }> {
    const { signal } = checked("openScores", options);
    return this.#call("openScores", (await sourceFiles("files", files, signal)).map(posted), signal);
  }

  /** The scores, as columns. */
  async scores(options: CallOptions = {}): Promise<ScoreColumns> {
    const { signal } = checked("scores", options);
    return this.#call("scores", undefined, signal);
  }

  /** A record as it stands in the dataset. */
  async record(position: number): Promise<string> {
    return this.#call("record", { position: checkedCount("record: position", position) });
  }

  /** How many images a record names. */
  async imageCount(position: number): Promise<number> {
    return this.#call("imageCount", { position: checkedCount("imageCount: position", position) });
  }

  /** An image of a record, as the bytes of its file. */
  async image(position: number, nth = 0): Promise<Blob> {
    const bytes = await this.#call("image", {
      position: checkedCount("image: position", position),
      nth: checkedCount("image: nth", nth),
    });
    return new Blob([bytes as Uint8Array<ArrayBuffer>]);
  }

  /**
   * The images of the records of the last `select`, one after the other: each distinct image once,
   * under the path that it has in the dataset, as `ofa select --with-images` copies them. Where
   * another image of that name was given already it has a number, and where an image that stands in
   * a record has no name for a file, one by its record.
   *
   * A blob of a plain file, or of one that stands uncompressed in a zip or tar, is a slice of what
   * was given to `dataset` and is read when it is read. Others are read into memory a few at a time,
   * so take one after the other and let go of it. An image that cannot be found or read is left out.
   *
   * @throws OfaError `bad_option`: nothing was chosen yet; `bad_dataset`, `changed`, `aborted`.
   */
  async *images(options: ImagesOptions = {}): AsyncGenerator<ExportedFile, void, undefined> {
    const { signal, onLeftOut } = checked("images", options);
    const id = await this.#call("beginImages", undefined, signal);
    try {
      for (;;) {
        const { files, leftOut, isLast } = await this.#call("nextImages", { id }, signal);
        leftOut.forEach((image) => callBack(onLeftOut, image));
        yield* files;
        if (isLast) {
          return;
        }
      }
    } finally {
      if (!this.#isDestroyed) {
        await this.#call("endImages", { id });
      }
    }
  }

  /**
   * Every scored record in two dimensions: its joint features along the two directions in which they
   * differ most (PCA). The same records give the same coordinates on every machine.
   *
   * @throws OfaError `bad_scores`; `bad_features`: there are none, or others than those that were
   * scored; `aborted`.
   */
  async projection(options: LongCallOptions = {}): Promise<Projection> {
    const { signal, onProgress } = checked("projection", options);
    return this.#call("projection", undefined, signal, this.#progressTo(onProgress));
  }

  /**
   * The scored records that are most like one of them by their joint features, the most alike first.
   *
   * @throws OfaError `bad_scores`; `bad_features`: there are none; `bad_option`: the record at the
   * position has no score.
   */
  async neighbours(position: number, options: NeighboursOptions = {}): Promise<Neighbours> {
    const { count = NEIGHBOURS, signal } = checked("neighbours", options);
    return this.#call("neighbours", { position: checkedCount("neighbours: position", position), count }, signal);
  }

  /**
   * Why a record is in what `select` chose last, or not: what `ofa explain --json` prints, and its
   * words. Before a choice it says what is known of the record without one.
   *
   * @throws OfaError `bad_option`: there is no record at the position; `bad_scores`, `bad_dataset`.
   */
  async explain(position: number, options: ExplainOptions = {}): Promise<Explanation> {
    const { neighbours = EXPLAINED_NEIGHBOURS, signal } = checked("explain", options);
    return this.#call("explain", { position: checkedCount("explain: position", position), neighbours }, signal);
  }

  /**
   * Where each scored record comes from: the first two folders of its first image. It reads every
   * scored record once.
   *
   * @throws OfaError `bad_scores`, `bad_dataset`, `changed`, `aborted`.
   */
  async sources(options: LongCallOptions = {}): Promise<Sources> {
    const { signal, onProgress } = checked("sources", options);
    return this.#call("sources", undefined, signal, this.#progressTo(onProgress));
  }

  /**
   * The records that have no score, by position: how many of each reason, and some of them. The
   * reasons are those of the feature store; where scores were opened without features, those that the
   * scores' manifest counts, and of a single record what can be told from the record alone.
   *
   * @throws OfaError `bad_scores`, `bad_dataset`, `changed`.
   */
  async skipped(options: SkippedOptions = {}): Promise<SkippedRecords> {
    const { from = 0, count = SKIPPED, signal } = checked("skipped", options);
    return this.#call("skipped", { from, count }, signal);
  }

  /**
   * Positions of the records that contain a text, ascending: in any of their values but the names of
   * speakers, and so in conversations, id and image paths. Letters match their capitals, one by one,
   * in any script (`é` and `É`, but not `ß` and `SS`); nothing else is changed, so an accent that is a
   * character of its own matches only itself. How JSON escapes a character makes no difference.
   *
   * @throws OfaError `bad_option`: an empty text; `bad_dataset`, `changed`, `aborted`.
   */
  async search(text: string, options: SearchOptions = {}): Promise<Float64Array> {
    const { limit = FOUND, signal, onProgress } = checked("search", options);
    const params = { text: checkedText("search: text", text), limit };
    return this.#call("search", params, signal, this.#progressTo(onProgress));
  }

  /**
   * The records that have one of some ids, ascending, and how many of the ids no record has. Ids are compared as text,
   * a number as it is written; several records may have the same one. Every record is read once, however many ids
   * there are.
   *
   * @throws OfaError `bad_option`: an id that is no text; `busy`: another call of it came in between; `bad_dataset`,
   * `changed`, `aborted`.
   */
  async findIds(ids: Iterable<string>, options: LongCallOptions = {}): Promise<FoundIds> {
    const { signal, onProgress } = checked("findIds", options);
    const wanted = checkedTexts("findIds: ids", ids);
    const staged = this.#nextStaged++;
    for (let at = 0; at < wanted.length; at += IDS_A_MESSAGE) {
      await this.#call("stageIds", { id: staged, ids: wanted.slice(at, at + IDS_A_MESSAGE) }, signal);
    }
    return this.#call("findIds", { staged, count: wanted.length }, signal, this.#progressTo(onProgress));
  }

  /** Halts a run or a check after the step it is at. Where nothing goes on it does nothing. */
  async pause(): Promise<void> {
    await this.#call("pause", undefined);
  }

  /** Lets it go on. */
  async resume(): Promise<void> {
    await this.#call("resume", undefined);
  }

  /** The feature stores that this browser keeps for this origin, the last written first. */
  async stored(): Promise<StoredFeatures[]> {
    return this.#call("stored", undefined);
  }

  /**
   * Deletes a feature store.
   *
   * @throws OfaError `bad_option`: there is none of this id; `store_in_use`: a tab writes to it; `busy`.
   */
  async deleteStored(id: string): Promise<void> {
    await this.#call("deleteStored", { id });
  }

  /** The encoders that this browser keeps for this origin. */
  async storedEncoders(): Promise<StoredEncoder[]> {
    return this.#call("storedEncoders", undefined);
  }

  /**
   * Deletes an encoder; whether there was one.
   *
   * @throws OfaError `store_in_use`: it is being fetched.
   */
  async deleteStoredEncoder(id: string): Promise<boolean> {
    return this.#call("deleteStoredEncoder", { id });
  }

  /** Ends all workers and gives the memory back. A run that goes on ends with `destroyed`. */
  destroy(): void {
    if (!this.#isDestroyed) {
      this.#isDestroyed = true;
      this.#link.end(destroyed());
    }
  }

  /** Progress to who asked for it, other events to who hears all. */
  #progressTo(onProgress: OnProgress | undefined): (event: OfaEvent | ProgressEvent) => void {
    return (event) => {
      if (event.type === "progress") {
        callBack(onProgress && (() => onProgress(event.done, event.of)), undefined);
      } else {
        this.#onEvent(event);
      }
    };
  }

  #alive(): void {
    if (this.#isDestroyed) {
      throw destroyed();
    }
  }

  async #stage(
    id: number,
    list: "files" | "images",
    files: SourceFile[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    for (const portion of portions(files)) {
      await this.#call("stage", { id, list, files: portion }, signal);
    }
  }

  async #call<N extends keyof SessionCalls>(
    method: N,
    params: SessionCalls[N]["params"],
    signal?: AbortSignal,
    onEvent?: (event: SessionCalls[N]["event"]) => void,
  ): Promise<SessionCalls[N]["result"]> {
    this.#alive();
    if (this.#cancelled.size > 0) {
      await untilAborted(Promise.allSettled(this.#cancelled), signal);
      this.#alive();
    }
    const call = this.#link.call(method, params, {
      onEvent: onEvent ?? ((event) => this.#onEvent(event as OfaEvent)),
      ...(signal === undefined ? {} : { signal }),
    });
    // A coordinator within a long step answers later. The caller need not wait for that, but the
    // next call has to, or it would find the coordinator busy.
    const cancel = (): void => {
      this.#cancelled.add(call);
    };
    signal?.addEventListener("abort", cancel, { once: true });
    const settled = (): void => {
      signal?.removeEventListener("abort", cancel);
      this.#cancelled.delete(call);
    };
    call.then(settled, settled);
    return untilAborted(call, signal);
  }
}

function destroyed(): OfaError {
  return new OfaError("destroyed", "this Selector was destroyed; create a new one");
}

/** A promise's value, or the abort of a signal, whichever comes first. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) {
    return promise;
  }
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(abortedBy(signal));
    if (signal.aborted) {
      abort();
    }
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/** Calls a function of the user. That it throws is theirs to see, and ends no run. */
function callBack<T>(callback: ((value: T) => void) | undefined, value: T): void {
  try {
    callback?.(value);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/** An address, from the page's: a worker's own is that of its script. */
function absolute(what: string, url: string): string {
  const base = typeof document === "undefined" ? (globalThis.location as Location | undefined)?.href : document.baseURI;
  try {
    return new URL(url, base).href;
  } catch (cause) {
    throw new OfaError("bad_option", `${what}.url: expected an address, found "${url}"`, { cause });
  }
}

function selectorSource(selector: NonNullable<CreateOptions["selector"]>): SelectorSource {
  if (typeof selector === "object" && "url" in selector) {
    return { url: absolute("selector", selector.url) };
  }
  return selector instanceof Uint8Array ? posted({ path: "selector", source: selector }).source : selector;
}

async function encoderSource(
  encoder: NonNullable<CreateOptions["encoder"]>,
  signal: AbortSignal | undefined,
): Promise<EncoderSource> {
  if (encoder === "demo") {
    return encoder;
  }
  if ("files" in encoder) {
    return { files: (await sourceFiles("encoder.files", encoder.files, signal)).map(posted) };
  }
  return { ...encoder, url: absolute("encoder", encoder.url) };
}
