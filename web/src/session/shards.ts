// What a run that ends early keeps.

/**
 * Records that a shard covers. Fewer than on the command line: what is kept are whole shards, and on a processor
 * 2,048 records are ten minutes.
 */
export const SHARD_RECORDS = 512;

/** How many of the records that are done are kept. */
export function keptOf(recordsDone: number): number {
  return recordsDone - (recordsDone % SHARD_RECORDS);
}
