// Encoders in the origin's private file system: `ofa/encoders/<id>/`.

import { RECORD, readRecord, writeRecord, type StoredRecord } from "./record.js";
import type { EncoderFolder, EncoderStorage, GrowingFile } from "./storage.js";

/** The folder of all encoders, from the top. */
const PLACE = ["ofa", "encoders"];

/** The files of an encoder lie beside its record, so that none of them can be taken for it. */
const FILES = "files";

/** The private file system of the page's origin, as workers have it. */
export class OpfsStorage implements EncoderStorage {
  readonly kind = "opfs";

  private constructor(private readonly root: FileSystemDirectoryHandle) {}

  /** Opens it; nothing where the browser has none, or grants none. */
  static async open(): Promise<OpfsStorage | undefined> {
    // Only handles with synchronous access append in place; the others copy the file each time.
    const canAppend =
      typeof FileSystemFileHandle !== "undefined" && "createSyncAccessHandle" in FileSystemFileHandle.prototype;
    if (!canAppend || globalThis.navigator?.storage?.getDirectory === undefined) {
      return undefined;
    }
    try {
      return new OpfsStorage(await navigator.storage.getDirectory());
    } catch {
      // A private window may have none, and says so by failing.
      return undefined;
    }
  }

  async ids(): Promise<string[]> {
    const place = await folderAt(this.root, PLACE, false);
    const ids: string[] = [];
    if (place !== undefined) {
      for await (const [name, handle] of entries(place)) {
        if (handle.kind === "directory") {
          ids.push(name);
        }
      }
    }
    return ids.sort();
  }

  folder(id: string): EncoderFolder {
    return new OpfsFolder(this.root, id);
  }
}

class OpfsFolder implements EncoderFolder {
  constructor(
    private readonly root: FileSystemDirectoryHandle,
    private readonly id: string,
  ) {}

  async record(): Promise<StoredRecord | undefined> {
    const folder = await folderAt(this.root, [...PLACE, this.id], false);
    const file = folder === undefined ? undefined : await fileIn(folder, RECORD);
    return file === undefined ? undefined : readRecord(await (await file.getFile()).text());
  }

  async keepRecord(record: StoredRecord): Promise<void> {
    const folder = await folderAt(this.root, [...PLACE, this.id], true);
    const handle = await folder.getFileHandle(RECORD, { create: true });
    const file = await handle.createSyncAccessHandle();
    try {
      const bytes = writeRecord(record);
      file.truncate(0);
      writeAll(file, bytes, 0);
      file.flush();
    } finally {
      file.close();
    }
  }

  async open(name: string): Promise<GrowingFile> {
    const folder = await folderAt(this.root, [...PLACE, this.id, FILES], true);
    const handle = await folder.getFileHandle(name, { create: true });
    return new OpfsFile(await handle.createSyncAccessHandle());
  }

  async blob(name: string): Promise<Blob | undefined> {
    const folder = await folderAt(this.root, [...PLACE, this.id, FILES], false);
    const handle = folder === undefined ? undefined : await fileIn(folder, name);
    return handle?.getFile();
  }

  async remove(name: string): Promise<void> {
    const folder = await folderAt(this.root, [...PLACE, this.id, FILES], false);
    await removeEntry(folder, name);
  }

  async removeAll(): Promise<void> {
    await removeEntry(await folderAt(this.root, PLACE, false), this.id);
  }
}

class OpfsFile implements GrowingFile {
  length: number;

  constructor(private readonly file: FileSystemSyncAccessHandle) {
    this.length = file.getSize();
  }

  append(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    return settled(() => {
      writeAll(this.file, bytes, this.length);
      this.length += bytes.length;
    });
  }

  flush(): Promise<void> {
    return settled(() => this.file.flush());
  }

  restart(): Promise<void> {
    return settled(() => {
      this.file.truncate(0);
      this.length = 0;
    });
  }

  close(): Promise<void> {
    return settled(() => {
      try {
        this.file.flush();
      } finally {
        this.file.close();
      }
    });
  }
}

/** A call may write less than it was given when the disk is nearly full. */
function writeAll(file: FileSystemSyncAccessHandle, bytes: Uint8Array<ArrayBuffer>, at: number): void {
  let written = 0;
  while (written < bytes.length) {
    const left = bytes.subarray(written);
    const now = file.write(left, { at: at + written });
    // Chromium's private windows say that the disk is full by a number beyond what they were given.
    if (now === 0 || now > left.length) {
      throw new DOMException("no more bytes were taken", "QuotaExceededError");
    }
    written += now;
  }
}

/** Does something now, and gives its failure as a promise does. */
async function settled(work: () => void): Promise<void> {
  work();
}

async function folderAt(root: FileSystemDirectoryHandle, path: string[], create: true): Promise<FileSystemDirectoryHandle>;
async function folderAt(
  root: FileSystemDirectoryHandle,
  path: string[],
  create: boolean,
): Promise<FileSystemDirectoryHandle | undefined>;
async function folderAt(
  root: FileSystemDirectoryHandle,
  path: string[],
  create: boolean,
): Promise<FileSystemDirectoryHandle | undefined> {
  let folder = root;
  for (const name of path) {
    const next = await unlessAbsent(folder.getDirectoryHandle(name, { create }));
    if (next === undefined) {
      return undefined;
    }
    folder = next;
  }
  return folder;
}

function fileIn(folder: FileSystemDirectoryHandle, name: string): Promise<FileSystemFileHandle | undefined> {
  return unlessAbsent(folder.getFileHandle(name));
}

async function removeEntry(folder: FileSystemDirectoryHandle | undefined, name: string): Promise<void> {
  if (folder !== undefined) {
    await unlessAbsent(folder.removeEntry(name, { recursive: true }));
  }
}

async function unlessAbsent<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof DOMException && error.name === "NotFoundError") {
      return undefined;
    }
    throw error;
  }
}

/** TypeScript's library for workers has this iterator in a part of its own that is not always asked for. */
function entries(folder: FileSystemDirectoryHandle): AsyncIterable<[string, FileSystemHandle]> {
  return folder as unknown as AsyncIterable<[string, FileSystemHandle]>;
}
