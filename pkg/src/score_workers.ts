// Scores of a feature store, shard by shard, in workers.
//
// What a record scores does not depend on the others, so that it is the same in whichever worker it is
// computed. What does, the alignment margins, is computed by the coordinator, which has all features.

import { workersFor } from "./backend.js";
import { OfaError, toOfaError } from "./errors.js";
import type { OfaEvent } from "./events.js";
import { shardsOf, type FeatureFiles } from "./feature_files.js";
import type { SourceFile } from "./input_files.js";
import type { Pace } from "./pace.js";
import type { ScoreColumns, WasmScoring } from "./wasm_module.js";
import { WorkerCalls } from "./worker_calls.js";

/** The calls of a worker. */
export type ScoreCalls = {
  open: { params: { name: string; bytes: Uint8Array }; result: undefined; event: never };
  score: { params: SourceFile; result: ScoreColumns; event: never };
};

/** Below this, one thread is done before other workers have started. */
const FEWEST_ROWS = 4000;

/** What is scored, by what, and who is told. */
export interface ScoreInputs {
  scoring: WasmScoring;
  /** The store that `scoring` has the features of. */
  files: FeatureFiles;
  /** How many rows it has. */
  rows: number;
  selector: ScoreCalls["open"]["params"];
  /** How many workers are asked for; as many as there are cores where nothing is. */
  asked: number | undefined;
  pace: Pace;
  emit(event: OfaEvent): void;
  signal: AbortSignal;
}

/**
 * Scores shards side by side, as far as that goes and is worth it: `scoring` goes on with what is left.
 *
 * @throws OfaError `aborted`.
 */
export async function scoreInWorkers(inputs: ScoreInputs): Promise<void> {
  const { scoring, files, rows, selector, asked, pace, emit, signal } = inputs;
  const shards = shardsOf(files);
  const count = rows < FEWEST_ROWS ? 0 : Math.min(workersFor(asked, 0), shards.length);
  if (count < 2) {
    return;
  }
  const workers = new ScoreWorkers(shards, selector, count, () => pace.next(signal));
  // A worker computes a shard in one go, and hears nothing meanwhile.
  const end = (): void => workers.end();
  signal.addEventListener("abort", end, { once: true });
  try {
    for (let nth = 0; nth < shards.length; nth++) {
      const scored = await workers.scoresOf(nth);
      await pace.next(signal);
      if (scored === undefined) {
        return;
      }
      const { index, cluster, confidence, entropy, gate, earlyConfidence } = scored;
      emit({ type: "scoring", ...scoring.append(index, cluster, confidence, entropy, gate, earlyConfidence) });
    }
  } finally {
    signal.removeEventListener("abort", end);
    workers.end();
  }
}

/** The shards of a store on their way to scores. */
class ScoreWorkers {
  readonly #shards: SourceFile[];
  readonly #selector: ScoreCalls["open"]["params"];
  readonly #turn: () => Promise<void>;
  readonly #scored: Promise<ScoreColumns | undefined>[];
  readonly #settle: ((columns: ScoreColumns | undefined) => void)[] = [];
  readonly #workers = new Set<WorkerCalls<ScoreCalls>>();
  #next = 0;

  /** Starts `count` workers. `turn` comes before each shard, and holds a worker up while it is not settled. */
  constructor(shards: SourceFile[], selector: ScoreCalls["open"]["params"], count: number, turn: () => Promise<void>) {
    this.#shards = shards;
    this.#selector = selector;
    this.#turn = turn;
    this.#scored = shards.map(() => new Promise((resolve) => this.#settle.push(resolve)));
    for (let nth = 0; nth < count; nth++) {
      void this.#work();
    }
  }

  /**
   * The scores of a shard; none where a worker could not compute them, and then none of any later shard either.
   * Whoever has the features can, and meets what is wrong with them.
   */
  scoresOf(shard: number): Promise<ScoreColumns | undefined> {
    return this.#scored[shard] ?? Promise.resolve(undefined);
  }

  /** Ends the workers. */
  end(): void {
    const reason = new OfaError("aborted", "the scores were not needed any more");
    this.#workers.forEach((worker) => worker.end(reason));
    this.#workers.clear();
    this.#endAt(0);
  }

  /** Gives up this shard and later ones. Those before it have been taken, and are waited for. */
  #endAt(shard: number): void {
    this.#next = this.#shards.length;
    // Of promises that are settled already nothing changes.
    this.#settle.slice(shard).forEach((settle) => settle(undefined));
  }

  async #work(): Promise<void> {
    // Written out, so that bundlers find the script.
    const worker = new Worker(new URL("./workers/score.js", import.meta.url), { type: "module", name: "ofa score" });
    const calls = new WorkerCalls<ScoreCalls>(worker, () => undefined);
    this.#workers.add(calls);
    try {
      await calls.call("open", this.#selector);
    } catch (error) {
      // There may be no memory for another one.
      calls.end(toOfaError(error));
      this.#workers.delete(calls);
      if (this.#workers.size === 0) {
        this.end();
      }
      return;
    }
    while (this.#next < this.#shards.length) {
      const nth = this.#next;
      try {
        await this.#turn();
        // Another worker may have taken it meanwhile.
        if (nth === this.#next) {
          this.#next += 1;
          this.#settle[nth]?.(await calls.call("score", this.#shards[nth] as SourceFile));
        }
      } catch {
        this.#endAt(nth);
        return;
      }
    }
  }
}
