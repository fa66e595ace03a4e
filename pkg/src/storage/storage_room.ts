// The error for a storage that is full: how much is needed, how much there is, and what to do.

import { OfaError } from "../errors.js";

/** The error `storage_full` for a place that needs about so many bytes more. */
export async function noRoom(place: string, needed: number, cause: unknown): Promise<OfaError> {
  const { quota = 0, usage = 0 } = (await navigator.storage.estimate().catch(() => undefined)) ?? {};
  const available = Math.max(0, quota - usage);
  return new OfaError(
    "storage_full",
    `${place}: there is no room: about ${amount(needed)} more are needed, and the browser has ${amount(available)} ` +
      `left for this site (${amount(usage)} of ${amount(quota)} are used). Delete stored features or encoders, or ` +
      'free space on the disk, and run again: it goes on where it stopped. With `storage: "memory"` nothing is stored.',
    { cause, details: { needed, available, usage, quota } },
  );
}

function amount(bytes: number): string {
  if (bytes < 1e6) {
    return `${Math.ceil(bytes / 1e3)} KB`;
  }
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}
