// The points of a map: which records, where.

/** Points in the order in which they are drawn: any first part of them is a fair sample of all. */
export interface MapPoints {
  /** The row of each point. */
  rows: Uint32Array<ArrayBuffer>;
  /** Two for each point; the larger extent fills -1 to 1. */
  places: Float32Array<ArrayBuffer>;
}

/** The golden section: steps of this share of a list come to each place late and to no region often. */
const GOLDEN = 0.618_033_988_749_895;

/**
 * Points of coordinates that stand in the order of `rows`, or of the scores where there is none. The order of drawing
 * is the same each time.
 */
export function pointsOf(coordinates: Float32Array, rows?: Uint32Array): MapPoints {
  const length = coordinates.length / 2;
  const { x, y, scale } = extentOf(coordinates);
  const points: MapPoints = { rows: new Uint32Array(length), places: new Float32Array(length * 2) };
  const step = coprimeStep(length);
  let from = 0;
  for (let at = 0; at < length; at += 1) {
    points.rows[at] = rows === undefined ? from : (rows[from] as number);
    points.places[2 * at] = ((coordinates[2 * from] as number) - x) * scale;
    points.places[2 * at + 1] = ((coordinates[2 * from + 1] as number) - y) * scale;
    from += step;
    if (from >= length) {
      from -= length;
    }
  }
  return points;
}

/** Rows of a sample of the pool: the same each time, and spread over it evenly. */
export function sampleRows(rows: number, count: number): Uint32Array {
  const step = coprimeStep(rows);
  const sample = new Uint32Array(Math.min(rows, count));
  let from = 0;
  for (let at = 0; at < sample.length; at += 1) {
    sample[at] = from;
    from = (from + step) % rows;
  }
  return sample.sort();
}

function coprimeStep(length: number): number {
  let step = Math.max(1, Math.round(length * GOLDEN));
  while (greatestCommonDivisor(step, length) !== 1) {
    step += 1;
  }
  return step % Math.max(1, length);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

function extentOf(coordinates: Float32Array): { x: number; y: number; scale: number } {
  let [left, right, bottom, top] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let at = 0; at < coordinates.length; at += 2) {
    const x = coordinates[at] as number;
    const y = coordinates[at + 1] as number;
    left = Math.min(left, x);
    right = Math.max(right, x);
    bottom = Math.min(bottom, y);
    top = Math.max(top, y);
  }
  const extent = Math.max(right - left, top - bottom);
  return { x: (left + right) / 2, y: (bottom + top) / 2, scale: extent > 0 && Number.isFinite(extent) ? 2 / extent : 1 };
}
