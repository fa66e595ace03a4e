// A choice as the page shows it: by row of the scores, not by position in the dataset.

import type { ScoreColumns, Selection } from "ofa";

/** A choice, and which rows of the scores are in it. */
export interface Chosen {
  selection: Selection;
  /** 1 for each scored row that is in the subset; in the order of the scores. */
  rows: Uint8Array;
  /** How many of them there are. */
  count: number;
}

/** Which rows of the scores a selection holds. Both are ascending, so one pass over the two does. */
export function chosenOf(selection: Selection, scores: ScoreColumns): Chosen {
  const { index } = scores;
  const rows = new Uint8Array(index.length);
  let count = 0;
  let row = 0;
  for (const position of selection.positions) {
    while (row < index.length && (index[row] as number) < position) {
      row += 1;
    }
    // Records that were kept without a score have no row.
    if (index[row] === position) {
      rows[row] = 1;
      count += 1;
    }
  }
  return { selection, rows, count };
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
