// Encoders in memory: for where nothing else is granted, and for whoever wants no trace left.

import type { StoredRecord } from "./record.js";
import type { EncoderFolder, EncoderStorage, GrowingFile } from "./storage.js";

/** Small pieces are joined to blobs of this length, which browsers may keep on the disk. */
const JOINED = 8 << 20;

/** A place that is gone when the worker ends. What broke off goes on within its life. */
export class MemoryStorage implements EncoderStorage {
  readonly kind = "memory";
  readonly #folders = new Map<string, MemoryFolder>();

  ids(): Promise<string[]> {
    return Promise.resolve([...this.#folders.keys()]);
  }

  folder(id: string): EncoderFolder {
    const folder = this.#folders.get(id) ?? new MemoryFolder(() => this.#folders.delete(id));
    this.#folders.set(id, folder);
    return folder;
  }
}

class MemoryFolder implements EncoderFolder {
  #record: StoredRecord | undefined;
  readonly #files = new Map<string, MemoryFile>();

  constructor(private readonly forget: () => void) {}

  record(): Promise<StoredRecord | undefined> {
    return Promise.resolve(this.#record);
  }

  keepRecord(record: StoredRecord): Promise<void> {
    this.#record = structuredClone(record);
    return Promise.resolve();
  }

  open(name: string): Promise<GrowingFile> {
    const file = this.#files.get(name) ?? new MemoryFile();
    this.#files.set(name, file);
    return Promise.resolve(file);
  }

  blob(name: string): Promise<Blob | undefined> {
    return Promise.resolve(this.#files.get(name)?.blob());
  }

  remove(name: string): Promise<void> {
    this.#files.delete(name);
    return Promise.resolve();
  }

  removeAll(): Promise<void> {
    this.#record = undefined;
    this.#files.clear();
    this.forget();
    return Promise.resolve();
  }
}

class MemoryFile implements GrowingFile {
  length = 0;
  #joined: Blob[] = [];
  #pieces: Uint8Array<ArrayBuffer>[] = [];
  #piecesLength = 0;

  append(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#pieces.push(bytes);
    this.#piecesLength += bytes.length;
    this.length += bytes.length;
    return this.#piecesLength < JOINED ? Promise.resolve() : this.flush();
  }

  flush(): Promise<void> {
    if (this.#pieces.length > 0) {
      this.#joined.push(new Blob(this.#pieces));
      this.#pieces = [];
      this.#piecesLength = 0;
    }
    return Promise.resolve();
  }

  restart(): Promise<void> {
    this.#joined = [];
    this.#pieces = [];
    this.#piecesLength = 0;
    this.length = 0;
    return Promise.resolve();
  }

  close(): Promise<void> {
    return this.flush();
  }

  blob(): Blob {
    return new Blob([...this.#joined, ...this.#pieces]);
  }
}
