// Positions in the dataset as rows of the scores.

/** Rows that were picked by their positions. */
export interface PickedRows {
  /** 1 for each row that was picked. */
  rows: Uint8Array<ArrayBuffer>;
  /** How many of the positions have no row: those of records without a score, or of none. */
  without: number;
}

/** Positions as rows. `index` has the position of each row, ascending; one that stands twice counts once. */
export function pickedRows(index: Float64Array, positions: Float64Array): PickedRows {
  const sorted = isAscending(positions) ? positions : positions.toSorted();
  const rows = new Uint8Array(index.length);
  let without = 0;
  let row = 0;
  let before: number | undefined;
  for (const position of sorted) {
    if (position === before) {
      continue;
    }
    before = position;
    while (row < index.length && (index[row] as number) < position) {
      row += 1;
    }
    if (index[row] === position) {
      rows[row] = 1;
    } else {
      without += 1;
    }
  }
  return { rows, without };
}

function isAscending(positions: Float64Array): boolean {
  for (let at = 1; at < positions.length; at += 1) {
    if ((positions[at] as number) < (positions[at - 1] as number)) {
      return false;
    }
  }
  return true;
}
