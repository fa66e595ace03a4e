// Encoders in the origin's cache: for browsers and workers without a private file system that can
// be appended to. A file is a row of pieces there, each an entry of its own.

import { RECORD, readRecord, writeRecord, type StoredRecord } from "./record.js";
import type { EncoderFolder, EncoderStorage, GrowingFile } from "./storage.js";

/** The cache's name; others of the origin are left alone. */
const CACHE = "ofa-encoders";

/** Bytes of a piece: what is held in memory before it is put. */
const PIECE = 32 << 20;

/** The Cache API. */
export class CacheStorageOfEncoders implements EncoderStorage {
  readonly kind = "cache";

  private constructor(private readonly cache: Cache) {}

  /** Opens it; nothing where the browser has none, or grants none. */
  static async open(): Promise<CacheStorageOfEncoders | undefined> {
    // Missing on pages that did not come by https.
    const caches = (globalThis as { caches?: CacheStorage }).caches;
    try {
      return caches === undefined ? undefined : new CacheStorageOfEncoders(await caches.open(CACHE));
    } catch {
      return undefined;
    }
  }

  async ids(): Promise<string[]> {
    const ids = new Set<string>();
    for (const { url } of await this.cache.keys()) {
      const { pathname } = new URL(url);
      if (pathname.startsWith(PATH)) {
        ids.add(decodeURIComponent(pathname.slice(PATH.length).split("/")[0] ?? ""));
      }
    }
    return [...ids].sort();
  }

  folder(id: string): EncoderFolder {
    return new CacheFolder(this.cache, id);
  }
}

/** Entries are named by addresses. Nothing is ever asked of these. */
const PATH = "/ofa/encoders/";

class CacheFolder implements EncoderFolder {
  constructor(
    private readonly cache: Cache,
    private readonly id: string,
  ) {}

  async record(): Promise<StoredRecord | undefined> {
    const entry = await this.cache.match(this.#address(RECORD));
    return entry === undefined ? undefined : readRecord(await entry.text());
  }

  async keepRecord(record: StoredRecord): Promise<void> {
    await this.cache.put(this.#address(RECORD), new Response(writeRecord(record)));
  }

  async open(name: string): Promise<GrowingFile> {
    const pieces = await this.#pieces(name);
    const length = pieces.reduce((sum, piece) => sum + piece.size, 0);
    return new CacheFile(this.cache, (nth) => this.#address("files", name, String(nth)), pieces.length, length);
  }

  async blob(name: string): Promise<Blob | undefined> {
    const pieces = await this.#pieces(name);
    return pieces.length === 0 ? undefined : new Blob(pieces);
  }

  async remove(name: string): Promise<void> {
    const file = await this.open(name);
    await file.restart();
  }

  async removeAll(): Promise<void> {
    const top = this.#address("");
    for (const { url } of await this.cache.keys()) {
      if (url.startsWith(top)) {
        await this.cache.delete(url);
      }
    }
  }

  async #pieces(name: string): Promise<Blob[]> {
    const pieces: Blob[] = [];
    for (;;) {
      const entry = await this.cache.match(this.#address("files", name, String(pieces.length)));
      if (entry === undefined) {
        return pieces;
      }
      pieces.push(await entry.blob());
    }
  }

  #address(...path: string[]): string {
    const parts = [this.id, ...path].map(encodeURIComponent);
    return new URL(PATH + parts.join("/"), globalThis.origin).href;
  }
}

class CacheFile implements GrowingFile {
  #pending: Uint8Array<ArrayBuffer>[] = [];
  #pendingLength = 0;

  constructor(
    private readonly cache: Cache,
    private readonly address: (nth: number) => string,
    private count: number,
    public length: number,
  ) {}

  async append(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#pending.push(bytes);
    this.#pendingLength += bytes.length;
    this.length += bytes.length;
    if (this.#pendingLength >= PIECE) {
      await this.flush();
    }
  }

  async flush(): Promise<void> {
    if (this.#pendingLength > 0) {
      await this.cache.put(this.address(this.count), new Response(new Blob(this.#pending)));
      this.count += 1;
      this.#pending = [];
      this.#pendingLength = 0;
    }
  }

  async restart(): Promise<void> {
    // From the end: what is left if this breaks off is a beginning, and not one with a gap.
    for (; this.count > 0; this.count--) {
      await this.cache.delete(this.address(this.count - 1));
    }
    this.#pending = [];
    this.#pendingLength = 0;
    this.length = 0;
  }

  close(): Promise<void> {
    return this.flush();
  }
}
