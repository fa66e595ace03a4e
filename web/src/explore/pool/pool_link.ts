// The way to the pool's worker.

import type { PoolAnswer, PoolCalls } from "./pool_calls";

/** Calls of the pool's worker, which makes one after the other. */
export class PoolLink {
  readonly #worker = new Worker(new URL("./pool.worker.ts", import.meta.url), { type: "module", name: "the pool" });
  readonly #pending = new Map<number, { resolve: (answer: never) => void; reject: (error: Error) => void }>();
  #next = 0;

  constructor() {
    this.#worker.onmessage = ({ data: { id, answer } }: MessageEvent<PoolAnswer>) => {
      this.#pending.get(id)?.resolve(answer as never);
      this.#pending.delete(id);
    };
    this.#worker.onerror = ({ message }) => {
      const pending = [...this.#pending.values()];
      this.#pending.clear();
      pending.forEach(({ reject }) => reject(new Error(message)));
    };
  }

  /** Makes a call. What is asked is copied. */
  ask<N extends keyof PoolCalls>(name: N, asked: PoolCalls[N]["asked"]): Promise<PoolCalls[N]["answer"]> {
    return new Promise((resolve, reject) => {
      const id = this.#next++;
      this.#pending.set(id, { resolve, reject });
      this.#worker.postMessage({ id, name, asked });
    });
  }

  /** Ends the worker; what is pending is never answered. */
  end(): void {
    this.#worker.terminate();
  }
}
