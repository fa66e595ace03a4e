// Some of the records without a score: of all of them, or of those that a search found.

import type { ScoreColumns, Selector, SkippedRecord, SkippedRecords } from "ofa";

/** Records that one call gives at most. */
const A_CALL = 1000;

/** Which are wanted. */
export interface AskedPage {
  /** Positions of records without a score, ascending; `undefined` for all. */
  found: Float64Array | undefined;
  from: number;
  count: number;
}

/** They, by position. */
export interface SkippedPage {
  records: readonly SkippedRecord[];
  /** How many there are of each reason, where all are listed: those that were found are not counted by it. */
  byReason: SkippedRecords["byReason"] | undefined;
}

/**
 * Reads them. Of those that a search found the package is asked by their places in its list, which is by position and
 * leaves out nothing but the scored records: neighbours in it come by one call.
 */
export async function skippedPage(
  selector: Selector,
  { index }: ScoreColumns,
  { found, from, count }: AskedPage,
  signal: AbortSignal,
): Promise<SkippedPage> {
  if (found === undefined) {
    return selector.skipped({ from, count, signal });
  }
  const page = found.subarray(from, from + count);
  const wanted = new Set(page);
  const places = placesOf(page, index);
  const records: SkippedRecord[] = [];
  for (let next = 0; next < places.length; ) {
    const first = places[next] as number;
    let last = first;
    while (next < places.length && (places[next] as number) - first < A_CALL) {
      last = places[next] as number;
      next += 1;
    }
    const some = await selector.skipped({ from: first, count: last - first + 1, signal });
    records.push(...some.records.filter(({ position }) => wanted.has(position)));
  }
  return { records, byReason: undefined };
}

/** The place of each position among those that are no scored record's. Both lists ascend. */
function placesOf(positions: Float64Array, index: Float64Array): Float64Array {
  const places = new Float64Array(positions.length);
  let scored = 0;
  positions.forEach((position, nth) => {
    while (scored < index.length && (index[scored] as number) < position) {
      scored += 1;
    }
    places[nth] = position - scored;
  });
  return places;
}
