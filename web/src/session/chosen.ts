// A choice, and rows of the scores by their position in the dataset.

import type { ScoreColumns, Selection } from "ofa";

/** A choice. */
export interface Chosen {
  selection: Selection;
  /** The scores that it was made of. */
  scores: ScoreColumns;
}

/** The row of a position, by bisection; `undefined` where that record has no score. */
export function rowOf(scores: ScoreColumns, position: number): number | undefined {
  const { index } = scores;
  let low = 0;
  let high = index.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((index[middle] as number) < position) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return index[low] === position ? low : undefined;
}
