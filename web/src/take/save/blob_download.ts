// A blob as a download. The browser copies it to the disk by itself.

/** How long an address of a blob is kept for the browser to read, in milliseconds. */
const KEPT = 120_000;

/** Has the browser save a blob under a name. */
export function downloadBlob(name: string, blob: Blob): void {
  const address = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), KEPT);
}

/** All of a stream as a blob, in parts that the browser may put on the disk. */
export async function blobOfStream(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  type: string,
  signal: AbortSignal,
): Promise<Blob> {
  const parts: Blob[] = [];
  let gathered: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  await stream.pipeTo(
    new WritableStream({
      write: (chunk) => {
        gathered.push(chunk);
        length += chunk.length;
        if (length >= GATHERED) {
          parts.push(new Blob(gathered));
          gathered = [];
          length = 0;
        }
      },
    }),
    { signal },
  );
  return new Blob([...parts, ...gathered], { type });
}

/** Bytes that are gathered before they become a part. */
const GATHERED = 8 << 20;
