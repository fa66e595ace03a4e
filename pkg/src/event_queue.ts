// Events on their way from a run to the loop that reads them.

import type { OfaError } from "./errors.js";
import type { OfaEvent } from "./events.js";

/** Events that say how far something is: of several in a row only the last one tells anything. */
const SUPERSEDED: readonly OfaEvent["type"][] = ["encoding", "scoring", "checking", "downloading"];

/** Events that were told and not read yet. However slowly they are read, few are held. */
export class EventQueue {
  readonly #events: OfaEvent[] = [];
  #end: { error?: OfaError } | undefined;
  #wake: () => void = () => undefined;

  /** Adds an event. */
  push(event: OfaEvent): void {
    const last = this.#events.at(-1);
    if (last?.type === event.type && SUPERSEDED.includes(event.type)) {
      this.#events.pop();
    }
    this.#events.push(event);
    this.#wake();
  }

  /** After the events that are there comes the end, or an error. */
  end(error?: OfaError): void {
    this.#end = error === undefined ? {} : { error };
    this.#wake();
  }

  /** The events in their order. */
  async *read(): AsyncGenerator<OfaEvent, void, undefined> {
    for (;;) {
      for (let event = this.#events.shift(); event !== undefined; event = this.#events.shift()) {
        yield event;
      }
      if (this.#end !== undefined) {
        if (this.#end.error !== undefined) {
          throw this.#end.error;
        }
        return;
      }
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
