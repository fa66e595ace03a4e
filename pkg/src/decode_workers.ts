// Images of a dataset decoded in workers, to see whether that is possible: side by side, and where a file that ends a
// decoder ends a worker and not the check.

import { workersFor } from "./backend.js";
import type { EncoderLoad } from "./encoder_calls.js";
import { OfaError } from "./errors.js";
import type { OfaEvent } from "./events.js";
import { decodingOf, unusableOf } from "./unusable.js";
import type { Unusable } from "./wasm_module.js";
import { WorkerCrew } from "./worker_crew.js";

/** Messages that a worker has at a time: while it is at one, the next one is there. */
const IN_FLIGHT = 2;

/** Images for each worker at a time: all wait for the last of them. */
const IMAGES_PER_WORKER = 16;

/** The workers of a check. They start when there are images. */
export class DecodeWorkers {
  readonly #size: number;
  readonly #emit: (event: OfaEvent) => void;
  readonly #signal: AbortSignal;
  #starting: Promise<WorkerCrew> | undefined;

  /** Takes how many there are to be; without it as many as there are cores. */
  constructor(asked: number | undefined, emit: (event: OfaEvent) => void, signal: AbortSignal) {
    this.#size = workersFor(asked, 0);
    this.#emit = emit;
    this.#signal = signal;
  }

  /** How many images they are given at a time. */
  get imagesAtATime(): number {
    return this.#size * IMAGES_PER_WORKER;
  }

  /**
   * Why an image cannot be used, for each of these files in their order; one that was not read is none.
   *
   * @throws OfaError whatever the first worker met, where none starts.
   */
  async tryAll(files: readonly (Uint8Array<ArrayBuffer> | undefined)[]): Promise<(Unusable | undefined)[]> {
    const crew = await (this.#starting ??= this.#start());
    return Promise.all(files.map((bytes) => (bytes === undefined ? undefined : tried(crew, bytes))));
  }

  /** Ends them. */
  end(): void {
    // One that does not start was said where it was asked for.
    this.#starting?.then((crew) => crew.end(new OfaError("aborted", "the check is over")), () => undefined);
  }

  #start(): Promise<WorkerCrew> {
    const load: EncoderLoad = { module: "pipeline", files: [], reads: false, embeds: false };
    const options = { role: "decoder", size: this.#size, inFlight: IN_FLIGHT, load, emit: this.#emit } as const;
    return WorkerCrew.start(options, this.#signal);
  }
}

async function tried(crew: WorkerCrew, bytes: Uint8Array<ArrayBuffer>): Promise<Unusable | undefined> {
  try {
    await crew.do(decodingOf("tryToDecode", bytes));
    return undefined;
  } catch (error) {
    const unusable = unusableOf(error);
    if (unusable === undefined) {
      throw error;
    }
    return unusable;
  }
}
