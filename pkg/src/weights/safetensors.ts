// The header of a safetensors file; and whether a file of weights is one, and whole, told by it.

import { OfaError } from "../errors.js";

/** What the format allows a header to have at most. */
const MOST_HEADER_BYTES = 100_000_000n;

/** What a header says. */
export interface SafetensorsHeader {
  /** What its writer added, by name; texts, if it kept to the format. */
  metadata: Readonly<Record<string, unknown>>;
  tensors: ReadonlyMap<string, TensorPlace>;
  /** Where the last tensor ends. */
  end: number;
}

/** One tensor of the file. Type and shape are as they stand there. */
export interface TensorPlace {
  dtype: unknown;
  shape: unknown;
  /** Position of its first byte in the file. */
  start: number;
  /** Position after its last byte. */
  end: number;
}

/** Reads the header of a safetensors file, and no more of it; nothing where there is none. */
export async function readHeader(blob: Blob): Promise<SafetensorsHeader | undefined> {
  const first = await blob.slice(0, 8).arrayBuffer();
  if (first.byteLength < 8) {
    return undefined;
  }
  const length = new DataView(first).getBigUint64(0, true);
  if (length > MOST_HEADER_BYTES || length > BigInt(blob.size - 8)) {
    return undefined;
  }
  const dataStart = 8 + Number(length);
  try {
    const json: unknown = JSON.parse(await blob.slice(8, dataStart).text());
    const { __metadata__: metadata, ...entries } = json as Record<string, unknown>;
    const tensors = new Map(
      Object.entries(entries).map(([name, entry]) => {
        const { dtype, shape, data_offsets: offsets } = entry as Record<string, unknown>;
        const [start, end] = offsets as [number, number];
        return [name, { dtype, shape, start: dataStart + start, end: dataStart + end }];
      }),
    );
    const places = [...tensors.values()];
    const isPlace = ({ start, end }: TensorPlace): boolean =>
      Number.isSafeInteger(start) && Number.isSafeInteger(end) && dataStart <= start && start <= end;
    if (!places.every(isPlace)) {
      return undefined;
    }
    const end = places.reduce((last, place) => Math.max(last, place.end), dataStart);
    return { metadata: { ...(metadata as Record<string, unknown> | undefined) }, tensors, end };
  } catch {
    return undefined;
  }
}

/**
 * Checks a safetensors file that no hash vouches for: pointers of Git LFS, messages and halves of
 * files come in place of weights with every sign of success.
 *
 * @throws OfaError `download_failed`: it is something else; `bad_encoder`: it is not whole.
 */
export async function requireSafetensors(blob: Blob, where: string): Promise<void> {
  const header = await readHeader(blob);
  if (header === undefined) {
    const beginning = (await blob.slice(0, 60).text()).replace(/[^\x20-\x7e]+/gu, " ");
    throw new OfaError(
      "download_failed",
      `${where}: expected a safetensors file, found ${blob.size} bytes that begin with "${beginning}"; ` +
        "the server has something else in its place",
    );
  }
  if (header.end !== blob.size) {
    throw new OfaError(
      "bad_encoder",
      `${where}: expected ${header.end} bytes by its own header, found ${blob.size}; the server's file is not whole`,
    );
  }
}
