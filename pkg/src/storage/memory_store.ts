// A feature store in memory: where the browser grants no storage, or none is wanted.

import type { SourceFile } from "../input_files.js";
import { namesUnder, unreadable, WORK, type FeatureStorage } from "./store.js";

/** Named blobs that are gone with the page. */
export class MemoryStore implements FeatureStorage {
  readonly kind = "memory";
  readonly location = "the page's memory";
  readonly #blobs = new Map<string, Uint8Array<ArrayBuffer>>();

  list(prefix: string): string[] {
    return namesUnder(this.#blobs.keys(), prefix);
  }

  length(name: string): number | undefined {
    return this.#blobs.get(name)?.length;
  }

  read(name: string, offset: number, length: number): Uint8Array {
    const blob = this.#blobs.get(name);
    if (blob === undefined || offset + length > blob.length) {
      throw unreadable(name, offset, length, blob?.length);
    }
    return blob.subarray(offset, offset + length);
  }

  write(name: string, bytes: Uint8Array<ArrayBuffer>): void {
    this.#blobs.set(name, bytes);
  }

  remove(name: string): void {
    this.#blobs.delete(name);
  }

  removeFolder(folder: string): void {
    for (const name of [...this.#blobs.keys()]) {
      if (name.startsWith(folder)) {
        this.#blobs.delete(name);
      }
    }
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }

  files(): SourceFile[] {
    const files = [...this.#blobs].filter(([name]) => !name.startsWith(WORK));
    return files.map(([path, source]) => ({ path, source })).sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  close(): void {
    // There is nothing to let go of: whoever holds the files holds the memory.
  }
}
