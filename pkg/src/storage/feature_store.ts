// Which storage a run's features go to: the folder of its key, or memory.

import { OfaError, toOfaError, wordsOf } from "../errors.js";
import type { MultiImage, OfaEvent } from "../events.js";
import { MemoryStore } from "./memory_store.js";
import { folderAt, privateFiles, writeWhole } from "./opfs_folder.js";
import { OpfsStore } from "./opfs_store.js";
import { noRoom } from "./storage_room.js";
import type { FeatureStorage } from "./store.js";
import { lockStore } from "./store_lock.js";

/** The folder of all feature stores, from the top. */
export const PLACE = ["ofa", "features"] as const;

/** What a feature store is of. Equal ones share a store; the backend is not among them. */
export interface StoreOrigin {
  /** The dataset's fingerprint. */
  dataset: string;
  /** The encoder's fingerprint. */
  encoder: string;
  /** SHA-256 over what the encoder is told beside its weights. */
  settings: string;
  /** What becomes of records with several images. */
  multiImage: MultiImage;
  /** Records that a shard covers. */
  shardRecords: number;
}

/** What is written down beside a store, for a list of what is kept. */
export interface StoreNote {
  /** Always `ofa-stored-features`. */
  format: "ofa-stored-features";
  /** The dataset's name. */
  name: string;
  /** Records of the dataset. */
  records: number;
  /** What the store is of. */
  origin: StoreOrigin;
}

/** The key of a store: its folder's name. */
export async function storeKey(origin: StoreOrigin): Promise<string> {
  const { dataset, encoder, settings, multiImage, shardRecords } = origin;
  const text = JSON.stringify(["ofa-features-1", dataset, encoder, settings, multiImage, shardRecords]);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest).subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** An open store, and the id that it is kept under. */
export interface OpenStore {
  storage: FeatureStorage;
  id?: string;
}

/**
 * Opens the storage of a run's features, and says where it is.
 *
 * Where the browser denies storage the run goes on in memory, and an event says so and why.
 *
 * @throws OfaError `store_in_use`: another tab writes to it.
 */
export async function openFeatureStore(
  dataset: { name: string; records: number },
  origin: StoreOrigin,
  wanted: "auto" | "memory",
  expectedBytes: number,
  emit: (event: OfaEvent) => void,
): Promise<OpenStore> {
  let reason = "it was asked for";
  if (wanted === "auto") {
    try {
      const { storage, id } = await openInPrivateFiles(dataset, origin, expectedBytes);
      emit({ type: "storage", kind: "opfs", id });
      return { storage, id };
    } catch (error) {
      if (!(error instanceof OfaError) || error.code !== "storage_denied") {
        throw error;
      }
      reason = error.message;
    }
  }
  emit({ type: "storage", kind: "memory", reason });
  return { storage: new MemoryStore() };
}

async function openInPrivateFiles(
  dataset: { name: string; records: number },
  origin: StoreOrigin,
  expectedBytes: number,
): Promise<{ storage: OpfsStore; id: string }> {
  const root = await privateFiles();
  const id = await storeKey(origin);
  const unlock = await lockStore(id);
  try {
    const place = await denied(folderAt(root, PLACE, true));
    const folder = await denied(folderAt(root, [...PLACE, id], true));
    if (place === undefined || folder === undefined) {
      throw new OfaError("storage_denied", "the browser made no folder for features");
    }
    const storage = await denied(OpfsStore.open(folder, `stored features ${id}`, expectedBytes, unlock));
    const note: StoreNote = { format: "ofa-stored-features", name: dataset.name, records: dataset.records, origin };
    // Without the note a store is listed without a name, and that is all.
    await writeWhole(place, `${id}.json`, new TextEncoder().encode(JSON.stringify(note))).catch(() => undefined);
    return { storage, id };
  } catch (error) {
    unlock();
    throw toOfaError(error).code === "storage_full" ? await noRoom(`stored features ${id}`, expectedBytes, error) : error;
  }
}

async function denied<T>(opening: Promise<T>): Promise<T> {
  try {
    return await opening;
  } catch (cause) {
    if (cause instanceof OfaError || toOfaError(cause).code === "storage_full") {
      throw cause;
    }
    throw new OfaError("storage_denied", `the browser grants this page no storage: ${wordsOf(cause)}`, { cause });
  }
}
