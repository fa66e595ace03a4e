// Files that stand beside the package's scripts, in a browser and in Node.

/** The bytes of one of them. */
export async function bytesBesidePackage(address: URL, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  if (address.protocol === "file:") {
    // Node has no fetch for files. The name is not written out, so that bundlers do not look for it.
    const files = "node:fs/promises";
    const { readFile } = (await import(/* @vite-ignore */ /* webpackIgnore: true */ files)) as {
      readFile(path: URL): Promise<Uint8Array<ArrayBuffer>>;
    };
    return readFile(address);
  }
  const response = await fetch(address, signal === undefined ? {} : { signal });
  if (!response.ok) {
    throw new Error(`the answer is ${response.status}`);
  }
  return new Uint8Array(await response.arrayBuffer());
}
