// Which points lie within a line that was drawn around them.

import { breathe } from "../pool/breathe";
import type { MapPoints } from "./points";

/** Points that are tested before the page gets a turn. */
const PORTION = 40_000;

/** 1 for each row whose point lies within the polygon, whose corners are places: x, y, x, y, … */
export async function rowsWithin(points: MapPoints, polygon: readonly number[], rows: number): Promise<Uint8Array> {
  const mask = new Uint8Array(rows);
  let [left, right, bottom, top] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let at = 0; at < polygon.length; at += 2) {
    left = Math.min(left, polygon[at] as number);
    right = Math.max(right, polygon[at] as number);
    bottom = Math.min(bottom, polygon[at + 1] as number);
    top = Math.max(top, polygon[at + 1] as number);
  }
  const { places } = points;
  for (let at = 0; at < points.rows.length; at += 1) {
    const x = places[2 * at] as number;
    const y = places[2 * at + 1] as number;
    if (x >= left && x <= right && y >= bottom && y <= top && isWithin(x, y, polygon)) {
      mask[points.rows[at] as number] = 1;
    }
    if (at % PORTION === PORTION - 1) {
      await breathe();
    }
  }
  return mask;
}

/** Even and odd crossings of a line to the right. */
function isWithin(x: number, y: number, polygon: readonly number[]): boolean {
  let isInside = false;
  const length = polygon.length / 2;
  for (let at = 0, before = length - 1; at < length; before = at, at += 1) {
    const ax = polygon[2 * at] as number;
    const ay = polygon[2 * at + 1] as number;
    const bx = polygon[2 * before] as number;
    const by = polygon[2 * before + 1] as number;
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) {
      isInside = !isInside;
    }
  }
  return isInside;
}
