// An encoder from an address: fetched, verified and kept; or the one that is kept already.

import { OfaError, wordsOf } from "../errors.js";
import { alone } from "./alone.js";
import { fileAddress, folderAddress, shown } from "./address.js";
import { Absent, download } from "./download.js";
import { WEIGHTS } from "./huggingface_layout.js";
import { lockName } from "./kept.js";
import { planOf, type Plan } from "./plan.js";
import type { StoredFile, StoredRecord } from "./record.js";
import { Transient } from "./request.js";
import { requireRoom, storageFull } from "./room.js";
import { requireSafetensors } from "./safetensors.js";
import { sha256 } from "./sha256.js";
import { chooseStorage, type EncoderFolder, type EncoderStorage, type StorageKind } from "./storage.js";
import { isDigest } from "./web_layout.js";

/** Where an encoder is, and which one it has to be. */
export interface EncoderAddress {
  /** The address of a folder: one that `ofa export-encoder` wrote, or one in Hugging Face layout. */
  readonly url: string;
  /** SHA-256 of the folder's `ofa-encoder.json` or, where it has none, of its `model.safetensors`. */
  readonly sha256?: string;
}

/** How it is fetched. */
export interface FetchEncoderOptions {
  readonly signal?: AbortSignal;
  /** Called as bytes come: those that are there, and those of the whole as far as known. */
  readonly onProgress?: (bytes: number, of: number) => void;
  /** `memory` leaves no trace; `auto` keeps the encoder where the browser grants a place. */
  readonly storage?: "auto" | "memory";
}

/** An encoder's files. */
export interface FetchedEncoder {
  readonly files: { path: string; source: Blob }[];
  /**
   * Of the checkpoint that an export was made from, as the index says; without an index, what
   * `rememberFingerprint` was told on an earlier visit, if no file has changed since.
   */
  readonly fingerprint?: string;
  /** `f32`, `f16` or `q8`, where an index tells it. */
  readonly dtype?: string;
  /** Where the files are now. */
  readonly kept: StorageKind;
  /** Writes down, beside the files, the fingerprint that they were found to have, so that the next visit need not. */
  rememberFingerprint(fingerprint: string): Promise<void>;
}

/**
 * Fetches an encoder, or opens the one that an earlier call kept, which asks the network for
 * nothing. What broke off goes on where it was; a file that has changed since is begun anew. Calls
 * for one address take turns, also over tabs. For a worker: its storage needs synchronous access.
 *
 * An encoder that is kept stays as it is when its address has another one later: name the other
 * one's `sha256`, or delete the one that is kept.
 *
 * @throws OfaError `aborted`, `bad_option`, `bad_encoder`, `download_failed`, `hash_mismatch`,
 * `changed`, `storage_full`, `storage_denied`, `store_in_use`.
 */
export async function fetchEncoder(
  address: EncoderAddress,
  options: FetchEncoderOptions = {},
): Promise<FetchedEncoder> {
  const { signal } = options;
  try {
    signal?.throwIfAborted();
    const folder = folderAddress(address.url);
    const pin = address.sha256?.toLowerCase();
    if (pin !== undefined && !isDigest(pin)) {
      throw new OfaError("bad_option", `encoder.sha256: expected 64 hexadecimal digits, found "${address.sha256}"`);
    }
    const storage = await chooseStorage(options.storage ?? "auto");
    const id = await encoderId(folder);
    return await alone(lockName(id), signal, async () => {
      const encoder = new Encoder(folder, id, pin, storage, options);
      return (await encoder.kept()) ?? (await encoder.fetched());
    });
  } catch (error) {
    throw await asOfaError(error, signal);
  }
}

/** The id of what an address has; a query may be a signature that is new each time. */
async function encoderId(folder: URL): Promise<string> {
  return (await sha256(new Blob([shown(folder)]))).slice(0, 32);
}

class Encoder {
  readonly #url: string;
  private readonly folder: EncoderFolder;

  constructor(
    private readonly address: URL,
    private readonly id: string,
    private readonly pin: string | undefined,
    private readonly storage: EncoderStorage,
    private readonly options: FetchEncoderOptions,
  ) {
    this.#url = shown(address);
    this.folder = storage.folder(id);
  }

  /** The encoder that is there already; nothing where it is not, not whole, or another one. */
  async kept(): Promise<FetchedEncoder | undefined> {
    const record = await this.folder.record();
    if (
      record?.complete !== true ||
      record.url !== this.#url ||
      !(await this.#isWanted(record)) ||
      !(await this.#isAsVerified(record))
    ) {
      return undefined;
    }
    const files = await this.#files(record);
    if (files === undefined) {
      return undefined;
    }
    const bytes = files.reduce((sum, { source }) => sum + source.size, 0);
    this.options.onProgress?.(bytes, bytes);
    return this.#result(record, files);
  }

  async #isWanted(record: StoredRecord): Promise<boolean> {
    if (this.pin === undefined || this.pin === record.pin) {
      return true;
    }
    if (record.pin !== undefined) {
      return false;
    }
    // It was fetched without a hash; what it has tells.
    const weights = await this.folder.blob(WEIGHTS);
    if (weights === undefined || (await sha256(weights, this.options.signal)) !== this.pin) {
      return false;
    }
    record.pin = this.pin;
    await this.folder.keepRecord(record);
    return true;
  }

  /** Whether no file has changed since it was verified, or those that have pass again. */
  async #isAsVerified(record: StoredRecord): Promise<boolean> {
    for (const file of record.files) {
      const blob = await this.folder.blob(file.name);
      if (blob?.size !== file.bytes) {
        return false;
      }
      if (modifiedOf(blob) !== file.modified) {
        delete record.computedFingerprint;
        try {
          await this.#verify(file, record);
        } catch (error) {
          if (error instanceof OfaError) {
            // It was removed, and is fetched again.
            return false;
          }
          throw error;
        }
      }
    }
    return true;
  }

  /** Fetches what is missing. */
  async fetched(): Promise<FetchedEncoder> {
    const { address, pin } = this;
    const plan = await planOf(address, pin, this.options.signal);
    try {
      return await this.#carryOut(plan);
    } catch (error) {
      if (!(error instanceof Absent)) {
        throw error;
      }
      return await this.#carryOutOther(plan, error);
    }
  }

  /** For where the plan's one file is not there. */
  async #carryOutOther(plan: Plan, { failure, isPage }: Absent): Promise<FetchedEncoder> {
    const other = await plan.otherwise?.().catch((error: unknown) => {
      // A page in place of the file says more than that there is no other file either.
      throw isPage && error instanceof OfaError && error.code === "bad_encoder" ? failure : error;
    });
    if (other === undefined) {
      throw failure;
    }
    try {
      return await this.#carryOut(other);
    } catch (error) {
      throw error instanceof Absent ? error.failure : error;
    }
  }

  async #carryOut(plan: Plan): Promise<FetchedEncoder> {
    const record = await this.#begin(plan);
    const smallBytes = [...plan.small.values()].reduce((sum, bytes) => sum + bytes.length, 0);
    const there = new Map<string, number>();
    for (const file of record.files) {
      there.set(file.name, Math.min((await this.folder.blob(file.name))?.size ?? 0, file.bytes ?? Infinity));
    }
    const sum = (numbers: Iterable<number>): number => [...numbers].reduce((all, number) => all + number, 0);
    const come = (): number => smallBytes + sum(there.values());
    const whole = (): number =>
      smallBytes + sum(record.files.map((file) => file.bytes ?? there.get(file.name) ?? 0));
    this.options.onProgress?.(come(), whole());
    try {
      await this.#fetchInto(record, plan, {
        missing: () => whole() - come(),
        onBytes: (file, bytes) => {
          there.set(file.name, bytes);
          this.options.onProgress?.(come(), whole());
        },
      });
    } catch (error) {
      const isKnown = record.files.every((file) => file.bytes !== undefined);
      throw await storageFull(error, isKnown ? whole() - come() : undefined);
    }
    const files = await this.#files(record);
    if (files === undefined) {
      throw new OfaError("internal", `${this.#url}: the files that were kept are gone again; try again`);
    }
    if (this.storage.kind === "memory") {
      // The blobs hold the bytes from here on.
      await this.folder.removeAll();
    }
    return this.#result(record, files);
  }

  async #fetchInto(
    record: StoredRecord,
    plan: Plan,
    { missing, onBytes }: { missing: () => number; onBytes: (file: StoredFile, bytes: number) => void },
  ): Promise<void> {
    await this.folder.keepRecord(record);
    for (const [name, bytes] of plan.small) {
      await this.#keepSmall(name, bytes);
    }
    for (const file of record.files) {
      if (!file.whole) {
        await download({
          address: fileAddress(this.address, file.name),
          file,
          folder: this.folder,
          signal: this.options.signal,
          begin: async () => {
            if (this.storage.kind !== "memory") {
              await requireRoom(missing());
            }
            await this.folder.keepRecord(record);
          },
          onBytes: (bytes) => onBytes(file, bytes),
        });
        await this.#verify(file, record);
      }
    }
    for (const [name, bytes] of plan.small) {
      const file: StoredFile = { name, bytes: bytes.length, whole: true };
      mark(file, await this.folder.blob(name));
      record.files.push(file);
    }
    record.complete = true;
    await this.folder.keepRecord(record);
  }

  /** The record of what is to be: files of an earlier attempt count where they are the same ones. */
  async #begin(plan: Plan): Promise<StoredRecord> {
    const before = await this.folder.record();
    const files: StoredFile[] = [];
    for (const wanted of plan.files) {
      const had = before?.files.find((file) => file.name === wanted.name);
      if (had === undefined || !isSameFile(had, wanted)) {
        await this.folder.remove(wanted.name);
        files.push({ ...wanted });
        continue;
      }
      const blob = await this.folder.blob(had.name);
      const isAsVerified = blob?.size === had.bytes && modifiedOf(blob) === had.modified;
      files.push({ ...had, ...wanted, whole: had.whole && isAsVerified });
    }
    const names = new Set([...plan.small.keys(), ...files.map((file) => file.name)]);
    for (const file of before?.files ?? []) {
      if (!names.has(file.name)) {
        await this.folder.remove(file.name);
      }
    }
    const { fingerprint, dtype, pin } = plan;
    return {
      url: this.#url,
      ...(pin === undefined ? {} : { pin }),
      ...(fingerprint === undefined ? {} : { fingerprint }),
      ...(dtype === undefined ? {} : { dtype }),
      complete: false,
      files,
    };
  }

  async #keepSmall(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const file = await this.folder.open(name);
    try {
      await file.restart();
      await file.append(bytes);
    } finally {
      await file.close();
    }
  }

  /** Verifies a file that has all its bytes. A bad one is removed. */
  async #verify(file: StoredFile, record: StoredRecord): Promise<void> {
    const where = shown(fileAddress(this.address, file.name));
    // Taken before it is read: what changes from here on gives no bytes, or has another mark.
    const blob = (await this.folder.blob(file.name)) ?? new Blob();
    try {
      if (file.sha256 !== undefined) {
        const found = await sha256(blob, this.options.signal);
        if (found !== file.sha256) {
          throw new OfaError(
            "hash_mismatch",
            `${where}: expected SHA-256 ${file.sha256}, found ${found}; the file is damaged or not the one that ` +
              "belongs here. It was deleted: try again, or ask whoever serves it",
            { details: { file: file.name, expected: file.sha256, found } },
          );
        }
      } else if (file.name.endsWith(".safetensors")) {
        await requireSafetensors(blob, where);
      }
    } catch (error) {
      if (error instanceof OfaError) {
        await this.folder.remove(file.name);
        delete file.validator;
        await this.folder.keepRecord(record);
      }
      throw error;
    }
    file.whole = true;
    mark(file, blob);
    await this.folder.keepRecord(record);
  }

  /** The files that a record names; nothing where one is not there with its length. */
  async #files(record: StoredRecord): Promise<FetchedEncoder["files"] | undefined> {
    const files: FetchedEncoder["files"] = [];
    for (const { name, bytes, whole } of record.files) {
      const source = (await this.folder.blob(name)) ?? new Blob();
      if (!whole || source.size !== bytes) {
        return undefined;
      }
      files.push({ path: name, source });
    }
    return files;
  }

  #result(record: StoredRecord, files: FetchedEncoder["files"]): FetchedEncoder {
    const { fingerprint = record.computedFingerprint, dtype } = record;
    return {
      files,
      ...(fingerprint === undefined ? {} : { fingerprint }),
      ...(dtype === undefined ? {} : { dtype }),
      kept: this.storage.kind,
      rememberFingerprint: (found) => this.#remember(found, record),
    };
  }

  async #remember(computedFingerprint: string, { files }: StoredRecord): Promise<void> {
    await alone(lockName(this.id), undefined, async () => {
      const record = await this.folder.record();
      // Another tab may have fetched or deleted it meanwhile.
      if (record?.complete === true && JSON.stringify(record.files) === JSON.stringify(files)) {
        await this.folder.keepRecord({ ...record, computedFingerprint });
      }
    });
  }
}

/** When a kept file was last changed, where its storage tells that. */
function modifiedOf(blob: Blob | undefined): number | undefined {
  return (blob as Partial<File> | undefined)?.lastModified;
}

/** Writes down that a file is verified as it is now. */
function mark(file: StoredFile, blob: Blob | undefined): void {
  const modified = modifiedOf(blob);
  if (modified === undefined) {
    delete file.modified;
  } else {
    file.modified = modified;
  }
}

/** Whether what is there of a file goes on to be that file. */
function isSameFile(had: StoredFile, wanted: StoredFile): boolean {
  if (wanted.sha256 !== undefined || had.sha256 !== undefined) {
    return had.sha256 === wanted.sha256;
  }
  if (wanted.bytes === undefined && wanted.validator === undefined) {
    // Nothing was asked of it yet: the answer to what is missing will tell, if something is.
    return had.validator !== undefined && !had.whole;
  }
  return had.validator !== undefined && had.validator === wanted.validator && had.bytes === wanted.bytes;
}

async function asOfaError(error: unknown, signal: AbortSignal | undefined): Promise<OfaError> {
  if (signal?.aborted === true) {
    return new OfaError("aborted", "fetching the encoder was aborted; called again, it goes on from there", {
      cause: error,
    });
  }
  if (error instanceof Transient) {
    return error.failure;
  }
  // The failures that are known come back as they are.
  const known = await storageFull(error, undefined);
  if (known instanceof OfaError) {
    return known;
  }
  const name = error instanceof DOMException ? error.name : undefined;
  if (name === "NoModificationAllowedError") {
    return new OfaError("store_in_use", "the encoder is being written by another tab; close it, or wait", {
      cause: error,
    });
  }
  if (name === "SecurityError" || name === "NotAllowedError" || name === "InvalidStateError") {
    return new OfaError(
      "storage_denied",
      `the browser does not let this page keep files (${wordsOf(error)}); use storage: "memory"`,
      { cause: error },
    );
  }
  return new OfaError("internal", `fetching the encoder failed: ${wordsOf(error)}`, { cause: error });
}
