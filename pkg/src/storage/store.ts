// A feature store's storage: what the module sees of it at once, and what is awaited between steps.

import type { SourceFile } from "../input_files.js";
import type { JsStore } from "../wasm_module.js";

/** Storage of one feature store, open for one run. */
export interface FeatureStorage extends JsStore {
  /** Where it is. */
  readonly kind: "opfs" | "memory";
  /** Brings everything that was written or removed to the disk, in its order. */
  flush(): Promise<void>;
  /** The files of the store, without those that are only there while it is made. */
  files(): SourceFile[];
  /** Ends the run's hold of it. */
  close(): void;
}

/** The folder within a store of everything that is only there while it is being made. */
export const WORK = ".encode/";

/** The names that start with a prefix and have no further `/` behind it, in ascending order. */
export function namesUnder(names: Iterable<string>, prefix: string): string[] {
  return [...names].filter((name) => name.startsWith(prefix) && !name.slice(prefix.length).includes("/")).sort();
}

/** The error for a reading that a blob does not have. */
export function unreadable(name: string, offset: number, length: number, found: number | undefined): Error {
  return new Error(
    found === undefined
      ? `${name}: there is no such file`
      : `${name}: expected ${length} bytes at ${offset}, found a file of ${found}`,
  );
}
