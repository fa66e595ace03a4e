// Choices that take long, in a worker of their own.
//
// The module computes a choice in one call, and a worker within a call hears nothing. So that it can
// be cancelled, and so that pause, events and other calls are answered meanwhile, it has a worker of
// its own, which is ended to cancel. That worker opens the dataset, the scores and the features for
// itself, from the same blobs: it is started with the first such choice, and kept for the next budget.

import type { ChoiceExport } from "./choices.js";
import { abortedBy, OfaError, throwIfAborted } from "./errors.js";
import type { ScoresFile } from "./exported.js";
import type { FeatureFiles } from "./feature_files.js";
import type { SourceFile } from "./input_files.js";
import type { ExportedFile, Selection } from "./results.js";
import type { Budget, ChoiceRequest } from "./wasm_module.js";
import { WorkerCalls, WorkerLost } from "./worker_calls.js";

/** What the worker chooses from. */
export interface ChoicePool {
  /** Whether the module is the larger one, as the dataset needs it. */
  isFull: boolean;
  files: SourceFile[];
  images: SourceFile[];
  format: string | undefined;
  scores: ScoresFile;
  features: FeatureFiles | undefined;
  clusters: number;
}

/** A request and its budget. */
export interface ChoiceOrder {
  request: ChoiceRequest;
  budget: Budget;
}

/** How far a choice is. */
export interface ChoiceProgress {
  done: number;
  of: number;
}

/** The calls of the worker. */
export type ChoiceCalls = {
  open: { params: ChoicePool; result: undefined; event: never };
  choose: { params: ChoiceOrder; result: Selection; event: ChoiceProgress };
  export: { params: ChoiceExport; result: ExportedFile[]; event: never };
  account: { params: undefined; result: Uint8Array; event: never };
};

/** Choices in a worker. */
export class ChoiceWorker {
  readonly #pool: () => ChoicePool;
  #calls: WorkerCalls<ChoiceCalls> | undefined;
  /** What the running worker chose last; a new one has to choose it again before it can be exported. */
  #chosen: ChoiceOrder | undefined;
  /** One at a time: to cancel one ends the worker, and would end the others. */
  #line: Promise<unknown> = Promise.resolve();
  #ended: OfaError | undefined;

  /** `pool` gives what is chosen from, each time that a worker is started. */
  constructor(pool: () => ChoicePool) {
    this.#pool = pool;
  }

  /** Chooses. */
  choose(order: ChoiceOrder, onProgress: (progress: ChoiceProgress) => void, signal: AbortSignal): Promise<Selection> {
    return this.#alone(signal, (calls) => this.#choose(calls, order, onProgress));
  }

  /** Exports what `order` chose. */
  export(order: ChoiceOrder, what: ChoiceExport, signal: AbortSignal): Promise<ExportedFile[]> {
    return this.#ofChosen(order, signal, (calls) => calls.call("export", what));
  }

  /** The account of what `order` chose, with its positions. */
  account(order: ChoiceOrder, signal: AbortSignal): Promise<Uint8Array> {
    return this.#ofChosen(order, signal, (calls) => calls.call("account", undefined));
  }

  /** Ends the worker. */
  end(reason: OfaError): void {
    this.#ended = reason;
    this.#stop(reason);
  }

  #ofChosen<T>(
    order: ChoiceOrder,
    signal: AbortSignal,
    work: (calls: WorkerCalls<ChoiceCalls>) => Promise<T>,
  ): Promise<T> {
    return this.#alone(signal, async (calls) => {
      if (JSON.stringify(this.#chosen) !== JSON.stringify(order)) {
        await this.#choose(calls, order, () => undefined);
      }
      return work(calls);
    });
  }

  async #choose(
    calls: WorkerCalls<ChoiceCalls>,
    order: ChoiceOrder,
    onProgress: (progress: ChoiceProgress) => void,
  ): Promise<Selection> {
    const selection = await calls.call("choose", order, { onEvent: onProgress });
    this.#chosen = order;
    return selection;
  }

  #alone<T>(signal: AbortSignal, work: (calls: WorkerCalls<ChoiceCalls>) => Promise<T>): Promise<T> {
    const turn = this.#line.then(() => this.#take(signal, work));
    this.#line = turn.catch(() => undefined);
    return turn;
  }

  async #take<T>(signal: AbortSignal, work: (calls: WorkerCalls<ChoiceCalls>) => Promise<T>): Promise<T> {
    throwIfAborted(signal);
    const stop = (): void => this.#stop(abortedBy(signal));
    signal.addEventListener("abort", stop, { once: true });
    try {
      return await work(await this.#started());
    } catch (error) {
      if (error instanceof WorkerLost) {
        this.#stop(error);
        throw new OfaError(
          "internal",
          `the worker that chooses ended: ${error.reason}; is there enough memory for the features twice?`,
          { cause: error },
        );
      }
      throw error;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  async #started(): Promise<WorkerCalls<ChoiceCalls>> {
    if (this.#ended !== undefined) {
      throw this.#ended;
    }
    if (this.#calls === undefined) {
      // Written out, so that bundlers find the script.
      const worker = new Worker(new URL("./workers/choice.js", import.meta.url), { type: "module", name: "ofa choice" });
      const calls = new WorkerCalls<ChoiceCalls>(worker, () => this.#stop(new OfaError("internal", "it ended")));
      this.#calls = calls;
      try {
        await calls.call("open", this.#pool());
      } catch (error) {
        this.#stop(error);
        throw error;
      }
    }
    return this.#calls;
  }

  #stop(reason: unknown): void {
    this.#calls?.end(reason);
    this.#calls = undefined;
    this.#chosen = undefined;
  }
}
