// The one Selector of the page: made when it is first needed, and made anew after it was let go.

import { OfaError, Selector, type CreateOptions } from "ofa";

/** Holds a Selector. */
export class SelectorHolder {
  readonly #options: () => CreateOptions;
  readonly #onMade: (selector: Selector) => void;
  readonly #onPreparing: (isPreparing: boolean) => void;
  #selector: Selector | undefined;
  #making: { selector: Promise<Selector>; controller: AbortController } | undefined;

  /** `options` are asked for each time that one is made. */
  constructor(
    options: () => CreateOptions,
    told: { onMade: (selector: Selector) => void; onPreparing: (isPreparing: boolean) => void },
  ) {
    this.#options = options;
    this.#onMade = told.onMade;
    this.#onPreparing = told.onPreparing;
  }

  /** The Selector, where there is one. */
  get current(): Selector | undefined {
    return this.#selector;
  }

  /**
   * The Selector, made where there is none. The signal ends the waiting and not the making, since
   * whoever asks next needs it as well.
   */
  async get(signal: AbortSignal): Promise<Selector> {
    const selector = this.#selector ?? (await untilAborted((this.#making ?? this.#make()).selector, signal));
    signal.throwIfAborted();
    return selector;
  }

  /** Ends the Selector, also one that is being made. */
  letGo(): void {
    this.#making?.controller.abort();
    this.#making = undefined;
    this.#selector?.destroy();
    this.#selector = undefined;
    this.#onPreparing(false);
  }

  #make(): { selector: Promise<Selector>; controller: AbortController } {
    const controller = new AbortController();
    const making = { selector: this.#made(controller), controller };
    this.#making = making;
    this.#onPreparing(true);
    const done = (): void => {
      if (this.#making === making) {
        this.#making = undefined;
        this.#onPreparing(false);
      }
    };
    making.selector.then(done, done);
    return making;
  }

  async #made({ signal }: AbortController): Promise<Selector> {
    const made = await Selector.create({ ...this.#options(), signal });
    if (signal.aborted) {
      made.destroy();
      throw new OfaError("aborted", "another setup took the place of this one", { cause: signal.reason });
    }
    this.#selector = made;
    this.#onMade(made);
    return made;
  }
}

/** A promise's value, or the abort of a signal, whichever comes first. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) {
      abort();
      return;
    }
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
