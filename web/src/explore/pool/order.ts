// Rows in the order of a column: radix sort, which takes no comparison for each pair of rows.

const DIGIT = 1 << 16;

/** Rows in ascending order of a column, equal values by row. */
export function orderBy(column: Float32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const keys = sortableBits(column);
  return passOver(keys, passOver(keys, undefined, 0), 16);
}

/** Floats as whole numbers of the same order. */
function sortableBits(column: Float32Array<ArrayBuffer>): Uint32Array {
  const bits = new Uint32Array(column.buffer, column.byteOffset, column.length);
  const keys = new Uint32Array(bits.length);
  for (let row = 0; row < bits.length; row += 1) {
    const value = bits[row] as number;
    keys[row] = value >>> 31 === 0 ? value | 0x8000_0000 : ~value;
  }
  return keys;
}

/** Rows in the order of one digit; of equal ones the order before is kept. */
function passOver(keys: Uint32Array, before: Uint32Array | undefined, shift: number): Uint32Array<ArrayBuffer> {
  const starts = new Uint32Array(DIGIT + 1);
  for (const key of keys) {
    const digit = (key >>> shift) & 0xffff;
    starts[digit + 1] = (starts[digit + 1] as number) + 1;
  }
  for (let digit = 1; digit <= DIGIT; digit += 1) {
    starts[digit] = (starts[digit] as number) + (starts[digit - 1] as number);
  }
  const after = new Uint32Array(keys.length);
  for (let place = 0; place < keys.length; place += 1) {
    const row = before === undefined ? place : (before[place] as number);
    const digit = ((keys[row] as number) >>> shift) & 0xffff;
    const at = starts[digit] as number;
    starts[digit] = at + 1;
    after[at] = row;
  }
  return after;
}

/** Rows grouped by a whole number, each group in the order given; and where each group begins. */
export function groupBy(
  group: Uint32Array,
  groups: number,
  order: Uint32Array,
): { rows: Uint32Array<ArrayBuffer>; starts: Uint32Array<ArrayBuffer> } {
  const starts = new Uint32Array(groups + 1);
  for (const of of group) {
    starts[of + 1] = (starts[of + 1] as number) + 1;
  }
  for (let of = 1; of <= groups; of += 1) {
    starts[of] = (starts[of] as number) + (starts[of - 1] as number);
  }
  const next = starts.slice();
  const rows = new Uint32Array(order.length);
  for (const row of order) {
    const of = group[row] as number;
    const at = next[of] as number;
    next[of] = at + 1;
    rows[at] = row;
  }
  return { rows, starts };
}
