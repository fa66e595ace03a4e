// Which rows the gallery lists, and in what order.

import type { Pool } from "../pool/pool";
import { CHOSEN, LEFT_OUT, NEAR_MISS, type Standing } from "../pool/standing";

/** What is listed of the scored records. */
export type ListedPart = "chosen" | "near" | "left-out";

export const SORT_ORDERS = ["least-confident", "most-confident", "position", "lowest-entropy", "highest-entropy"] as const;

/** The order of a listing. */
export type SortOrder = (typeof SORT_ORDERS)[number];

/** A part as the standings name it. What was left out includes the near misses. */
function holds(part: ListedPart, standing: number): boolean {
  return part === "chosen" ? standing === CHOSEN : part === "near" ? standing === NEAR_MISS : standing !== CHOSEN;
}

/** What is listed: a part of what is shown, in an order, and which stretch of it. */
export interface Listing {
  part: ListedPart;
  shown: Uint8Array | undefined;
  order: SortOrder;
  from: number;
  count: number;
}

/** Rows of a listing, in order. No more of the pool is walked than the stretch needs. */
export function listedRows(pool: Pool, standing: Standing, { part, shown, order, from, count }: Listing): Uint32Array {
  const { byConfidence, byEntropy, rows } = pool;
  const wanted = Uint8Array.of(...[LEFT_OUT, NEAR_MISS, CHOSEN].map((standing) => Number(holds(part, standing))));
  const walked = order === "position" ? undefined : order.endsWith("confident") ? byConfidence : byEntropy;
  const isReversed = order === "most-confident" || order === "highest-entropy";
  const listed = new Uint32Array(Math.min(count, rows));
  let passed = 0;
  let length = 0;
  for (let step = 0; step < rows && length < listed.length; step += 1) {
    const place = isReversed ? rows - 1 - step : step;
    const row = walked === undefined ? place : (walked[place] as number);
    if (wanted[standing.of[row] as number] === 1 && (shown === undefined || shown[row] === 1)) {
      if (passed < from) {
        passed += 1;
      } else {
        listed[length] = row;
        length += 1;
      }
    }
  }
  return listed.subarray(0, length);
}

/** How many records of each part are shown. */
export function countParts(standing: Standing, shown: Uint8Array | undefined): Record<ListedPart, number> {
  const { of, chosen, nearMisses } = standing;
  if (shown === undefined) {
    return { chosen, near: nearMisses, "left-out": of.length - chosen };
  }
  const counts = new Uint32Array(3);
  for (let row = 0; row < of.length; row += 1) {
    if (shown[row] === 1) {
      const is = of[row] as number;
      counts[is] = (counts[is] as number) + 1;
    }
  }
  const [leftOut = 0, near = 0, inSubset = 0] = counts;
  return { chosen: inSubset, near, "left-out": leftOut + near };
}
