// The feature stores that the browser keeps: what there is, and removing it.

import { OfaError } from "../errors.js";
import type { StoredFeatures } from "../results.js";
import { PLACE, type StoreNote } from "./feature_store.js";
import { entriesOf, filesBelow, folderAt, privateFiles, removeEntry } from "./opfs_folder.js";
import { lockStore } from "./store_lock.js";

/** Every store that is kept, the last written first; none where the browser grants no storage. */
export async function storedFeatures(): Promise<StoredFeatures[]> {
  const place = await placeOfStores();
  const stores: StoredFeatures[] = [];
  if (place !== undefined) {
    for await (const [id, entry] of entriesOf(place)) {
      if (entry.kind === "directory") {
        stores.push(await describe(place, id, entry as FileSystemDirectoryHandle));
      }
    }
  }
  return stores.sort((a, b) => b.modified - a.modified || (a.id < b.id ? -1 : 1));
}

/**
 * Deletes a store.
 *
 * @throws OfaError `store_in_use`: a tab writes to it; `bad_option`: there is none of this id.
 */
export async function deleteStoredFeatures(id: string): Promise<void> {
  const place = await placeOfStores();
  const unlock = await lockStore(id);
  try {
    const known: string[] = [];
    if (place !== undefined) {
      for await (const [name, entry] of entriesOf(place)) {
        if (entry.kind === "directory") {
          known.push(name);
        }
      }
    }
    if (place === undefined || !known.includes(id)) {
      const there = known.length === 0 ? "nothing is stored" : `stored are ${known.join(", ")}`;
      throw new OfaError("bad_option", `deleteStored: there is no \`${id}\`; ${there}`);
    }
    await removeEntry(place, id);
    await removeEntry(place, `${id}.json`);
  } finally {
    unlock();
  }
}

/** The folder of all stores; none where nothing was ever stored, or storage is denied. */
async function placeOfStores(): Promise<FileSystemDirectoryHandle | undefined> {
  try {
    return await folderAt(await privateFiles(), PLACE, false);
  } catch (error) {
    if (error instanceof OfaError && error.code === "storage_denied") {
      return undefined;
    }
    throw error;
  }
}

async function describe(
  place: FileSystemDirectoryHandle,
  id: string,
  folder: FileSystemDirectoryHandle,
): Promise<StoredFeatures> {
  // A writer may be at work, so nothing is tidied here.
  const files = await filesBelow(folder, false);
  let bytes = 0;
  let modified = 0;
  for (const file of files.values()) {
    bytes += file.size;
    modified = Math.max(modified, file.lastModified);
  }
  const note = await readNote(place, id);
  return {
    id,
    complete: files.has("manifest.json"),
    bytes,
    modified,
    ...(note === undefined
      ? {}
      : {
          dataset: note.name,
          records: note.records,
          datasetFingerprint: note.origin.dataset,
          encoderFingerprint: note.origin.encoder,
        }),
  };
}

async function readNote(place: FileSystemDirectoryHandle, id: string): Promise<StoreNote | undefined> {
  try {
    const handle = await place.getFileHandle(`${id}.json`);
    const note = JSON.parse(await (await handle.getFile()).text()) as StoreNote;
    return note.format === "ofa-stored-features" ? note : undefined;
  } catch {
    return undefined;
  }
}
