// Saving: to a place that the user points out where the browser asks for one, else as a download.

import { blobOfStream, downloadBlob } from "./blob_download";
import { hasSaveDialog, pickFile, type PickedFile } from "./file_picker";
import { downloadStream } from "./streamed_download";

/** What is to be saved. */
export interface Output {
  name: string;
  type: string;
  /** Makes it, once it is known where it goes. A stream is read only as fast as it is written. */
  make(signal: AbortSignal): Promise<Blob | ReadableStream<Uint8Array<ArrayBuffer>>>;
}

/** What is told while it goes on. */
export interface Following {
  signal: AbortSignal;
  /** Bytes that were written so far, and of how many where that is known. */
  onBytes(bytes: number, of: number | undefined): void;
}

/**
 * Saves an output; the name under which it went. Has to be called while the user's click is fresh.
 *
 * @throws DOMException `AbortError` where the user ended it, `QuotaExceededError` where there is no room,
 * `NotAllowedError` where the place may not be written to; whatever `make` throws. Nothing half-written is left.
 */
export async function save(output: Output, following: Following): Promise<string> {
  const picked = hasSaveDialog() ? await pickFile(output.name) : undefined;
  try {
    const made = await output.make(following.signal);
    following.signal.throwIfAborted();
    await (picked === undefined ? download(output, made, following) : write(picked, made, following));
    return picked?.name ?? output.name;
  } catch (error) {
    await picked?.discard();
    throw error;
  }
}

type Made = Blob | ReadableStream<Uint8Array<ArrayBuffer>>;

async function write(picked: PickedFile, made: Made, following: Following): Promise<void> {
  const isBlob = made instanceof Blob;
  const stream = isBlob ? (made.stream() as ReadableStream<Uint8Array<ArrayBuffer>>) : made;
  await picked.write(counted(stream, isBlob ? made.size : undefined, following), following.signal);
}

async function download({ name, type }: Output, made: Made, following: Following): Promise<void> {
  if (made instanceof Blob) {
    downloadBlob(name, made);
    following.onBytes(made.size, made.size);
    return;
  }
  const stream = counted(made, undefined, following);
  if (!(await downloadStream(name, type, stream, following.signal))) {
    downloadBlob(name, await blobOfStream(stream, type, following.signal));
  }
}

function counted(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  of: number | undefined,
  { onBytes }: Following,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let bytes = 0;
  return stream.pipeThrough(
    new TransformStream({
      transform: (chunk: Uint8Array<ArrayBuffer>, controller) => {
        bytes += chunk.length;
        onBytes(bytes, of);
        controller.enqueue(chunk);
      },
    }),
  );
}
