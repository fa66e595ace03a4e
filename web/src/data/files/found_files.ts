// Files on their way from a drop or a choice to what recognises them.

/** A file by the path that it has below what was dropped or chosen. */
export interface FoundFile {
  path: string;
  source: File;
}

/** How far the looking through folders is. */
export interface Finding {
  files: number;
  folders: number;
}

/** What was found, and what could not be read. */
export interface Found {
  files: FoundFile[];
  /** Paths that could not be read, with the browser's reason. */
  unreadable: { path: string; reason: string }[];
  /** Folders, empty ones too. */
  folders: number;
}

/** Files of a file input. Those of a chosen folder know their path in it. */
export async function filesOfList(list: ArrayLike<File>): Promise<Found> {
  const files: FoundFile[] = [];
  const room = new Room();
  for (let nth = 0; nth < list.length; nth += 1) {
    const file = list[nth] as File;
    files.push({ path: file.webkitRelativePath === "" ? file.name : file.webkitRelativePath, source: file });
    await room.make();
  }
  return { files, unreadable: [], folders: 0 };
}

/** How long a loop may go on before the page is given room, in milliseconds. */
const STRETCH_MS = 10;

/** Gives the page room within long loops, so that it is painted and answers. */
export class Room {
  #since = performance.now();

  /** Waits where the loop has gone on for long. Costs next to nothing otherwise. */
  make(): Promise<void> | undefined {
    return performance.now() - this.#since < STRETCH_MS ? undefined : this.#wait();
  }

  async #wait(): Promise<void> {
    await new Promise<void>((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(undefined);
    });
    this.#since = performance.now();
  }
}
