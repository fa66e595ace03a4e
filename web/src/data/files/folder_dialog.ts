// The browser's dialog for a folder.

/**
 * Asks for a folder, and gives it to `take`. Where there is no such dialog, or it or the folder cannot be had,
 * `otherwise` is called, as to open a file input. A dialog that is cancelled does nothing.
 */
export async function pickFolder(
  id: string,
  take: (handle: FileSystemDirectoryHandle) => Promise<void>,
  otherwise: () => void,
): Promise<void> {
  if (window.showDirectoryPicker === undefined) {
    otherwise();
    return;
  }
  try {
    await take(await window.showDirectoryPicker({ id, mode: "read" }));
  } catch (error) {
    // The dialog was cancelled, or this page lies in a frame that may not open it.
    if (!(error instanceof DOMException && error.name === "AbortError")) {
      otherwise();
    }
  }
}
