// Looks through folders, those of both of the interfaces that browsers give them by.

import { Room, type Finding, type Found, type FoundFile } from "./found_files";

/** How many files are asked for at the same time: each is a question to another process of the browser. */
const AT_ONCE = 64;

/** A file or folder that is read in the same way, whichever interface it came by. */
export interface Item {
  name: string;
  isFolder: boolean;
  file(): Promise<File>;
  /** What is in a folder, some at a time. */
  inner(): AsyncIterable<Item>;
}

/** A handle of the File System interface. */
export function itemOfHandle(handle: FileSystemHandle): Item {
  return {
    name: handle.name,
    isFolder: handle.kind === "directory",
    file: () => (handle as FileSystemFileHandle).getFile(),
    async *inner() {
      for await (const inner of (handle as FileSystemDirectoryHandle).values()) {
        yield itemOfHandle(inner);
      }
    },
  };
}

/** An entry of a drop. */
export function itemOfEntry(entry: FileSystemEntry): Item {
  return {
    name: entry.name,
    isFolder: entry.isDirectory,
    file: () => new Promise((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject)),
    async *inner() {
      const reader = (entry as FileSystemDirectoryEntry).createReader();
      // A reader gives a hundred entries a time in Chromium, and none once it is through.
      for (;;) {
        const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
        if (entries.length === 0) {
          return;
        }
        yield* entries.map(itemOfEntry);
      }
    },
  };
}

/**
 * All files in what was dropped. What cannot be read is named and passed over.
 *
 * @throws the signal's reason, where it ends the search.
 */
export async function filesIn(
  items: readonly Item[],
  { signal, onFinding }: { signal: AbortSignal; onFinding: (finding: Finding) => void },
): Promise<Found> {
  const found: Found = { files: [], unreadable: [], folders: 0 };
  const room = new Room();
  let pending: { path: string; item: Item }[] = [];

  const read = async (): Promise<void> => {
    const asked = pending;
    pending = [];
    const files = await Promise.all(
      asked.map(async ({ path, item }): Promise<FoundFile | undefined> => {
        try {
          return { path, source: await item.file() };
        } catch (error) {
          found.unreadable.push({ path, reason: reasonOf(error) });
          return undefined;
        }
      }),
    );
    files.forEach((file) => file !== undefined && found.files.push(file));
    signal.throwIfAborted();
    onFinding({ files: found.files.length, folders: found.folders });
    await room.make();
  };

  // A stack of its own, since folders may be nested deeper than calls.
  const folders: { path: string; items: AsyncIterable<Item> | Iterable<Item> }[] = [{ path: "", items }];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    try {
      for await (const item of folder.items) {
        const path = `${folder.path}${item.name}`;
        if (item.isFolder) {
          found.folders += 1;
          folders.push({ path: `${path}/`, items: item.inner() });
        } else {
          pending.push({ path, item });
        }
        if (pending.length >= AT_ONCE) {
          await read();
        }
      }
    } catch (error) {
      signal.throwIfAborted();
      found.unreadable.push({ path: folder.path, reason: reasonOf(error) });
    }
  }
  await read();
  return found;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
