// The way from a `Selector` to its coordinator: a worker in a browser, the same thread in Node.

import { abortedBy, OfaError, toOfaError } from "./errors.js";
import type { SessionCalls } from "./protocol.js";
import { Transferred, WorkerCalls, WorkerLost, type CallOptions } from "./worker_calls.js";

/** The calls of a coordinator, wherever it is. */
export interface SessionLink {
  /** Makes a call. It settles when the coordinator is done with it, also where it was cancelled. */
  call<N extends keyof SessionCalls>(
    method: N,
    params: SessionCalls[N]["params"],
    options?: CallOptions<SessionCalls[N]["event"]>,
  ): Promise<SessionCalls[N]["result"]>;
  /** Ends the coordinator with everything that it started; what is pending rejects with `reason`. */
  end(reason: OfaError): void;
}

/** Starts a coordinator: a worker, where there are workers. */
export function startSession(): SessionLink {
  return typeof Worker === "function" ? new WorkerLink() : new DirectLink();
}

/** A coordinator in a worker. */
class WorkerLink implements SessionLink {
  readonly #calls: WorkerCalls<SessionCalls>;

  constructor() {
    // Written out in one expression, which is what bundlers look for.
    const worker = new Worker(new URL("./workers/coordinator.js", import.meta.url), {
      type: "module",
      name: "ofa coordinator",
    });
    this.#calls = new WorkerCalls(worker, () => undefined);
  }

  async call<N extends keyof SessionCalls>(
    method: N,
    params: SessionCalls[N]["params"],
    options?: CallOptions<SessionCalls[N]["event"]>,
  ): Promise<SessionCalls[N]["result"]> {
    try {
      return await this.#calls.call(method, params, options);
    } catch (error) {
      if (error instanceof WorkerLost) {
        throw new OfaError(
          "internal",
          `the worker that does the work ended: ${error.reason}; create a new Selector, which goes on ` +
            "from the last whole shard",
          { cause: error },
        );
      }
      throw toOfaError(error);
    }
  }

  end(reason: OfaError): void {
    this.#calls.end(reason);
  }
}

/** A coordinator in this thread. */
class DirectLink implements SessionLink {
  // Loaded here alone: a page has the coordinator's code in its worker, and none of it in its own thread.
  readonly #session = import("./session.js").then(({ Session }) => {
    const session = new Session(false);
    return { session, handlers: session.handlers() };
  });
  readonly #running = new Set<AbortController>();
  #ended: OfaError | undefined;

  async call<N extends keyof SessionCalls>(
    method: N,
    params: SessionCalls[N]["params"],
    { signal, onEvent }: CallOptions<SessionCalls[N]["event"]> = {},
  ): Promise<SessionCalls[N]["result"]> {
    if (this.#ended !== undefined) {
      throw this.#ended;
    }
    const controller = new AbortController();
    const abort = (): void => controller.abort(signal?.reason);
    if (signal?.aborted === true) {
      throw abortedBy(signal);
    }
    signal?.addEventListener("abort", abort, { once: true });
    this.#running.add(controller);
    try {
      const emit = (event: SessionCalls[N]["event"]): void => onEvent?.(event);
      const { handlers } = await this.#session;
      const result = await handlers[method](params, { signal: controller.signal, emit });
      return result instanceof Transferred ? result.value : result;
    } catch (error) {
      throw this.#ended ?? toOfaError(error);
    } finally {
      signal?.removeEventListener("abort", abort);
      this.#running.delete(controller);
    }
  }

  end(reason: OfaError): void {
    this.#ended = reason;
    for (const controller of this.#running) {
      controller.abort();
    }
    void this.#session.then(({ session }) => session.end()).catch(() => undefined);
  }
}
