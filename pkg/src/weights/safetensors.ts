// Whether a file of weights is one, and whole, told by its header.

import { OfaError } from "../errors.js";

/** What the format allows a header to have at most. */
const MOST_HEADER_BYTES = 100_000_000n;

/**
 * Checks a safetensors file that no hash vouches for: pointers of Git LFS, messages and halves of
 * files come in place of weights with every sign of success.
 *
 * @throws OfaError `download_failed`: it is something else; `bad_encoder`: it is not whole.
 */
export async function requireSafetensors(blob: Blob, where: string): Promise<void> {
  const end = await dataEnd(blob);
  if (end === undefined) {
    const beginning = (await blob.slice(0, 60).text()).replace(/[^\x20-\x7e]+/gu, " ");
    throw new OfaError(
      "download_failed",
      `${where}: expected a safetensors file, found ${blob.size} bytes that begin with "${beginning}"; ` +
        "the server has something else in its place",
    );
  }
  if (end !== blob.size) {
    throw new OfaError(
      "bad_encoder",
      `${where}: expected ${end} bytes by its own header, found ${blob.size}; the server's file is not whole`,
    );
  }
}

/** Where the last tensor ends, as the header says; nothing where there is no header. */
async function dataEnd(blob: Blob): Promise<number | undefined> {
  const first = await blob.slice(0, 8).arrayBuffer();
  if (first.byteLength < 8) {
    return undefined;
  }
  const length = new DataView(first).getBigUint64(0, true);
  if (length > MOST_HEADER_BYTES || length > BigInt(blob.size - 8)) {
    return undefined;
  }
  const start = 8 + Number(length);
  try {
    const header: unknown = JSON.parse(await blob.slice(8, start).text());
    const ends = Object.entries(header as Record<string, { data_offsets: [number, number] }>)
      .filter(([name]) => name !== "__metadata__")
      .map(([, tensor]) => tensor.data_offsets[1]);
    return ends.reduce((last, end) => Math.max(last, start + end), start);
  } catch {
    return undefined;
  }
}
