// What is written down of a kept encoder, beside its files.

import { isPlainName } from "./address.js";

/** The record's name in a kept encoder's folder. */
export const RECORD = "stored.json";

/** A kept encoder, whole or as far as it came. */
export interface StoredRecord {
  /** The folder it was fetched from. */
  url: string;
  /** The SHA-256 that the caller wanted it to have. */
  pin?: string;
  /** Of the source checkpoint, where the folder's index names it. */
  fingerprint?: string;
  /** Of the weights that are here, where no index names one: computed once, and so long as no file changes. */
  computedFingerprint?: string;
  /** How weights are stored, where the folder's index names it. */
  dtype?: string;
  /** Whether every file is whole, and verified where a hash was known. */
  complete: boolean;
  files: StoredFile[];
}

/** One file of it. */
export interface StoredFile {
  name: string;
  /** Its whole length, where it is known. */
  bytes?: number;
  /** The SHA-256 it has to have, where it is known. */
  sha256?: string;
  /** What the server calls this version of it: an entity tag or a time. */
  validator?: string;
  /** Whether all of it is there. */
  whole: boolean;
  /**
   * When it was last changed as of its verification, in milliseconds since 1970, where the storage tells
   * that: a file with another time, or another length, is verified again. The files of Chromium's private
   * windows, which are in memory, keep their first time; of those the length alone tells.
   */
  modified?: number;
}

/** The bytes of a record. */
export function writeRecord(record: StoredRecord): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify({ format: "ofa-stored-encoder", version: "1", ...record }));
}

/** Reads a record; nothing where there is none that can be read, which begins the encoder anew. */
export function readRecord(text: string): StoredRecord | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof json !== "object" || json === null) {
    return undefined;
  }
  const record = json as Partial<StoredRecord> & { format?: unknown; version?: unknown };
  const isKnown = record.format === "ofa-stored-encoder" && record.version === "1";
  const isWhole = typeof record.url === "string" && Array.isArray(record.files);
  if (!isKnown || !isWhole || !record.files!.every((file) => isPlainName(file?.name))) {
    return undefined;
  }
  return record as StoredRecord;
}
