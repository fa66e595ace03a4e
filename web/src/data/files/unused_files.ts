// What could not be used, with its reason: one line for all files that share it.

import type { Unused } from "../../session/dataset_input";

/** Gathers files that cannot be used. */
export class UnusedFiles {
  readonly #byReason = new Map<string, Unused>();

  /** Files of the same kind and reason are one line, with the first as their example. */
  add(path: string, reason: string, count = 1): void {
    const known = this.#byReason.get(reason);
    if (known === undefined) {
      this.#byReason.set(reason, { path, count, reason });
    } else {
      known.count += count;
    }
  }

  /** Those that are most come first. */
  list(): Unused[] {
    return [...this.#byReason.values()].sort((a, b) => b.count - a.count);
  }
}
