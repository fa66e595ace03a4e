// One file, in pieces, each kept as it arrives, so that what breaks off goes on from there.

import { OfaError, wordsOf } from "../errors.js";
import { shown } from "./address.js";
import { Transient, absent, ask, discard, isAbsent, isPage, pageInstead, persistently, refusal } from "./request.js";
import type { EncoderFolder, GrowingFile } from "./storage.js";
import type { StoredFile } from "./record.js";

/** Bytes that are asked for at a time. */
const PIECE = 32 << 20;

/** How often a file may change while it is fetched before that is an error. */
const MOST_CHANGES = 2;

/** There is no such file, or a page in its place; nothing of it was kept. */
export class Absent extends Error {
  constructor(
    readonly failure: OfaError,
    readonly isPage: boolean,
  ) {
    super(failure.message);
  }
}

/** A file to be fetched, and where its bytes go. */
export interface Download {
  readonly address: URL;
  /** Its entry in the record; `bytes` and `validator` are filled in as they become known. */
  readonly file: StoredFile;
  readonly folder: EncoderFolder;
  readonly signal: AbortSignal | undefined;
  /** Called before the first byte of a version of the file is kept, with `file` filled in. */
  begin(): Promise<void>;
  /** Called with the bytes of the file that are there. */
  onBytes(bytes: number): void;
}

/**
 * Fetches what is missing of a file.
 *
 * @throws OfaError `download_failed`, `changed`; {@link Absent}; what the storage throws where there is no room. What
 * arrived before that is kept.
 */
export async function download(what: Download): Promise<void> {
  const target = await what.folder.open(what.file.name);
  try {
    await new Fetching(what, target).run();
  } finally {
    await target.close();
  }
}

/** The state of one file's download. */
class Fetching {
  #changes = 0;

  constructor(
    private readonly what: Download,
    private readonly target: GrowingFile,
  ) {}

  async run(): Promise<void> {
    const { file, signal } = this.what;
    // Bytes whose version nothing tells cannot be gone on with.
    if (this.target.length > 0 && file.sha256 === undefined && file.validator === undefined) {
      await this.target.restart();
    }
    if (file.bytes !== undefined && this.target.length > file.bytes) {
      await this.target.restart();
    }
    this.what.onBytes(this.target.length);
    let isWhole = file.bytes !== undefined && this.target.length === file.bytes;
    if (file.bytes === 0) {
      await this.what.begin();
    }
    while (!isWhole) {
      isWhole = await persistently(signal, () => this.#next());
    }
  }

  /** Fetches the next piece; whether the file is whole then. */
  async #next(): Promise<boolean> {
    const { address, file, signal } = this.what;
    const from = this.target.length;
    const to = Math.min(from + PIECE, file.bytes ?? Infinity) - 1;
    const response = await ask(address, signal, `bytes=${from}-${to}`);
    try {
      return await this.#take(response, from, to);
    } finally {
      await discard(response);
    }
  }

  async #take(response: Response, from: number, to: number): Promise<boolean> {
    const { address, file } = this.what;
    if (response.status === 416 && from > 0) {
      const total = totalOf(response);
      // Where no length was told, this is how the end is found.
      if (file.bytes === undefined && (total === undefined || total === from)) {
        file.bytes = from;
        return true;
      }
      await this.#beginAnew(total);
      return false;
    }
    if (isAbsent(response)) {
      throw new Absent(absent(address, response), false);
    }
    if (response.status !== 206 && response.status !== 200) {
      throw refusal(address, response);
    }
    if (isPage(response)) {
      throw new Absent(pageInstead(address), true);
    }
    const isPart = response.status === 206;
    const start = isPart ? (rangeOf(response)?.start ?? from) : 0;
    if (start !== from && start !== 0) {
      throw new OfaError(
        "download_failed",
        `${shown(address)}: asked for the bytes from ${from} on, found those from ${start} on; the server's ` +
          "answers to ranges cannot be relied on",
      );
    }
    const validator = validatorOf(response);
    const total = totalOf(response);
    const differs =
      (validator !== undefined && file.validator !== undefined && validator !== file.validator) ||
      (total !== undefined && file.bytes !== undefined && total !== file.bytes);
    if (differs && file.sha256 !== undefined && total !== undefined && total !== file.bytes) {
      throw wrongLength(address, file.bytes, total);
    }
    if (differs && from > 0) {
      await this.#beginAnew(undefined);
      return false;
    }
    if (start !== from) {
      // The server gives whole files only.
      await this.target.restart();
    }
    if (this.target.length === 0) {
      setOrDelete(file, "validator", validator);
      if (total !== undefined || (differs && file.sha256 === undefined)) {
        setOrDelete(file, "bytes", total);
      }
      await this.what.begin();
    }
    const received = await this.#receive(response);
    return this.#isWhole(isPart, received, to - from + 1);
  }

  #isWhole(isPart: boolean, received: number, asked: number): boolean {
    const { address, file } = this.what;
    const { length } = this.target;
    if (file.bytes === undefined) {
      const isEnd = !isPart || received < asked;
      if (isEnd) {
        file.bytes = length;
      }
      return isEnd;
    }
    if (length > file.bytes) {
      throw wrongLength(address, file.bytes, length);
    }
    if (length < file.bytes && received === 0) {
      throw new Transient(wrongLength(address, file.bytes, length));
    }
    return length === file.bytes;
  }

  /** Keeps the bytes of an answer as they come, and gives their number. */
  async #receive(response: Response): Promise<number> {
    const { address, file, signal } = this.what;
    const reader = response.body?.getReader();
    let received = 0;
    try {
      for (;;) {
        let next: ReadableStreamReadResult<Uint8Array<ArrayBuffer>> | undefined;
        try {
          next = await reader?.read();
        } catch (cause) {
          signal?.throwIfAborted();
          throw new Transient(
            new OfaError(
              "download_failed",
              `${shown(address)}: broke off after ${this.target.length} bytes` +
                `${file.bytes === undefined ? "" : ` of ${file.bytes}`} (${wordsOf(cause)}); try again, it goes on from there`,
              { cause },
            ),
          );
        }
        signal?.throwIfAborted();
        if (next === undefined || next.done) {
          return received;
        }
        if (this.target.length === 0 && next.value[0] === 0x3c && !file.name.endsWith(".txt")) {
          // `<`: neither JSON nor safetensors begins so.
          throw pageInstead(address);
        }
        await this.target.append(next.value);
        received += next.value.length;
        this.what.onBytes(this.target.length);
      }
    } finally {
      await this.target.flush();
      reader?.releaseLock();
    }
  }

  /** The file on the server is another than the one that was begun. */
  async #beginAnew(total: number | undefined): Promise<void> {
    const { address, file } = this.what;
    this.#changes += 1;
    if (this.#changes > MOST_CHANGES) {
      throw new OfaError(
        "changed",
        `${shown(address)}: changed ${this.#changes} times while it was fetched; try again when it is at rest`,
      );
    }
    await this.target.restart();
    this.what.onBytes(0);
    delete file.validator;
    // A length that the index names stands.
    if (file.sha256 === undefined) {
      setOrDelete(file, "bytes", total);
    }
  }
}

/** What tells one version of a file from another. Another origin's server may keep it to itself. */
export function validatorOf(response: Response): string | undefined {
  return response.headers.get("etag") ?? response.headers.get("last-modified") ?? undefined;
}

/** The whole file's length, where the answer tells it. */
export function totalOf(response: Response): number | undefined {
  if (response.status === 200) {
    // Of a compressed answer it would be the compressed length.
    const isPlain = response.headers.get("content-encoding") === null;
    return isPlain ? wholeNumber(response.headers.get("content-length")) : undefined;
  }
  return rangeOf(response)?.total;
}

function rangeOf(response: Response): { start?: number; total?: number } | undefined {
  const found = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/u.exec(response.headers.get("content-range") ?? "");
  if (found === null) {
    return undefined;
  }
  const [start, total] = [wholeNumber(found[1]), wholeNumber(found[2])];
  return { ...(start === undefined ? {} : { start }), ...(total === undefined ? {} : { total }) };
}

function wholeNumber(text: string | null | undefined): number | undefined {
  const number = Number(text);
  return text != null && /^\d+$/u.test(text) && Number.isSafeInteger(number) ? number : undefined;
}

function wrongLength(address: URL, expected: number | undefined, found: number): OfaError {
  return new OfaError(
    "download_failed",
    `${shown(address)}: expected ${expected} bytes, found ${found}; the file is not whole, or not the one that belongs here`,
  );
}

function setOrDelete<K extends "validator" | "bytes">(file: StoredFile, key: K, value: StoredFile[K]): void {
  if (value === undefined) {
    delete file[key];
  } else {
    file[key] = value;
  }
}
