// Calls from one thread to another: numbered, typed, with events on the way, cancelled by a signal,
// and ended all at once when the other thread ends.

import { abortedBy, fromPlainError, OfaError, toPlainError, wordsOf, type PlainError } from "./errors.js";

/** Which calls a worker answers: what each takes, gives, and tells on the way. */
export type CallMap = Record<string, { params: unknown; result: unknown; event: unknown }>;

/** From the caller. */
type Asked = { id: number; method: string; params: unknown } | { id: number; abort: true };

/** From the worker. */
type Answered =
  | { id: number; event: unknown }
  | { id: number; value: unknown }
  | { id: number; error: PlainError }
  | { lost: string };

/** A value whose buffers are handed over, not copied. */
export class Transferred<T> {
  /** Takes the value, and the buffers within it. */
  constructor(
    readonly value: T,
    readonly transfer: Transferable[],
  ) {}
}

/** How a call is made. */
export interface CallOptions<E> {
  /** Buffers within the parameters that are handed over. */
  transfer?: Transferable[];
  /** Asks the worker to end the call; it settles when the worker has. */
  signal?: AbortSignal;
  /** Is told what comes on the way. */
  onEvent?: (event: E) => void;
}

/** The worker ended before it answered. */
export class WorkerLost extends Error {
  /** Takes the reason, in words. */
  constructor(readonly reason: string) {
    super(reason);
    this.name = "WorkerLost";
  }
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: unknown): void;
  onEvent: ((event: never) => void) | undefined;
  forget(): void;
}

/** The calling side of a worker. */
export class WorkerCalls<M extends CallMap> {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  readonly #onLoss: (reason: string) => void;
  #nextId = 0;
  #ended: unknown;

  /** Takes a worker that was just started. `onLoss` is called once, if it ends by itself. */
  constructor(worker: Worker, onLoss: (reason: string) => void) {
    this.#worker = worker;
    this.#onLoss = onLoss;
    worker.onmessage = ({ data }: MessageEvent<Answered>) => this.#take(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#lose(event.message === undefined || event.message === "" ? "its script could not be run" : event.message);
    };
    worker.onmessageerror = () => this.#lose("a message to or from it could not be read");
  }

  /** Makes a call. Rejects with {@link WorkerLost} where the worker ends first. */
  call<N extends keyof M & string>(
    method: N,
    params: M[N]["params"],
    options: CallOptions<M[N]["event"]> = {},
  ): Promise<M[N]["result"]> {
    const { signal, transfer = [], onEvent } = options;
    if (this.#ended !== undefined) {
      return Promise.reject(this.#ended);
    }
    if (signal?.aborted === true) {
      return Promise.reject(abortedBy(signal));
    }
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      const abort = (): void => this.#post({ id, abort: true });
      const forget = (): void => signal?.removeEventListener("abort", abort);
      this.#post({ id, method, params }, transfer);
      signal?.addEventListener("abort", abort, { once: true });
      this.#pending.set(id, { resolve, reject, onEvent, forget });
    });
  }

  /** Ends the worker; what was not answered yet is rejected with `reason`. */
  end(reason: unknown): void {
    if (this.#ended !== undefined) {
      return;
    }
    this.#ended = reason;
    this.#worker.terminate();
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { forget, reject } of pending) {
      forget();
      reject(reason);
    }
  }

  #post(message: Asked, transfer: Transferable[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  #take(message: Answered): void {
    if ("lost" in message) {
      this.#lose(message.lost);
      return;
    }
    const pending = this.#pending.get(message.id);
    if (pending === undefined) {
      return;
    }
    if ("event" in message) {
      pending.onEvent?.(message.event as never);
      return;
    }
    this.#pending.delete(message.id);
    pending.forget();
    if ("error" in message) {
      pending.reject(fromPlainError(message.error));
    } else {
      pending.resolve(message.value);
    }
  }

  #lose(reason: string): void {
    if (this.#ended === undefined) {
      this.end(new WorkerLost(reason));
      this.#onLoss(reason);
    }
  }
}

/** What a call's handler has beside the parameters. */
export interface CallContext<E> {
  /** Whether the caller wants it to end. */
  signal: AbortSignal;
  /** Tells the caller something on the way. */
  emit(event: E): void;
}

/** A function for each call. */
export type Handlers<M extends CallMap> = {
  [N in keyof M]: (
    params: M[N]["params"],
    context: CallContext<M[N]["event"]>,
  ) => Promise<M[N]["result"] | Transferred<M[N]["result"]>> | M[N]["result"] | Transferred<M[N]["result"]>;
};

/** The few things of a worker's global scope that answering takes. */
interface Scope {
  onmessage: ((event: MessageEvent<Asked>) => void) | null;
  postMessage(message: Answered, transfer: Transferable[]): void;
  addEventListener(type: "error", listener: (event: ErrorEvent) => void): void;
  addEventListener(type: "unhandledrejection", listener: (event: PromiseRejectionEvent) => void): void;
  close(): void;
}

/** Ends the worker in which calls are answered, with the reason. */
export type EndWorker = (reason: string) => void;

/**
 * Answers calls in this worker.
 *
 * An error that `isEnd` gives words for, and every error that nothing caught, ends the worker: after
 * a trap a WebAssembly module is in no state to go on, and a future that trapped never settles.
 */
export function answerCalls<M extends CallMap>(
  handlers: (end: EndWorker) => Handlers<M>,
  isEnd: (error: unknown) => string | undefined,
): void {
  const scope = globalThis as unknown as Scope;
  const running = new Map<number, AbortController>();
  const post = (message: Answered, transfer: Transferable[] = []): void => scope.postMessage(message, transfer);
  let ended = false;
  const end: EndWorker = (reason) => {
    if (!ended) {
      ended = true;
      post({ lost: reason });
      scope.close();
    }
  };
  const known = handlers(end);
  scope.addEventListener("error", (event) => {
    event.preventDefault();
    end(isEnd(event.error) ?? event.message);
  });
  scope.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    end(isEnd(event.reason) ?? wordsOf(event.reason));
  });
  const answer = async ({ id, method, params }: { id: number; method: string; params: unknown }): Promise<void> => {
    const controller = new AbortController();
    running.set(id, controller);
    try {
      const handler = known[method];
      if (handler === undefined) {
        throw new OfaError("internal", `no worker answers \`${method}\``);
      }
      const emit = (event: unknown): void => post({ id, event });
      const result = await handler(params, { signal: controller.signal, emit });
      if (result instanceof Transferred) {
        post({ id, value: result.value }, result.transfer);
      } else {
        post({ id, value: result });
      }
    } catch (error) {
      const reason = isEnd(error);
      if (reason !== undefined) {
        end(reason);
      } else {
        post({ id, error: toPlainError(error) });
      }
    } finally {
      running.delete(id);
    }
  };
  scope.onmessage = ({ data }) => {
    if ("abort" in data) {
      running.get(data.id)?.abort();
    } else {
      void answer(data);
    }
  };
}

/** The words for an error after which a WebAssembly module cannot go on. */
export function wordsOfTrap(error: unknown, lastPanic: () => string | undefined): string | undefined {
  if (error instanceof WebAssembly.RuntimeError) {
    return panicWords(lastPanic) ?? error.message;
  }
  // What the engine says when it has no more memory for a buffer.
  return error instanceof RangeError ? error.message : undefined;
}

function panicWords(lastPanic: () => string | undefined): string | undefined {
  try {
    return lastPanic();
  } catch {
    return undefined;
  }
}
