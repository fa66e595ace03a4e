// Files as one zip, made while it is read: nothing of it is held.

import { makeZip } from "client-zip";

import { ZipEnd } from "./zip_end";

/** A file of a zip. */
export interface ZippedFile {
  /** Its path in the zip. */
  name: string;
  blob: Blob;
}

/** A file of so many bytes is read at once: a stream for each of a hundred thousand images takes longer than reading them. */
const AT_ONCE = 1 << 20;

/** The first day that a zip can say: equal files give equal zips. */
const NO_DAY = new Date(1980, 0, 1);

/**
 * A zip of the files, in their order, stored as they are. Where the stream is cancelled, the files are let go of.
 */
export function zipStream(files: AsyncIterable<ZippedFile>): ReadableStream<Uint8Array<ArrayBuffer>> {
  const end = new ZipEnd();
  const source = files[Symbol.asyncIterator]();
  async function* entries(): AsyncGenerator<{ name: string; input: Blob | ArrayBuffer; lastModified: Date }> {
    for (;;) {
      const { value, done } = await source.next();
      if (done === true) {
        return;
      }
      end.count();
      const { name, blob } = value;
      yield { name, input: blob.size <= AT_ONCE ? await blob.arrayBuffer() : blob, lastModified: NO_DAY };
    }
  }
  const reader = (makeZip(entries(), { buffersAreUTF8: true }) as ReadableStream<Uint8Array<ArrayBuffer>>)
    .pipeThrough(end.stream())
    .getReader();
  return new ReadableStream(
    {
      async pull(controller) {
        const { value, done } = await reader.read();
        if (done) {
          controller.close();
        } else {
          controller.enqueue(value);
        }
      },
      async cancel(reason) {
        await reader.cancel(reason);
        // The library does not end what it reads from.
        await source.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}
