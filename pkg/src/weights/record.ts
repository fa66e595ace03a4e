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
