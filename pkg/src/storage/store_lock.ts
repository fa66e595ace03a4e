// One writer for each feature store, across all tabs of the origin.

import { OfaError } from "../errors.js";

/**
 * Takes the lock of a store, without waiting. Gives the function that lets it go; it goes by itself
 * when the worker ends.
 *
 * @throws OfaError `store_in_use`: another tab, or another `Selector`, has it.
 */
export async function lockStore(id: string): Promise<() => void> {
  const { locks } = navigator as { locks?: LockManager };
  if (locks === undefined) {
    // There are no locks only where there is no private file system either.
    return () => undefined;
  }
  return new Promise((resolve, reject) => {
    locks
      .request(`ofa/features/${id}`, { ifAvailable: true }, (lock) => {
        if (lock === null) {
          throw new OfaError(
            "store_in_use",
            "another tab encodes this dataset with this encoder, or deletes its features; " +
              "let it finish or close it, and run again",
            { details: { id } },
          );
        }
        return new Promise<void>((release) => resolve(release));
      })
      .catch(reject);
  });
}
