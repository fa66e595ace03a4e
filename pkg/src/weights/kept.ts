// The encoders that are kept: seen and deleted.

import { OfaError } from "../errors.js";
import { ifAlone } from "./alone.js";
import { lastingStorages, type StorageKind } from "./storage.js";

/** An encoder that is kept in this browser, whole or as far as it came. */
export interface StoredEncoder {
  /** What `deleteStoredEncoder` takes. */
  readonly id: string;
  /** Where it was fetched from; unknown where what was written down of it cannot be read. */
  readonly url?: string;
  /** Bytes that are there. */
  readonly bytes: number;
  /** Whether nothing is missing. */
  readonly complete: boolean;
  /** The fingerprint that its files name, where they do: the same here and on the command line. */
  readonly fingerprint?: string;
  /** How its weights are stored, `f32`, `f16` or `q8`, where its files say so. */
  readonly dtype?: string;
  /** Where it is kept: in the origin's private files, or in its cache. */
  readonly kept: Exclude<StorageKind, "memory">;
}

/** The encoders that are kept in this browser for this origin. */
export async function storedEncoders(): Promise<StoredEncoder[]> {
  const found: StoredEncoder[] = [];
  for (const storage of await lastingStorages()) {
    for (const id of await storage.ids()) {
      const folder = storage.folder(id);
      const record = await folder.record();
      let bytes = 0;
      for (const file of record?.files ?? []) {
        bytes += (await folder.blob(file.name))?.size ?? 0;
      }
      found.push({
        id,
        ...(record === undefined ? {} : { url: record.url }),
        bytes,
        complete: record?.complete ?? false,
        ...(record?.fingerprint === undefined ? {} : { fingerprint: record.fingerprint }),
        ...(record?.dtype === undefined ? {} : { dtype: record.dtype }),
        kept: storage.kind as Exclude<StorageKind, "memory">,
      });
    }
  }
  return found;
}

/**
 * Deletes an encoder that is kept; whether there was one.
 *
 * @throws OfaError `store_in_use`: it is being fetched.
 */
export async function deleteStoredEncoder(id: string): Promise<boolean> {
  let found = false;
  for (const storage of await lastingStorages()) {
    // Only what is there is named, so that no other name reaches the storage.
    if (!(await storage.ids()).includes(id)) {
      continue;
    }
    found = true;
    const isDone = await ifAlone(lockName(id), () => storage.folder(id).removeAll());
    if (!isDone) {
      throw new OfaError("store_in_use", `encoder ${id} is being fetched; stop that, or wait until it is there`);
    }
  }
  return found;
}

/** The lock that whoever changes a kept encoder has to hold. */
export function lockName(id: string): string {
  return `ofa/encoders/${id}`;
}
