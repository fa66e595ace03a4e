// What two choices of one pool have in common.

import { CHOSEN } from "../pool/standing";

/** Two choices, counted. */
export interface Overlap {
  first: number;
  second: number;
  both: number;
  /** Records in both by records in either; 0 where both are empty. */
  jaccard: number;
  /** What `both` would be of two choices of these sizes that know nothing of each other. */
  byChance: number;
}

/** Two choices of a part of the pool. */
export interface PartOverlap {
  id: number;
  first: number;
  second: number;
  both: number;
}

/** Counts two choices. One is told by how every row stands in it, the other has 1 for every row in it. */
export function overlapOf(first: Uint8Array, second: Uint8Array): Overlap {
  let ofFirst = 0;
  let ofSecond = 0;
  let both = 0;
  for (let row = 0; row < first.length; row += 1) {
    const isFirst = Number(first[row] === CHOSEN);
    const isSecond = second[row] as number;
    ofFirst += isFirst;
    ofSecond += isSecond;
    both += isFirst & isSecond;
  }
  const either = ofFirst + ofSecond - both;
  return {
    first: ofFirst,
    second: ofSecond,
    both,
    jaccard: either === 0 ? 0 : both / either,
    byChance: first.length === 0 ? 0 : (ofFirst * ofSecond) / first.length,
  };
}

/** Counts two such choices part by part; parts that neither touches are left out. */
export function overlapOfParts(
  first: Uint8Array,
  second: Uint8Array,
  partOf: Uint32Array | Uint16Array,
  parts: number,
): PartOverlap[] {
  const counts = new Uint32Array(parts * 3);
  for (let row = 0; row < first.length; row += 1) {
    const isFirst = Number(first[row] === CHOSEN);
    const isSecond = second[row] as number;
    if ((isFirst | isSecond) === 1) {
      const at = (partOf[row] as number) * 3;
      counts[at] = (counts[at] as number) + isFirst;
      counts[at + 1] = (counts[at + 1] as number) + isSecond;
      counts[at + 2] = (counts[at + 2] as number) + (isFirst & isSecond);
    }
  }
  const found: PartOverlap[] = [];
  for (let id = 0; id < parts; id += 1) {
    const [first = 0, second = 0, both = 0] = counts.subarray(id * 3, id * 3 + 3);
    if (first + second > 0) {
      found.push({ id, first, second, both });
    }
  }
  return found;
}
