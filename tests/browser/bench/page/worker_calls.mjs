// Calls to a worker: a message there, a message back.

/** In a worker: answers calls with what these functions give. */
export function answerCalls(calls) {
  addEventListener("message", async ({ data: { id, name, given } }) => {
    try {
      postMessage({ id, value: await calls[name](...given) });
    } catch (error) {
      postMessage({ id, error: `${name}: ${error?.stack ?? error}` });
    }
  });
}

/** A worker that is called. */
export class CalledWorker {
  #worker;
  #waiting = new Map();
  #last = 0;

  constructor(script) {
    this.#worker = new Worker(script, { type: "module" });
    this.#worker.addEventListener("message", ({ data: { id, value, error } }) => {
      const { resolve, reject } = this.#waiting.get(id);
      this.#waiting.delete(id);
      error === undefined ? resolve(value) : reject(new Error(error));
    });
    // A worker that could not be started, or threw outside of a call, answers nothing any more.
    this.#worker.addEventListener("error", (event) => {
      const error = new Error(`${script}: ${event.message ?? "the worker could not be started"}`);
      this.#waiting.forEach(({ reject }) => reject(error));
      this.#waiting.clear();
    });
  }

  call(name, ...given) {
    this.#last += 1;
    const id = this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, name, given });
    });
  }

  end() {
    this.#worker.terminate();
  }
}
