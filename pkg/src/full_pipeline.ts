// The module `pipeline_full` for a session that runs on the small one: in a worker of its own that is
// started for one piece of work and ends with it, so that nobody keeps a second module, and so that
// the work can be cancelled. In Node it is loaded into the same thread.

import { abortedBy, OfaError, throwIfAborted } from "./errors.js";
import type { ScoresFile } from "./exported.js";
import { convertScores, exportSubset, type ChosenSubset, type FullExport } from "./full_outputs.js";
import type { ExportedFile } from "./results.js";
import { loadFullPipeline } from "./wasm_module.js";
import { Transferred, WorkerCalls, WorkerLost, type Handlers } from "./worker_calls.js";

/** The calls of the worker. */
export type FullPipelineCalls = {
  convertScores: { params: { from: ScoresFile; to: string }; result: ScoresFile; event: never };
  exportSubset: { params: { chosen: ChosenSubset; what: FullExport }; result: ExportedFile[]; event: never };
};

/** A handler for each call, in whichever thread. */
export function fullPipelineHandlers(): Handlers<FullPipelineCalls> {
  return {
    async convertScores({ from, to }) {
      const file = convertScores(await loadFullPipeline(), from, to);
      const arrays = file.manifest === undefined ? [file.bytes] : [file.bytes, file.manifest];
      return new Transferred(file, arrays.map(({ buffer }) => buffer as ArrayBuffer));
    },
    async exportSubset({ chosen, what }) {
      return exportSubset(await loadFullPipeline(), chosen, what);
    },
  };
}

/** Work for the larger module. */
export class FullPipeline {
  /** Whether there are workers. */
  readonly #isWorker: boolean;
  readonly #running = new Set<WorkerCalls<FullPipelineCalls>>();
  #ended: OfaError | undefined;

  /** `isWorker` is false in Node. */
  constructor(isWorker: boolean) {
    this.#isWorker = isWorker;
  }

  /** Does one piece of work. */
  async call<N extends keyof FullPipelineCalls>(
    method: N,
    params: FullPipelineCalls[N]["params"],
    signal: AbortSignal,
  ): Promise<FullPipelineCalls[N]["result"]> {
    throwIfAborted(signal);
    if (this.#ended !== undefined) {
      throw this.#ended;
    }
    if (!this.#isWorker) {
      const result = await fullPipelineHandlers()[method](params, { signal, emit: () => undefined });
      return result instanceof Transferred ? result.value : result;
    }
    // Written out, so that bundlers find the script.
    const worker = new Worker(new URL("./workers/full_pipeline.js", import.meta.url), {
      type: "module",
      name: "ofa full pipeline",
    });
    const calls = new WorkerCalls<FullPipelineCalls>(worker, () => undefined);
    const stop = (): void => calls.end(abortedBy(signal));
    signal.addEventListener("abort", stop, { once: true });
    this.#running.add(calls);
    try {
      return await calls.call(method, params);
    } catch (error) {
      if (error instanceof WorkerLost) {
        throw new OfaError("internal", `the worker that reads and writes Parquet and reports ended: ${error.reason}`, {
          cause: error,
        });
      }
      throw error;
    } finally {
      signal.removeEventListener("abort", stop);
      this.#running.delete(calls);
      calls.end(new OfaError("internal", "its work is done"));
    }
  }

  /** Ends what goes on. */
  end(reason: OfaError): void {
    this.#ended = reason;
    this.#running.forEach((calls) => calls.end(reason));
  }
}
