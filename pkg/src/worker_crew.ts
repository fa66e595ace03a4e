// Several workers that do the same: jobs are given out, and when a worker ends its jobs are given out
// again, one at a time, so that the one that ends workers is found.

import { OfaError, throwIfAborted, wordsOf } from "./errors.js";
import type { OfaEvent, WorkerRestartedEvent } from "./events.js";
import { startEncoderWorker, type EncoderCalls, type EncoderLoad } from "./encoder_calls.js";
import { WorkerCalls, WorkerLost } from "./worker_calls.js";

/** The calls that are jobs. */
type JobCall = "pixelValues" | "tryToDecode" | "embedImages" | "embedTexts";

/** What comes of a job. */
type JobResult<N extends JobCall> = EncoderCalls[N]["result"];

/** A job: its call, made anew for each worker that tries it, since buffers are handed over. */
export interface JobRequest<N extends JobCall> {
  call: N;
  /** The parameters, and the buffers in them. */
  make(): { params: EncoderCalls[N]["params"]; transfer: Transferable[] };
  /** Whether it comes before jobs that are not urgent: embedding before decoding ahead. */
  urgent: boolean;
  /** How many workers it may end before it fails. */
  mostLosses: number;
}

/** A job ended as many workers as it may. */
export class JobLost extends Error {
  /** Takes what the last worker said, in words. */
  constructor(readonly reason: string) {
    super(reason);
    this.name = "JobLost";
  }
}

interface Job {
  request: JobRequest<JobCall>;
  losses: number;
  /** Nobody waits for it any more. */
  cancelled: boolean;
  resolve(value: JobResult<JobCall>): void;
  reject(error: unknown): void;
}

interface Slot {
  number: number;
  calls: WorkerCalls<EncoderCalls> | undefined;
  state: "loading" | "ready" | "gone";
  running: Set<Job>;
  /** Jobs of a worker that ended, to be tried alone. */
  again: Job[];
  restarts: number;
  /** Workers that ended since one answered. */
  endedInARow: number;
}

/** What a crew is. */
export interface CrewOptions {
  role: WorkerRestartedEvent["role"];
  size: number;
  /** Jobs that a worker has at a time: two, so that it does not wait for the next one's message. */
  inFlight: number;
  load: EncoderLoad;
  emit(event: OfaEvent): void;
  /** Looks at a worker that took the place of another before it is given jobs. One that does not pass is given up. */
  inspect?(calls: WorkerCalls<EncoderCalls>): Promise<void>;
}

/** Workers that end this often without an answer are not started again. */
const MOST_ENDED_IN_A_ROW = 8;

/** A worker that could not be loaded this often is given up. */
const LOAD_TRIES = 2;

/** Workers that do the same. */
export class WorkerCrew {
  readonly #options: CrewOptions;
  readonly #slots: Slot[];
  readonly #urgent: Job[] = [];
  readonly #other: Job[] = [];
  #ended: OfaError | undefined;

  private constructor(options: CrewOptions) {
    this.#options = options;
    this.#slots = Array.from({ length: options.size }, (_, number) => ({
      number,
      calls: undefined,
      state: "loading",
      running: new Set(),
      again: [],
      restarts: 0,
      endedInARow: 0,
    }));
  }

  /**
   * Starts a crew, all workers at once. One has to load; those that do not, for lack of memory, are left
   * out, and a note says so.
   *
   * @throws OfaError whatever the first worker met, where none loads.
   */
  static async start(options: CrewOptions, signal: AbortSignal): Promise<WorkerCrew> {
    const crew = new WorkerCrew(options);
    const abort = (): void => crew.end(new OfaError("aborted", "the work was cancelled"));
    signal.addEventListener("abort", abort, { once: true });
    try {
      throwIfAborted(signal);
      const failures = await Promise.all(crew.#slots.map((slot) => crew.#load(slot)));
      throwIfAborted(signal);
      const [first] = crew.#slots;
      if (first !== undefined && crew.size === 0) {
        // Together they may have taken the memory from each other.
        const alone = options.size > 1 ? await crew.#load(first) : failures[0];
        throwIfAborted(signal);
        if (alone !== undefined) {
          throw alone;
        }
        failures[0] = undefined;
      }
      const failure = failures.find((each) => each !== undefined);
      if (failure !== undefined) {
        const count = failures.filter((each) => each !== undefined).length;
        options.emit({
          type: "note",
          text: `${count} of ${options.size} workers could not be started, the others go on: ${failure.message}`,
        });
      }
      return crew;
    } catch (error) {
      crew.end(new OfaError("aborted", "the workers were not needed any more"));
      throw error;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /** Workers that are at work. */
  get size(): number {
    return this.#slots.filter((slot) => slot.state !== "gone").length;
  }

  /** Has a job done. Rejects with {@link JobLost} where it ends as many workers as it may. */
  do<N extends JobCall>(request: JobRequest<N>): Promise<JobResult<N>> {
    if (this.#ended !== undefined) {
      return Promise.reject(this.#ended);
    }
    return new Promise((resolve, reject) => {
      const job: Job = {
        request: request as unknown as JobRequest<JobCall>,
        losses: 0,
        cancelled: false,
        resolve: (value) => resolve(value as JobResult<N>),
        reject,
      };
      (request.urgent ? this.#urgent : this.#other).push(job);
      this.#giveOut();
    });
  }

  /** Rejects every job. Workers finish what they are at, and nobody hears of it. */
  cancel(reason: OfaError): void {
    const jobs = [...this.#urgent.splice(0), ...this.#other.splice(0)];
    for (const slot of this.#slots) {
      // Running jobs stay in their slots, so that a worker is not given more than it can take.
      jobs.push(...slot.again.splice(0), ...slot.running);
    }
    for (const job of jobs) {
      job.cancelled = true;
      job.reject(reason);
    }
  }

  /** Ends all workers. */
  end(reason: OfaError): void {
    if (this.#ended === undefined) {
      this.#ended = reason;
      this.cancel(reason);
      for (const slot of this.#slots) {
        slot.state = "gone";
        slot.calls?.end(reason);
        slot.running.clear();
      }
    }
  }

  /** Starts the worker of a slot; gives what went wrong where it is given up. */
  async #load(slot: Slot): Promise<OfaError | undefined> {
    let failure: OfaError | undefined;
    for (let nth = 0; nth < LOAD_TRIES && this.#ended === undefined; nth++) {
      slot.state = "loading";
      let isLoaded = false;
      try {
        // A worker that ends while it loads rejects the call; one that ends later is replaced.
        slot.calls = new WorkerCalls<EncoderCalls>(startEncoderWorker(), (reason) => {
          if (isLoaded) {
            this.#replace(slot, reason);
          }
        });
        await slot.calls.call("load", this.#options.load);
        if (slot.restarts > 0) {
          await this.#options.inspect?.(slot.calls);
        }
        isLoaded = true;
        slot.state = "ready";
        this.#giveOut();
        return undefined;
      } catch (error) {
        slot.calls?.end(error);
        if (!(error instanceof WorkerLost)) {
          failure = error instanceof OfaError ? error : new OfaError("encoder_failed", wordsOf(error), { cause: error });
          break;
        }
        failure = new OfaError(
          this.#options.role === "gpu" ? "device_lost" : "encoder_failed",
          `a worker ended while it loaded the encoder: ${error.reason}; is there enough memory?`,
          { cause: error },
        );
      }
    }
    slot.state = "gone";
    return this.#ended ?? failure ?? new OfaError("internal", "a worker was not started");
  }

  /** Puts a new worker in the place of one that ended. */
  #replace(slot: Slot, reason: string): void {
    if (this.#ended !== undefined) {
      return;
    }
    slot.state = "loading";
    slot.endedInARow += 1;
    const lost = [...slot.running];
    slot.running.clear();
    for (const job of lost.filter((each) => !each.cancelled)) {
      job.losses += 1;
      // Where several were running it is not known which one it was, unless one was tried before.
      if (job.losses >= job.request.mostLosses && lost.length === 1) {
        job.reject(new JobLost(reason));
      } else {
        slot.again.push(job);
      }
    }
    if (slot.endedInARow >= MOST_ENDED_IN_A_ROW) {
      this.#giveUp(slot, new OfaError("encoder_failed", `workers end again and again: ${reason}`));
      return;
    }
    slot.restarts += 1;
    const { role, emit } = this.#options;
    emit({ type: "worker_restarted", role, worker: slot.number, reason, restarts: slot.restarts });
    void this.#load(slot).then((failure) => {
      if (failure !== undefined) {
        this.#giveUp(slot, failure);
      }
    });
  }

  /** Goes on without a worker; where it was the last one, the crew is at its end. */
  #giveUp(slot: Slot, failure: OfaError): void {
    slot.state = "gone";
    this.#urgent.unshift(...slot.again.splice(0));
    if (this.size > 0) {
      const text = `worker ${slot.number} is given up, ${this.size} go on: ${failure.message}`;
      this.#options.emit({ type: "note", text });
      this.#giveOut();
    } else if (this.#ended === undefined) {
      const isLoss = this.#options.role === "gpu" && failure.code !== "self_check_failed";
      const code = isLoss ? "device_lost" : failure.code;
      this.end(new OfaError(code, failure.message, { cause: failure }));
    }
  }

  #giveOut(): void {
    for (let slot = this.#idlest(); slot !== undefined; slot = this.#idlest()) {
      const job = this.#nextFor(slot);
      if (job === undefined) {
        return;
      }
      void this.#run(slot, job);
    }
  }

  /** The worker with the least to do, of those that can take a job that waits. */
  #idlest(): Slot | undefined {
    let found: Slot | undefined;
    for (const slot of this.#slots) {
      if (this.#canTake(slot) && (found === undefined || slot.running.size < found.running.size)) {
        found = slot;
      }
    }
    return found;
  }

  #canTake(slot: Slot): boolean {
    if (slot.state !== "ready" || slot.running.size >= this.#options.inFlight) {
      return false;
    }
    const next = slot.again[0] ?? this.#urgent[0] ?? this.#other[0];
    if (next === undefined) {
      return false;
    }
    // A job that was there when a worker ended runs alone.
    const isSuspect = (job: Job): boolean => job.losses > 0;
    return slot.running.size === 0 || !(isSuspect(next) || [...slot.running].some(isSuspect));
  }

  #nextFor(slot: Slot): Job | undefined {
    return slot.again.shift() ?? this.#urgent.shift() ?? this.#other.shift();
  }

  async #run(slot: Slot, job: Job): Promise<void> {
    slot.running.add(job);
    const { calls } = slot;
    try {
      const { params, transfer } = job.request.make();
      const call = calls?.call(job.request.call, params, { transfer });
      const result = await (call ?? Promise.reject(new WorkerLost("it was never started")));
      slot.endedInARow = 0;
      slot.running.delete(job);
      job.resolve(result);
    } catch (error) {
      if (error instanceof WorkerLost) {
        // Whoever replaces the worker sees to its jobs.
        return;
      }
      slot.running.delete(job);
      job.reject(error);
    }
    this.#giveOut();
  }
}
