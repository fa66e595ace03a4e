// Streams of the page as downloads of the browser, which writes them to the disk as they come.

import { isHandOver } from "../hand_over";

/** How long a stream waits for the browser to ask for it, in milliseconds. */
const UNCLAIMED = 60_000;

/** Streams by the address that they are fetched under, each once. */
export class Downloads {
  readonly #waiting = new Map<string, Response>();

  /** @param folder below which the addresses are; nothing else is there. */
  constructor(private readonly folder: string) {}

  /** Takes a stream that a page hands over, and tells it the address. */
  take(event: ExtendableMessageEvent): void {
    const handed: unknown = event.data;
    const [port] = event.ports;
    if (!isHandOver(handed) || port === undefined) {
      return;
    }
    const address = `${this.folder}${handed.id}/${encodeURIComponent(handed.name)}`;
    this.#waiting.set(address, new Response(handed.stream, { headers: headersOf(handed.name, handed.type) }));
    setTimeout(() => this.#waiting.delete(address), UNCLAIMED);
    port.postMessage(address);
  }

  /** The download of an address; nothing where it is none. */
  answer(address: string): Response | undefined {
    const response = this.#waiting.get(address);
    this.#waiting.delete(address);
    if (response === undefined && address.startsWith(this.folder)) {
      return new Response(null, { status: 410 });
    }
    return response;
  }
}

function headersOf(name: string, type: string): HeadersInit {
  // RFC 5987: letters of any script, and none that ends the value.
  const encoded = encodeURIComponent(name).replaceAll(/['()*]/gu, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);
  return {
    "Content-Type": type,
    "Content-Disposition": `attachment; filename*=UTF-8''${encoded}`,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
  };
}
