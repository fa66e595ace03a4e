// Folders and files of the origin-private file system.

import { OfaError } from "../errors.js";

/** Ending of a file that is being written. */
const UNFINISHED = ".part";

/** A folder by its path from another one; nothing where it is not there and not to be made. */
export async function folderAt(
  root: FileSystemDirectoryHandle,
  path: readonly string[],
  create: boolean,
): Promise<FileSystemDirectoryHandle | undefined> {
  let folder = root;
  for (const part of path) {
    try {
      folder = await folder.getDirectoryHandle(part, { create });
    } catch (error) {
      if (!create && isAbsent(error)) {
        return undefined;
      }
      throw error;
    }
  }
  return folder;
}

/**
 * Every file below a folder, by its path from there. Files whose writing was broken off are removed
 * where `tidy` says so, and passed over: those by another name, and those without a byte, which is
 * what a stream leaves that never was closed. Only lists are empty rightly.
 */
export async function filesBelow(
  folder: FileSystemDirectoryHandle,
  tidy: boolean,
  prefix = "",
  files = new Map<string, File>(),
): Promise<Map<string, File>> {
  for await (const [name, entry] of entriesOf(folder)) {
    if (entry.kind === "directory") {
      await filesBelow(entry as FileSystemDirectoryHandle, tidy, `${prefix}${name}/`, files);
    } else {
      const file = name.endsWith(UNFINISHED) ? undefined : await (entry as FileSystemFileHandle).getFile();
      if (file !== undefined && (file.size > 0 || name.endsWith(".jsonl"))) {
        files.set(prefix + name, file);
      } else if (tidy) {
        await removeEntry(folder, name);
      }
    }
  }
  return files;
}

/** What a folder holds, one level deep. */
export function entriesOf(folder: FileSystemDirectoryHandle): AsyncIterable<[string, FileSystemHandle]> {
  return folder.entries();
}

/** Removes a file or folder with everything in it, if it is there. */
export async function removeEntry(folder: FileSystemDirectoryHandle, name: string): Promise<void> {
  try {
    await folder.removeEntry(name, { recursive: true });
  } catch (error) {
    if (!isAbsent(error)) {
      throw error;
    }
  }
}

/**
 * Writes a file, which stands under its name whole or not at all.
 *
 * A writable stream writes beside the file and takes its place when it is closed. Where there is
 * none, the same is done by hand: a file under another name, that is moved.
 */
export async function writeWhole(
  folder: FileSystemDirectoryHandle,
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<File> {
  if (canStream()) {
    const handle = await folder.getFileHandle(name, { create: true });
    const stream = await handle.createWritable();
    try {
      await stream.write(bytes);
      await stream.close();
    } catch (error) {
      await stream.abort().catch(() => undefined);
      throw error;
    }
    return handle.getFile();
  }
  const unfinished = await folder.getFileHandle(name + UNFINISHED, { create: true });
  const access = await unfinished.createSyncAccessHandle();
  try {
    access.truncate(0);
    let written = 0;
    while (written < bytes.length) {
      const count = access.write(bytes.subarray(written), { at: written });
      // A private window whose room is full says 2^32 - 8 and throws nothing.
      if (count <= 0 || count > bytes.length - written) {
        throw new DOMException(`${name}: no more bytes could be written`, "QuotaExceededError");
      }
      written += count;
    }
    access.flush();
  } finally {
    access.close();
  }
  // Not every browser moves over a file that is there.
  await removeEntry(folder, name);
  await (unfinished as MovableHandle).move(name);
  return unfinished.getFile();
}

interface MovableHandle extends FileSystemFileHandle {
  move(name: string): Promise<void>;
}

function canStream(): boolean {
  return typeof FileSystemFileHandle.prototype.createWritable === "function";
}

/** Whether files can be written whole at all. */
export function canWriteWhole(): boolean {
  return (
    typeof FileSystemFileHandle !== "undefined" &&
    (canStream() || ("createSyncAccessHandle" in FileSystemFileHandle.prototype && "move" in FileSystemFileHandle.prototype))
  );
}

/** Whether an error says that there is no such file or folder. */
export function isAbsent(error: unknown): boolean {
  return error instanceof DOMException && error.name === "NotFoundError";
}

/** The top of the origin-private file system. */
export async function privateFiles(): Promise<FileSystemDirectoryHandle> {
  if (typeof navigator.storage?.getDirectory !== "function" || !canWriteWhole()) {
    throw new OfaError(
      "storage_denied",
      "this browser has no private file system for this page; it needs a recent version, and a page that came by https",
    );
  }
  try {
    return await navigator.storage.getDirectory();
  } catch (cause) {
    throw new OfaError("storage_denied", `the browser grants this page no storage: ${String(cause)}`, { cause });
  }
}
