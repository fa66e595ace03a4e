// Drops on a page, as the browser makes them of what comes from the desktop: with real files and folders.

/**
 * Drops on the middle of what is in sight.
 * @param {{files?: string[], items?: {mimeType: string, data: string}[]}} what paths on the disk, or texts by type
 */
async function drop(page, { files = [], items = [] }) {
  const { width, height } = page.viewportSize();
  const at = { x: Math.round(width / 2), y: Math.round(height / 2) };
  const devtools = await page.context().newCDPSession(page);
  try {
    // A mask of all that a drag may do: to copy, to link and to move.
    const data = { items, files, dragOperationsMask: 19 };
    for (const type of ["dragEnter", "dragOver", "drop"]) {
      await devtools.send("Input.dispatchDragEvent", { type, ...at, data });
    }
  } finally {
    await devtools.detach();
  }
}

/** Drops files and folders of the disk. */
export const dropFiles = (page, ...files) => drop(page, { files });

/** Drops a link, as from the bar of addresses. */
export const dropLink = (page, address) => drop(page, { items: [{ mimeType: "text/uri-list", data: address }] });

/** Drops a piece of text, as from a letter. */
export const dropText = (page, text) => drop(page, { items: [{ mimeType: "text/plain", data: text }] });
