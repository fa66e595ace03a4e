// One at a time, over all tabs of the origin where the browser has locks.

/** Work that waits in this worker, where there are no locks. */
const queues = new Map<string, Promise<unknown>>();

/**
 * Does work while nobody else does any of the same name; waits for its turn.
 *
 * @throws what the work throws, and the signal's reason when it is aborted while waiting.
 */
export async function alone<T>(name: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  const locks = lockManager();
  if (locks !== undefined) {
    return (await locks.request(name, signal === undefined ? {} : { signal }, work)) as T;
  }
  const before = queues.get(name) ?? Promise.resolve();
  const now = before.then(work, work);
  const ended = now.catch(() => undefined);
  queues.set(name, ended);
  try {
    return await now;
  } finally {
    if (queues.get(name) === ended) {
      queues.delete(name);
    }
  }
}

/** Does work if nobody else does any of the same name; whether it was done. */
export async function ifAlone(name: string, work: () => Promise<void>): Promise<boolean> {
  const locks = lockManager();
  if (locks === undefined) {
    if (queues.has(name)) {
      return false;
    }
    await alone(name, undefined, work);
    return true;
  }
  return locks.request(name, { ifAvailable: true }, async (lock) => {
    if (lock !== null) {
      await work();
    }
    return lock !== null;
  });
}

function lockManager(): LockManager | undefined {
  return (globalThis.navigator as { locks?: LockManager } | undefined)?.locks;
}
