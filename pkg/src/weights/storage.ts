// Where encoders are kept between visits: one interface, and which of the places is taken.

import { CacheStorageOfEncoders } from "./cache.js";
import { MemoryStorage } from "./memory.js";
import { OpfsStorage } from "./opfs.js";
import type { StoredRecord } from "./record.js";

/** Where an encoder is kept. */
export type StorageKind = "opfs" | "cache" | "memory";

/** A place for encoders. */
export interface EncoderStorage {
  readonly kind: StorageKind;
  /** The ids of the encoders that are there, whole or not. */
  ids(): Promise<string[]>;
  /** The folder of one; it comes to be with its first file. */
  folder(id: string): EncoderFolder;
}

/** The files of one encoder. */
export interface EncoderFolder {
  /** What is written down of it, if anything is. */
  record(): Promise<StoredRecord | undefined>;
  /** Writes that down. */
  keepRecord(record: StoredRecord): Promise<void>;
  /** Opens a file to append to it; an empty one where there is none. */
  open(name: string): Promise<GrowingFile>;
  /** The bytes of a file, read when they are asked for; nothing where there is none. */
  blob(name: string): Promise<Blob | undefined>;
  /** Removes a file, if it is there. */
  remove(name: string): Promise<void>;
  /** Removes everything of the encoder. */
  removeAll(): Promise<void>;
}

/** A file that grows at its end. */
export interface GrowingFile {
  /** Bytes that are there. */
  readonly length: number;
  append(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** What was appended outlasts this worker from here on. */
  flush(): Promise<void>;
  /** Makes it empty again. */
  restart(): Promise<void>;
  /** Ends the writing, flushed. */
  close(): Promise<void>;
}

/** In memory there are encoders only while this worker lives. */
const memory = new MemoryStorage();

/**
 * The place where encoders are kept: the origin's private files, else its cache, else memory,
 * whichever the browser grants. A private window may have none but memory.
 */
export async function chooseStorage(wanted: "auto" | "memory"): Promise<EncoderStorage> {
  const [lasting] = wanted === "auto" ? await lastingStorages() : [];
  return lasting ?? memory;
}

/** The places that outlast a visit, the first choice first. */
export async function lastingStorages(): Promise<EncoderStorage[]> {
  const storages = [await OpfsStorage.open(), await CacheStorageOfEncoders.open()];
  return storages.filter((storage) => storage !== undefined);
}
