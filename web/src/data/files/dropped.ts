// What is in a drop. A drop's items are gone once its event is over, so all are taken at once.

import { itemOfEntry, itemOfHandle, type Item } from "./folder_walk";

/** What came with a drop. */
export interface Dropped {
  items: Item[];
  /** Handles that a later visit can ask for again, where the browser has them. */
  handles: FileSystemHandle[];
  /** What was dropped instead of files. */
  instead: "link" | "text" | undefined;
}

/** Takes what a drop carries. To be called within its event. */
export function takeDrop(transfer: DataTransfer): Promise<Dropped> {
  const instead = insteadOfFiles(transfer);
  const items = [...transfer.items].filter(({ kind }) => kind === "file").map(takeItem);
  return Promise.all(items).then((taken) => {
    const present = taken.filter((one) => one !== undefined);
    return {
      items: present.map(({ item }) => item),
      handles: present.flatMap(({ handle }) => (handle === undefined ? [] : [handle])),
      instead: present.length === 0 ? instead : undefined,
    };
  });
}

function insteadOfFiles(transfer: DataTransfer): Dropped["instead"] {
  const { types } = transfer;
  return types.includes("text/uri-list") ? "link" : types.some((type) => type.startsWith("text/")) ? "text" : undefined;
}

interface Taken {
  item: Item;
  handle?: FileSystemHandle;
}

async function takeItem(item: DataTransferItem): Promise<Taken | undefined> {
  // All three at once: after the first `await` the item answers nothing.
  const handle = item.getAsFileSystemHandle?.();
  const entry = item.webkitGetAsEntry?.();
  const file = item.getAsFile();
  try {
    const taken = await handle;
    if (taken !== undefined && taken !== null) {
      return { item: itemOfHandle(taken), handle: taken };
    }
  } catch {
    // A file that the browser refuses a handle for can still have an entry.
  }
  if (entry !== undefined && entry !== null) {
    return { item: itemOfEntry(entry) };
  }
  return file === null ? undefined : { item: itemOfFile(file) };
}

/** A file by itself. */
export function itemOfFile(file: File): Item {
  return {
    name: file.name,
    isFolder: false,
    file: () => Promise.resolve(file),
    async *inner() {},
  };
}
