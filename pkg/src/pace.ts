// Room for messages between the steps of a computation, and a halt that lasts until it is lifted.

import { throwIfAborted } from "./errors.js";

/** How long steps may follow on each other before messages are let in, in milliseconds. */
const STRETCH = 16;

/** Lets messages in between steps, and holds the steps up while they are paused. */
export class Pace {
  #since = performance.now();
  #paused: { promise: Promise<void>; lift: () => void } | undefined;

  /** Halts the steps at their next pause. */
  pause(): void {
    if (this.#paused === undefined) {
      let lift = (): void => undefined;
      const promise = new Promise<void>((resolve) => (lift = resolve));
      this.#paused = { promise, lift };
    }
  }

  /** Lets them go on. */
  resume(): void {
    this.#paused?.lift();
    this.#paused = undefined;
  }

  /**
   * Comes between two steps.
   *
   * @throws OfaError `aborted`.
   */
  async next(signal: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    if (performance.now() - this.#since > STRETCH) {
      await messagesIn();
      this.#since = performance.now();
    }
    while (this.#paused !== undefined && !signal.aborted) {
      await Promise.race([this.#paused.promise, whenAborted(signal)]);
    }
    throwIfAborted(signal);
  }
}

/** Settles when a signal ends. */
export function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
    } else {
      signal.addEventListener("abort", () => resolve(), { once: true });
    }
  });
}

/** Waits until messages that have arrived were taken. A timer would wait four milliseconds. */
function messagesIn(): Promise<void> {
  if (typeof setImmediate === "function") {
    return new Promise((resolve) => setImmediate(resolve));
  }
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
