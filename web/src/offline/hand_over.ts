// What a page and its service worker say to each other.

/** Said by a page that has nothing to do: now the worker may fetch what it keeps later. */
export const KEEP_REST = "keep-rest";

/** A stream that the browser is to write to the disk. */
export interface HandOver {
  type: string;
  id: string;
  name: string;
  stream: ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** Whether a message is one. */
export function isHandOver(message: unknown): message is HandOver {
  if (typeof message !== "object" || message === null) {
    return false;
  }
  const { type, id, name, stream } = message as Partial<HandOver>;
  return [type, id, name].every((text) => typeof text === "string" && text !== "") && stream instanceof ReadableStream;
}
