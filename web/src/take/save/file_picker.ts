// A place on the disk that the user points out, where the browser has such a dialog.

/** What TypeScript does not know yet. */
interface SaveDialog {
  showSaveFilePicker?(options: { suggestedName: string }): Promise<FileSystemFileHandle & { remove?(): Promise<void> }>;
}

/** Whether there is such a dialog: Chromium has one, and not within another site's frame. */
export function hasSaveDialog(): boolean {
  return "showSaveFilePicker" in window && window.self === window.top;
}

/** A file that is being written. It has its content once it is whole, and goes where it is not. */
export interface PickedFile {
  name: string;
  write(stream: ReadableStream<Uint8Array<ArrayBuffer>>, signal: AbortSignal): Promise<void>;
  /** Takes the empty file back that the dialog makes. */
  discard(): Promise<void>;
}

/**
 * Asks where a file is to be. Has to be called while the user's click is fresh.
 *
 * @throws DOMException `AbortError` where the user closes the dialog.
 */
export async function pickFile(name: string): Promise<PickedFile> {
  const handle = await (window as SaveDialog).showSaveFilePicker?.({ suggestedName: name });
  if (handle === undefined) {
    throw new Error("this browser has no dialog for a file to write");
  }
  // One that was there before is left as it is.
  const isNew = (await handle.getFile()).size === 0;
  return {
    name: handle.name,
    write: async (stream, signal) => {
      // The browser writes beside the file, and puts it in place when the stream is closed.
      const writable = await handle.createWritable();
      await stream.pipeTo(writable, { signal });
    },
    discard: async () => {
      if (isNew) {
        await handle.remove?.().catch(() => undefined);
      }
    },
  };
}
