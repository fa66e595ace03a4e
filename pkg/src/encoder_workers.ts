// The workers of an encoder over the runs of a `Selector`: where they run is decided once, they are
// started with the first run that encodes, and kept.

import { chooseBackend, workersFor, type BackendChoice, type Probe } from "./backend.js";
import { startEncoderWorker, type EncoderCalls } from "./encoder_calls.js";
import { EncoderPool } from "./encoder_pool.js";
import type { OpenEncoder } from "./encoder_source.js";
import { abortedBy, OfaError, throwIfAborted, toOfaError } from "./errors.js";
import type { Backend, OfaEvent } from "./events.js";
import type { About } from "./results.js";
import { WorkerCalls } from "./worker_calls.js";

/** Failures of a GPU before its first result, after which the CPU may take its place. */
const REPLACED_BY_CPU: readonly string[] = [
  "backend_unavailable",
  "self_check_failed",
  "device_lost",
  "encoder_failed",
];

/** The workers of an encoder. */
export class EncoderWorkers {
  readonly #encoder: OpenEncoder;
  readonly #asked: number | undefined;
  #choice: BackendChoice;
  #pool: Promise<EncoderPool> | undefined;
  /** Who hears what the workers tell: they outlast a run. */
  #told: (event: OfaEvent) => void = () => undefined;
  #ended: OfaError | undefined;

  private constructor(encoder: OpenEncoder, choice: BackendChoice, asked: number | undefined) {
    this.#encoder = encoder;
    this.#choice = choice;
    this.#asked = asked;
  }

  /**
   * Chooses the backend; no worker stays.
   *
   * @throws OfaError `backend_unavailable`, `aborted`.
   */
  static async choose(
    encoder: OpenEncoder,
    backend: "auto" | Backend,
    workers: number | undefined,
    signal: AbortSignal,
  ): Promise<EncoderWorkers> {
    const choice = await chooseBackend(backend, () => probe(encoder.description.largestTensorBytes, signal));
    throwIfAborted(signal);
    return new EncoderWorkers(encoder, choice, workers);
  }

  /** Where they run, why, and how many they are. */
  get backend(): NonNullable<About["backend"]> {
    const { backend, reason, adapter } = this.#choice;
    // On a GPU they decode, and one worker beside them has the weights.
    const workers = workersFor(this.#asked, backend === "cpu" ? this.#encoder.description.weightBytes : 0);
    return { backend, reason, workers, ...(adapter === undefined ? {} : { adapter }) };
  }

  /** The workers of an earlier run, where they are still there, or new ones. */
  async started(emit: (event: OfaEvent) => void, signal: AbortSignal): Promise<EncoderPool> {
    this.#told = emit;
    const earlier = await this.#pool?.catch(() => undefined);
    if (earlier?.isAlive === true) {
      return earlier;
    }
    throwIfAborted(signal);
    this.#pool = this.#start(signal).catch((error: unknown) => this.#startOnCpu(toOfaError(error), signal));
    const pool = await this.#pool;
    if (this.#ended !== undefined) {
      pool.end(this.#ended);
      throw this.#ended;
    }
    return pool;
  }

  /** Ends them. */
  end(reason: OfaError): void {
    this.#ended = reason;
    // A start that failed has been told already.
    this.#pool?.then((pool) => pool.end(reason)).catch(() => undefined);
  }

  #start(signal: AbortSignal): Promise<EncoderPool> {
    const { files, description } = this.#encoder;
    const emit = (event: OfaEvent): void => this.#told(event);
    const { workers } = this.backend;
    return EncoderPool.start({ choice: this.#choice, workers, files, encoder: description, emit }, signal);
  }

  /**
   * Nothing was computed yet. Where nobody asked for the GPU, the CPU takes over, and says so; a choice
   * of the user is never replaced.
   */
  #startOnCpu(failure: OfaError, signal: AbortSignal): Promise<EncoderPool> {
    const { isAutomatic, backend } = this.#choice;
    if (!isAutomatic || backend !== "webgpu" || !REPLACED_BY_CPU.includes(failure.code)) {
      throw failure;
    }
    const reason = `WebGPU was tried and failed, so the CPU takes its place: ${failure.message}`;
    this.#choice = { ...this.#choice, backend: "cpu", reason };
    this.#told({ type: "encoder", ...this.backend });
    return this.#start(signal);
  }
}

/** Looks what WebGPU would be, in a worker of the kind that would use it. */
async function probe(largestTensorBytes: number, signal: AbortSignal): Promise<Probe> {
  const calls = new WorkerCalls<EncoderCalls>(startEncoderWorker(), () => undefined);
  const abort = (): void => calls.end(abortedBy(signal));
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await calls.call("probe", { largestTensorBytes });
  } catch (error) {
    // A browser whose graphics process ends while it is asked has no WebGPU to offer.
    return { usable: false, reason: `WebGPU fails: ${toOfaError(error).message}` };
  } finally {
    signal.removeEventListener("abort", abort);
    calls.end(new OfaError("aborted", "the probe is over"));
  }
}
