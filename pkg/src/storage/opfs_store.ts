// A feature store in the origin-private file system, seen synchronously.
//
// The browser opens and writes files asynchronously, the pipeline reads and writes at once. So the
// folder is mirrored: files that stand are `File` objects, read in slices; what is written or removed
// stands in the mirror immediately, waits in line, and reaches the disk between two steps.

import { OfaError, toOfaError, wordsOf } from "../errors.js";
import type { SourceFile } from "../input_files.js";
import { canWriteWhole, filesBelow, folderAt, isAbsent, removeEntry, writeWhole } from "./opfs_folder.js";
import { noRoom } from "./storage_room.js";
import { namesUnder, unreadable, WORK, type FeatureStorage } from "./store.js";

type Change =
  | { kind: "write"; name: string; bytes: Uint8Array<ArrayBuffer> }
  | { kind: "remove"; name: string }
  | { kind: "removeFolder"; folder: string };

/** A feature store in a folder of the origin-private file system. */
export class OpfsStore implements FeatureStorage {
  readonly kind = "opfs";
  readonly #blobs: Map<string, File | Uint8Array<ArrayBuffer>>;
  readonly #changes: Change[] = [];
  readonly #reader = new FileReaderSync();
  #flushing: Promise<void> | undefined;

  private constructor(
    private readonly folder: FileSystemDirectoryHandle,
    readonly location: string,
    private readonly expectedBytes: number,
    private readonly onClose: () => void,
    files: Map<string, File>,
  ) {
    this.#blobs = new Map(files);
  }

  /**
   * Opens a folder. `expectedBytes` is about how large the whole store becomes, for the message
   * when there is no room; `onClose` lets go of the lock.
   */
  static async open(
    folder: FileSystemDirectoryHandle,
    location: string,
    expectedBytes: number,
    onClose: () => void,
  ): Promise<OpfsStore> {
    if (!canWriteWhole()) {
      throw new OfaError("storage_denied", `${location}: this browser cannot write files as a whole`);
    }
    return new OpfsStore(folder, location, expectedBytes, onClose, await filesBelow(folder, true));
  }

  list(prefix: string): string[] {
    return namesUnder(this.#blobs.keys(), prefix);
  }

  length(name: string): number | undefined {
    const blob = this.#blobs.get(name);
    return blob instanceof Blob ? blob.size : blob?.length;
  }

  read(name: string, offset: number, length: number): Uint8Array {
    const blob = this.#blobs.get(name);
    const size = this.length(name);
    if (blob === undefined || size === undefined || offset + length > size) {
      throw unreadable(name, offset, length, size);
    }
    return blob instanceof Blob
      ? new Uint8Array(this.#reader.readAsArrayBuffer(blob.slice(offset, offset + length)))
      : blob.subarray(offset, offset + length);
  }

  write(name: string, bytes: Uint8Array<ArrayBuffer>): void {
    this.#blobs.set(name, bytes);
    this.#changes.push({ kind: "write", name, bytes });
  }

  remove(name: string): void {
    this.#blobs.delete(name);
    this.#changes.push({ kind: "remove", name });
  }

  removeFolder(folder: string): void {
    for (const name of [...this.#blobs.keys()]) {
      if (name.startsWith(folder)) {
        this.#blobs.delete(name);
      }
    }
    this.#changes.push({ kind: "removeFolder", folder });
  }

  flush(): Promise<void> {
    this.#flushing ??= this.#flushAll().finally(() => (this.#flushing = undefined));
    return this.#flushing;
  }

  files(): SourceFile[] {
    const files = [...this.#blobs].filter(([name]) => !name.startsWith(WORK));
    return files.map(([path, source]) => ({ path, source })).sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  close(): void {
    this.#changes.length = 0;
    this.onClose();
  }

  async #flushAll(): Promise<void> {
    for (let change = this.#changes[0]; change !== undefined; change = this.#changes[0]) {
      try {
        await this.#bringToDisk(change);
      } catch (error) {
        throw await this.#failure(change, error);
      }
      this.#changes.shift();
    }
  }

  async #bringToDisk(change: Change): Promise<void> {
    const path = (change.kind === "removeFolder" ? change.folder.replace(/\/$/u, "") : change.name).split("/");
    const name = path.pop() ?? "";
    const folder = await folderAt(this.folder, path, change.kind === "write");
    if (folder === undefined) {
      return;
    }
    if (change.kind !== "write") {
      await removeEntry(folder, name);
      return;
    }
    const file = await writeWhole(folder, name, change.bytes);
    // Unless it was written again or removed meanwhile, the file takes the place of its bytes.
    if (this.#blobs.get(change.name) === change.bytes) {
      this.#blobs.set(change.name, file);
    }
  }

  async #failure(change: Change, error: unknown): Promise<OfaError> {
    const name = change.kind === "removeFolder" ? change.folder : change.name;
    const { code } = toOfaError(error, "storage_denied");
    if (code !== "storage_full") {
      // A folder that is gone was deleted under us, by the user or by the browser.
      const advice = isAbsent(error) ? "; its folder was removed meanwhile, so run again" : "";
      return new OfaError(
        isAbsent(error) ? "changed" : "storage_denied",
        `${this.location}: ${name} cannot be written or removed: ${wordsOf(error)}${advice}`,
        { cause: error },
      );
    }
    let present = 0;
    for (const blob of this.#blobs.values()) {
      present += blob instanceof Blob ? blob.size : 0;
    }
    const pending = this.#changes.reduce((sum, each) => sum + (each.kind === "write" ? each.bytes.length : 0), 0);
    const needed = Math.max(pending, this.expectedBytes - present);
    return noRoom(`${this.location}: ${name}`, needed, error);
  }
}
