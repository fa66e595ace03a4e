// The encoder of a run, wherever it computes: batches are cut into pieces for the workers, and an item
// that ends workers is told apart from those that share its batch.

import type { BackendChoice } from "./backend.js";
import { abortedBy, OfaError } from "./errors.js";
import type { Backend, OfaEvent } from "./events.js";
import type { SourceFile } from "./input_files.js";
import type { EncoderCalls } from "./encoder_calls.js";
import { selfCheck, type CheckedEncoder, type PassedCheck } from "./self_check.js";
import type { Embedded, EncoderDescription, JsDecoder, JsTowers } from "./wasm_module.js";
import { decodingOf, unusableOf } from "./unusable.js";
import type { WorkerCalls } from "./worker_calls.js";
import { JobLost, WorkerCrew } from "./worker_crew.js";

/**
 * Images of a batch. Constants, so that a run that goes on with other workers makes the same batches.
 * A GPU's is two of its pieces.
 */
export const IMAGE_BATCH: Record<Backend, number> = { cpu: 32, webgpu: 64 };

/** Most tokens of a batch of texts, padding included; as on the command line. */
export const TEXT_TOKENS = 2048;

/** Pieces that a GPU has at a time: while it computes one, the next one is on its way. */
const GPU_IN_FLIGHT = 2;

/** Images of a piece on a GPU. Each piece is padded to it: another number would compile programs anew. */
export const GPU_PIECE = IMAGE_BATCH.webgpu / GPU_IN_FLIGHT;

/** Messages that a CPU worker has at a time: while it is at one, the next one is there. */
const CPU_IN_FLIGHT = 2;

/** What a pool is made for. */
export interface PoolOptions {
  choice: BackendChoice;
  workers: number;
  files: SourceFile[];
  encoder: EncoderDescription;
  emit(event: OfaEvent): void;
}

/** The encoder in workers. */
export class EncoderPool implements JsTowers, JsDecoder {
  /** Where it computes. */
  readonly backend: Backend;
  readonly dim: number;
  readonly #embedders: WorkerCrew;
  readonly #readers: WorkerCrew;
  /** Pieces that a batch is cut into: fixed, however many workers are left. */
  readonly #pieces: number;

  private constructor(backend: Backend, dim: number, embedders: WorkerCrew, readers: WorkerCrew, pieces: number) {
    this.backend = backend;
    this.dim = dim;
    this.#embedders = embedders;
    this.#readers = readers;
    this.#pieces = pieces;
  }

  /**
   * Starts the workers; on a GPU its programs are compiled and its answers compared with the CPU's.
   *
   * @throws OfaError `bad_encoder`, `encoder_failed`, `device_lost`, `self_check_failed`, `aborted`.
   */
  static async start(options: PoolOptions, signal: AbortSignal): Promise<EncoderPool> {
    const { choice, workers, files, encoder, emit } = options;
    emit({ type: "stage", stage: "weights" });
    if (choice.backend === "cpu") {
      const load = { module: "pipeline", files, reads: true, embeds: true } as const;
      const crew = await WorkerCrew.start({ role: "cpu", size: workers, inFlight: CPU_IN_FLIGHT, load, emit }, signal);
      return new EncoderPool("cpu", encoder.embeddingDim, crew, crew, workers);
    }
    let passed: PassedCheck | undefined;
    const gpu = await WorkerCrew.start(
      {
        role: "gpu",
        size: 1,
        inFlight: GPU_IN_FLIGHT,
        load: { module: "webgpu", files, reads: false, embeds: true },
        emit,
        inspect: async (calls) => {
          if (passed !== undefined) {
            await inspectDevice(calls, choice, encoder, passed);
          }
        },
      },
      signal,
    );
    const abort = (): void => gpu.end(abortedBy(signal));
    signal.addEventListener("abort", abort, { once: true });
    try {
      emit({ type: "stage", stage: "programs" });
      const checked: CheckedEncoder = { files, encoder, emit };
      const pool = new EncoderPool("webgpu", encoder.embeddingDim, gpu, gpu, 1);
      passed = await selfCheck(
        checked,
        (images, texts) =>
          Promise.all([
            pool.embedImages(images.pixelValues, images.count),
            pool.embedTexts(texts.inputIds, texts.lengths),
          ]),
        signal,
      );
      const readers = await WorkerCrew.start(
        {
          role: "decoder",
          size: workers,
          inFlight: CPU_IN_FLIGHT,
          load: { module: "pipeline", files, reads: true, embeds: false },
          emit,
        },
        signal,
      );
      return new EncoderPool("webgpu", encoder.embeddingDim, gpu, readers, GPU_IN_FLIGHT);
    } catch (error) {
      gpu.end(new OfaError("aborted", "the GPU was not needed any more"));
      throw error;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /** Decodes one image. Rejects with `{ reason, detail }` for one to be skipped. */
  async pixelValues(bytes: Uint8Array): Promise<Float32Array> {
    try {
      return await this.#readers.do(decodingOf("pixelValues", bytes));
    } catch (error) {
      throw unusableOf(error) ?? error;
    }
  }

  /** Embeds a batch of images. */
  embedImages(pixelValues: Float32Array, count: number): Promise<Embedded> {
    const length = pixelValues.length / count;
    const isGpu = this.backend === "webgpu";
    return this.#embed(count, isGpu ? GPU_PIECE : undefined, async (from, to, mostLosses) => {
      const rows = await this.#embedders.do({
        call: "embedImages",
        make: () => {
          const images = isGpu ? GPU_PIECE : to - from;
          const piece = padded(pixelValues.subarray(from * length, to * length), images * length);
          return { params: { pixelValues: piece, count: images }, transfer: [piece.buffer] };
        },
        urgent: true,
        mostLosses,
      });
      return rows.subarray(0, (to - from) * this.dim);
    });
  }

  /** Embeds a batch of texts: ids one after the other, and how many each has. */
  embedTexts(inputIds: Uint32Array, lengths: Uint32Array): Promise<Embedded> {
    const starts = [0];
    for (const length of lengths) {
      starts.push((starts.at(-1) ?? 0) + length);
    }
    return this.#embed(lengths.length, undefined, (from, to, mostLosses) =>
      this.#embedders.do({
        call: "embedTexts",
        make: () => {
          const ids = inputIds.slice(starts[from], starts[to]);
          const each = lengths.slice(from, to);
          return { params: { inputIds: ids, lengths: each }, transfer: [ids.buffer, each.buffer] };
        },
        urgent: true,
        mostLosses,
      }),
    );
  }

  /** Rejects what is asked for at the moment. The workers stay. */
  cancel(reason: OfaError): void {
    this.#embedders.cancel(reason);
    this.#readers.cancel(reason);
  }

  /** Whether workers are left to ask. */
  get isAlive(): boolean {
    return this.#embedders.size > 0 && this.#readers.size > 0;
  }

  /** Ends the workers. */
  end(reason: OfaError): void {
    this.#embedders.end(reason);
    this.#readers.end(reason);
  }

  /**
   * Embeds a batch in pieces, of `size` items or one for each worker; of a piece that ends workers
   * the halves are tried, down to items.
   */
  async #embed(
    count: number,
    size: number | undefined,
    embedPiece: (from: number, to: number, mostLosses: number) => Promise<Float32Array>,
  ): Promise<Embedded> {
    const rows = new Float32Array(count * this.dim);
    const failed: Embedded["failed"] = [];
    const embed = async (from: number, to: number, mostLosses: number): Promise<void> => {
      try {
        rows.set(await embedPiece(from, to, mostLosses), from * this.dim);
      } catch (error) {
        if (!(error instanceof JobLost)) {
          throw error;
        }
        if (to - from === 1) {
          failed.push({ item: from, detail: `the encoder ended on it: ${error.reason}` });
          return;
        }
        const middle = from + Math.floor((to - from) / 2);
        // That a worker ends on this piece is known by now: once is enough.
        await Promise.all([embed(from, middle, 1), embed(middle, to, 1)]);
      }
    };
    const pieces = size === undefined ? Math.min(this.#pieces, count) : Math.ceil(count / size);
    const cut = (nth: number): number =>
      size === undefined ? Math.floor((nth * count) / pieces) : Math.min(nth * size, count);
    await Promise.all(Array.from({ length: pieces }, (_, nth) => embed(cut(nth), cut(nth + 1), 2)));
    const [first] = failed;
    if (first !== undefined && failed.length === count && count > 1) {
      throw new OfaError("encoder_failed", `the encoder failed on every item of a batch of ${count}: ${first.detail}`);
    }
    return { rows, failed: failed.sort((a, b) => a.item - b.item) };
  }
}

/** Values with zeros after them, of so many altogether. */
function padded(values: Float32Array, length: number): Float32Array<ArrayBuffer> {
  const whole = new Float32Array(length);
  whole.set(values);
  return whole;
}

/**
 * Whether a device that took the place of a lost one is what was chosen, and computes what that computed. Browsers give
 * a software adapter where graphics ended too often, which nobody chose.
 *
 * @throws OfaError `device_lost`, `self_check_failed`.
 */
async function inspectDevice(
  calls: WorkerCalls<EncoderCalls>,
  { adapter }: BackendChoice,
  { embeddingDim, largestTensorBytes }: EncoderDescription,
  { images, texts, compare }: PassedCheck,
): Promise<void> {
  const now = await calls.call("probe", { largestTensorBytes });
  if (now.adapter?.software === true && adapter?.software !== true) {
    throw new OfaError(
      "device_lost",
      `the GPU was lost, and the browser now offers a software adapter in its place (${now.reason}): start the browser ` +
        'anew, or take backend: "cpu"; the run goes on after the last whole shard',
    );
  }
  const pixelValues = padded(images.pixelValues, (images.pixelValues.length / images.count) * GPU_PIECE);
  const seen = await calls.call("embedImages", { pixelValues, count: GPU_PIECE });
  const read = await calls.call("embedTexts", { inputIds: texts.inputIds, lengths: texts.lengths });
  compare([
    { rows: seen.slice(0, images.count * embeddingDim), failed: [] },
    { rows: read.slice(), failed: [] },
  ]);
}
