// Which files make up the encoder at an address.

import { OfaError } from "../errors.js";
import { fileAddress, shown } from "./address.js";
import { WEIGHTS, fetchSmall, shards, smallFiles } from "./huggingface_layout.js";
import type { StoredFile } from "./record.js";
import { sha256 } from "./sha256.js";
import { INDEX, readIndex } from "./web_layout.js";

/** What has to be there in the end. */
export interface Plan {
  /** Small files, fetched already. */
  readonly small: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  /** Files still to be fetched. */
  readonly files: readonly StoredFile[];
  readonly fingerprint?: string;
  readonly dtype?: string;
  /** The SHA-256 that pins all of it. */
  readonly pin?: string;
  /** What it is where its one file turns out not to be there. */
  readonly otherwise?: () => Promise<Plan>;
}

/**
 * Asks an address for its files: the index that `ofa export-encoder` wrote, else Hugging Face layout.
 *
 * `pin` is the SHA-256 of that index or, without one, of `model.safetensors`.
 *
 * @throws OfaError `download_failed`, `hash_mismatch`, `bad_encoder`, `bad_option`.
 */
export async function planOf(folder: URL, pin: string | undefined, signal: AbortSignal | undefined): Promise<Plan> {
  const address = fileAddress(folder, INDEX);
  // Some stores answer 403 for what is not there. Where everything is forbidden, the next file
  // that is asked for says so.
  const index = await fetchSmall(address, signal, (response) => response.status === 403);
  if (typeof index !== "string") {
    const found = await sha256(new Blob([index]));
    if (pin !== undefined && pin !== found) {
      throw new OfaError(
        "hash_mismatch",
        `${shown(address)}: expected SHA-256 ${pin}, found ${found}; it is another encoder than the one wanted`,
        { details: { file: INDEX, expected: pin, found } },
      );
    }
    const { fingerprint, dtype, files } = readIndex(index, shown(address));
    const planned = files.map((file) => ({ ...file, whole: false }));
    return { small: new Map([[INDEX, index]]), files: planned, fingerprint, dtype, pin: found };
  }
  const small = await smallFiles(folder, signal);
  const single: StoredFile = { name: WEIGHTS, whole: false };
  if (pin !== undefined) {
    single.sha256 = pin;
  }
  return {
    small,
    // Whether it is there is told by the first answer to its download.
    files: [single],
    ...(pin === undefined ? {} : { pin }),
    otherwise: async () => {
      const { index, files } = await shards(folder, signal);
      if (pin !== undefined) {
        throw new OfaError(
          "bad_option",
          `encoder.sha256: ${shown(folder)} has neither ${INDEX} nor a single ${WEIGHTS} that one hash could pin; ` +
            "write a folder with an index by `ofa export-encoder`, or leave the hash out",
        );
      }
      return { small: new Map([...small, index]), files };
    },
  };
}
