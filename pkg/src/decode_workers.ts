// Every image of a dataset decoded in workers, to see whether that is possible: side by side, and where a file that
// ends a decoder ends a worker and not the check.

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

/** The workers of a check. */
export class DecodeWorkers {
  readonly #crew: WorkerCrew;
  /** How many images they are given at a time. */
  readonly imagesAtATime: number;

  private constructor(crew: WorkerCrew) {
    this.#crew = crew;
    this.imagesAtATime = crew.size * IMAGES_PER_WORKER;
  }

  /**
   * Starts them, as many as asked for or as there are cores.
   *
   * @throws OfaError whatever the first worker met, where none starts.
   */
  static async start(asked: number | undefined, emit: (event: OfaEvent) => void, signal: AbortSignal): Promise<DecodeWorkers> {
    const load: EncoderLoad = { module: "pipeline", files: [], reads: false, embeds: false };
    const size = workersFor(asked, 0);
    return new DecodeWorkers(await WorkerCrew.start({ role: "decoder", size, inFlight: IN_FLIGHT, load, emit }, signal));
  }

  /** Why an image cannot be used, for each of these files in their order; one that was not read is none. */
  tryAll(files: readonly (Uint8Array<ArrayBuffer> | undefined)[]): Promise<(Unusable | undefined)[]> {
    return Promise.all(files.map((bytes) => (bytes === undefined ? undefined : this.#try(bytes))));
  }

  /** Ends them. */
  end(): void {
    this.#crew.end(new OfaError("aborted", "the check is over"));
  }

  async #try(bytes: Uint8Array<ArrayBuffer>): Promise<Unusable | undefined> {
    try {
      await this.#crew.do(decodingOf("tryToDecode", bytes));
      return undefined;
    } catch (error) {
      const unusable = unusableOf(error);
      if (unusable === undefined) {
        throw error;
      }
      return unusable;
    }
  }
}
