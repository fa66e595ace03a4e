// Handles of what was opened last, so that another visit opens it by one click. Only where the browser has handles.

/** What was opened last. */
export interface Remembered {
  handles: FileSystemHandle[];
  /** The dataset's name. */
  dataset: string;
  /** What was dropped. */
  sentence: string;
}

const DATABASE = "ofa page";
const STORE = "opened";
const LAST = "last";

/** Keeps the handles of what was opened. A browser that keeps none has nothing to reopen, and that is all. */
export async function rememberHandles(opened: Remembered): Promise<void> {
  await withStore("readwrite", (store) => store.put(opened, LAST));
}

/** Forgets them. */
export async function forgetHandles(): Promise<void> {
  await withStore("readwrite", (store) => store.delete(LAST));
}

/** What was opened last, where this browser knows it. */
export async function remembered(): Promise<Remembered | undefined> {
  return (await withStore("readonly", (store) => store.get(LAST))) as Remembered | undefined;
}

/** Asks for leave to read them again. To be called when the user has clicked. */
export async function isPermitted(handles: readonly FileSystemHandle[]): Promise<boolean> {
  for (const handle of handles) {
    if ((await handle.requestPermission?.({ mode: "read" })) !== "granted") {
      return false;
    }
  }
  return true;
}

async function withStore<T>(mode: IDBTransactionMode, use: (store: IDBObjectStore) => IDBRequest<T>): Promise<T | undefined> {
  try {
    const database = await settled(
      Object.assign(indexedDB.open(DATABASE, 1), {
        onupgradeneeded(this: IDBOpenDBRequest) {
          this.result.createObjectStore(STORE);
        },
      }),
    );
    try {
      return await settled(use(database.transaction(STORE, mode).objectStore(STORE)));
    } finally {
      database.close();
    }
  } catch {
    return undefined;
  }
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
