// A stream as a download of the browser's own, through the service worker: it goes to the disk as it comes.

import { serviceWorker } from "../../offline/install";
import type { HandOver } from "../../offline/hand_over";

/** How often the worker is told that it is still needed: browsers end one that hears nothing for half a minute. */
const NEEDED_EVERY = 10_000;

/** How long the worker has to take the stream, in milliseconds. */
const PATIENCE = 5_000;

/**
 * Hands a stream over. Whether there is a worker that takes it; if not, the stream is as it was.
 *
 * The promise is fulfilled when the last byte was handed over.
 */
export async function downloadStream(
  name: string,
  type: string,
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  signal: AbortSignal,
): Promise<boolean> {
  const worker = await serviceWorker();
  if (worker === undefined || !canHandOver()) {
    return false;
  }
  const { readable, writable } = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>();
  const { port1, port2 } = new MessageChannel();
  const handOver: HandOver = { type, id: crypto.randomUUID(), name, stream: readable };
  worker.postMessage(handOver, [readable, port2]);
  const address = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("the service worker did not take the stream")), PATIENCE);
    port1.onmessage = ({ data }: MessageEvent<string>) => {
      clearTimeout(timer);
      resolve(data);
    };
  });
  port1.close();
  const stillNeeded = setInterval(() => worker.postMessage(null), NEEDED_EVERY);
  try {
    // The answer is an attachment: the page stays where it is.
    const link = document.createElement("a");
    link.href = address;
    link.click();
    await pump(stream, writable, signal);
    return true;
  } finally {
    clearInterval(stillNeeded);
  }
}

/** Pipes one to the other, and tells whose end it was: a stream that fails is a fault, a download that the user ends is none. */
async function pump(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  writable: WritableStream<Uint8Array<ArrayBuffer>>,
  signal: AbortSignal,
): Promise<void> {
  const reader = stream.getReader();
  const writer = writable.getWriter();
  // Said where it is written to.
  writer.closed.catch(() => undefined);
  const end = (): void => {
    void writer.abort(signal.reason).catch(() => undefined);
  };
  signal.addEventListener("abort", end, { once: true });
  try {
    for (;;) {
      signal.throwIfAborted();
      const { value, done } = await reader.read();
      if (done) {
        break;
      }
      await written(writer.write(value));
    }
    await written(writer.close());
  } catch (error) {
    await Promise.allSettled([reader.cancel(error), writer.abort(error)]);
    throw error;
  } finally {
    signal.removeEventListener("abort", end);
  }
}

async function written(writing: Promise<void>): Promise<void> {
  try {
    await writing;
  } catch {
    throw new DOMException("the browser ended the download", "AbortError");
  }
}

/** Whether streams can be handed to workers here. */
function canHandOver(): boolean {
  const { port1, port2 } = new MessageChannel();
  try {
    const stream = new ReadableStream();
    port1.postMessage(stream, [stream]);
    return true;
  } catch {
    return false;
  } finally {
    port1.close();
    port2.close();
  }
}
