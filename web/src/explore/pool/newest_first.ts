// Calls of which only the newest is worth its time.

/** Makes one call at a time. Of those that wait for it the newest is made, and the others never. */
export class NewestFirst {
  #isBusy = false;
  #waiting: ((isWanted: boolean) => void) | undefined;

  /** What a call gives; `undefined` where a newer one took its place before it was made. */
  async call<T>(make: () => Promise<T>): Promise<T | undefined> {
    if (this.#isBusy) {
      this.#waiting?.(false);
      const isWanted = await new Promise<boolean>((resolve) => (this.#waiting = resolve));
      if (!isWanted) {
        return undefined;
      }
    }
    this.#isBusy = true;
    try {
      return await make();
    } finally {
      const next = this.#waiting;
      this.#waiting = undefined;
      // It stays busy for the one that waits, so that none comes between.
      this.#isBusy = next !== undefined;
      next?.(true);
    }
  }
}
