// Which thread a choice is made in: in the coordinator what takes no time, in a worker of its own what
// does; and the export of the last one, wherever it was made.

import { Choices, takesLong, type ChoiceExport, type ChoiceInputs } from "./choices.js";
import { ChoiceWorker, type ChoiceOrder, type ChoicePool } from "./choice_worker.js";
import { OfaError, throwIfAborted } from "./errors.js";
import type { ExportedFile, Selection } from "./results.js";

/** Choices from one pool of scores, until it is replaced. */
export class Chooser {
  readonly #here: Choices;
  readonly #worker: ChoiceWorker | undefined;
  #last: { order: ChoiceOrder; selection: Selection } | undefined;

  /** `pool` gives what a worker opens for itself; none where there are no workers. */
  constructor(inputs: ChoiceInputs, pool: (() => ChoicePool) | undefined) {
    this.#here = new Choices(inputs);
    this.#worker = pool === undefined ? undefined : new ChoiceWorker(pool);
  }

  /** Chooses, and tells how far it is where that takes long. One that is made aside is not the last one. */
  async select(
    order: ChoiceOrder,
    isAside: boolean,
    onProgress: (done: number, of: number) => void,
    signal: AbortSignal,
  ): Promise<Selection> {
    throwIfAborted(signal);
    const worker = this.#workerFor(order);
    const selection =
      worker === undefined
        ? this.#here.choose(order.request, order.budget, isAside, (done, of) => {
            onProgress(done, of);
            return !signal.aborted;
          })
        : await worker.choose(order, ({ done, of }) => onProgress(done, of), signal);
    if (!isAside) {
      // Positions are handed over to the page; here they are kept for what is asked about them.
      this.#last = { order, selection: { ...selection, positions: selection.positions.slice() } };
    }
    return selection;
  }

  /** The last choice; none where nothing was chosen yet. */
  get last(): Selection | undefined {
    return this.#last?.selection;
  }

  /**
   * Exports the last choice.
   *
   * @throws OfaError `bad_option`: nothing was chosen yet.
   */
  async export(what: ChoiceExport, signal: AbortSignal): Promise<ExportedFile[]> {
    const order = this.#lastOrder("records", signal);
    return this.#workerFor(order)?.export(order, what, signal) ?? this.#here.export(what);
  }

  /**
   * The account of the last choice with its positions, of which another module makes `what`.
   *
   * @throws OfaError `bad_option`: nothing was chosen yet.
   */
  async account(what: string, signal: AbortSignal): Promise<Uint8Array> {
    const order = this.#lastOrder(what, signal);
    return this.#workerFor(order)?.account(order, signal) ?? this.#here.account();
  }

  /** Ends the worker and gives the memory back; a choice that goes on ends with `reason`. */
  end(reason: OfaError): void {
    this.#here.free();
    this.#worker?.end(reason);
  }

  #lastOrder(what: string, signal: AbortSignal): ChoiceOrder {
    throwIfAborted(signal);
    if (this.#last === undefined) {
      throw new OfaError("bad_option", `export: there is no subset to make ${what} of yet; call select first`);
    }
    return this.#last.order;
  }

  #workerFor({ request }: ChoiceOrder): ChoiceWorker | undefined {
    return takesLong(request.method) ? this.#worker : undefined;
  }
}
