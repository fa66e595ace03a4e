// Whether there is room for an encoder.

import { OfaError } from "../errors.js";

/**
 * Refuses to begin what cannot be ended for lack of room. A browser that tells no numbers, or only
 * rough ones, is found full when it is.
 *
 * @throws OfaError `storage_full`.
 */
export async function requireRoom(needed: number): Promise<void> {
  const available = await availableBytes();
  if (available !== undefined && needed > available) {
    throw fullError(needed, available);
  }
}

/**
 * The error for bytes that were not taken, of which that many are still needed; another failure
 * than a lack of room is given back as it is.
 */
export async function storageFull(cause: unknown, needed: number | undefined): Promise<unknown> {
  const isFull = cause instanceof DOMException && cause.name === "QuotaExceededError";
  return isFull ? fullError(needed, await availableBytes(), cause) : cause;
}

/** Bytes that the browser says that it lets this origin still keep. */
async function availableBytes(): Promise<number | undefined> {
  try {
    const { quota, usage } = (await globalThis.navigator?.storage?.estimate?.()) ?? {};
    return quota === undefined ? undefined : Math.max(0, quota - (usage ?? 0));
  } catch {
    return undefined;
  }
}

function fullError(needed: number | undefined, available: number | undefined, cause?: unknown): OfaError {
  const need = needed === undefined ? "more bytes are needed" : `${needed} bytes are still needed`;
  let room = "the browser takes no more";
  if (available !== undefined) {
    // Chromium speaks of 10 GB whatever there is.
    const isLikely = needed !== undefined && available < needed;
    room = isLikely
      ? `${available} are available to this site`
      : `${room} (by its own, rough account ${available} are available)`;
  }
  return new OfaError(
    "storage_full",
    `no room to keep the encoder: ${need}, ${room}; make room on the disk, delete stored encoders, use a smaller ` +
      'one (`ofa export-encoder --dtype q8`), or keep it in memory with storage: "memory"',
    { details: { needed, available }, ...(cause === undefined ? {} : { cause }) },
  );
}
