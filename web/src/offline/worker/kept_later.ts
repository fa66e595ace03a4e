// Files that few visits need, and that are large. They are kept when they are first asked for, or when the page has
// nothing to do: fetched with everything else they would take the line, and the processor, from the first visit's work.

/** Files whose addresses hold a hash of their content, so that one that is kept is never out of date. */
export class KeptLater {
  readonly #addresses: ReadonlySet<string>;

  /** @param name of the cache that is theirs alone. */
  constructor(
    private readonly name: string,
    addresses: readonly string[],
  ) {
    this.#addresses = new Set(addresses);
  }

  has(address: string): boolean {
    return this.#addresses.has(address);
  }

  /** A file, from the cache or else from the network, and kept then. */
  async answer(event: FetchEvent, address: string): Promise<Response> {
    const cache = await caches.open(this.name);
    const kept = await cache.match(address);
    if (kept !== undefined) {
      return kept;
    }
    const response = await fetch(event.request);
    if (response.ok) {
      // Where there is no room it is fetched again the next time.
      event.waitUntil(cache.put(address, response.clone()).catch(() => undefined));
    }
    return response;
  }

  /** Fetches what is not there yet, one after the other. What cannot be had now is asked for the next time. */
  async keepAll(): Promise<void> {
    const cache = await caches.open(this.name);
    for (const address of this.#addresses) {
      if ((await cache.match(address)) === undefined) {
        await cache.add(address).catch(() => undefined);
      }
    }
  }

  /** Deletes those of an earlier version of the page. */
  async forgetOthers(): Promise<void> {
    const cache = await caches.open(this.name);
    const others = (await cache.keys()).filter(({ url }) => !this.#addresses.has(url));
    await Promise.all(others.map((request) => cache.delete(request)));
  }
}
