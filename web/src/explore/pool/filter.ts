// What of the scored records is shown.

import type { Pool } from "./pool";

/** What is shown. An empty set and `undefined` narrow nothing. */
export interface Filter {
  clusters: ReadonlySet<number>;
  /** Places in the names of `sources`. */
  sources: ReadonlySet<number>;
  /** Lowest and highest confidence, both included. */
  confidence: readonly [number, number] | undefined;
  /** 1 for each row that was picked on the map. */
  picked: Uint8Array | undefined;
  /** 1 for each row that a search found, and what was searched for. */
  found: { text: string; rows: Uint8Array; count: number } | undefined;
}

export const NO_FILTER: Filter = {
  clusters: new Set(),
  sources: new Set(),
  confidence: undefined,
  picked: undefined,
  found: undefined,
};

/** Whether a filter shows everything. */
export function showsAll({ clusters, sources, confidence, picked, found }: Filter): boolean {
  return clusters.size === 0 && sources.size === 0 && confidence === undefined && picked === undefined && found === undefined;
}

/** 1 for each row that a filter shows; `undefined` where it shows all. */
export function matching(filter: Filter, pool: Pool, sourceOf: Uint16Array | undefined): Uint8Array | undefined {
  if (showsAll(filter)) {
    return undefined;
  }
  const rows = new Uint8Array(pool.rows).fill(1);
  const keep = (holds: (row: number) => boolean): void => {
    for (let row = 0; row < rows.length; row += 1) {
      if (rows[row] === 1 && !holds(row)) {
        rows[row] = 0;
      }
    }
  };
  const { cluster, confidence } = pool.scores;
  if (filter.clusters.size > 0) {
    const wanted = maskOf(filter.clusters, pool.clusters);
    keep((row) => wanted[cluster[row] as number] === 1);
  }
  if (filter.sources.size > 0 && sourceOf !== undefined) {
    const wanted = maskOf(filter.sources, 1 << 16);
    keep((row) => wanted[sourceOf[row] as number] === 1);
  }
  if (filter.confidence !== undefined) {
    const [low, high] = filter.confidence;
    keep((row) => (confidence[row] as number) >= low && (confidence[row] as number) <= high);
  }
  for (const mask of [filter.picked, filter.found?.rows]) {
    if (mask !== undefined) {
      keep((row) => mask[row] === 1);
    }
  }
  return rows;
}

/** A set with one more or one less in it. */
export function toggled(set: ReadonlySet<number>, item: number): ReadonlySet<number> {
  const changed = new Set(set);
  if (!changed.delete(item)) {
    changed.add(item);
  }
  return changed;
}

/** How many rows a mask has. */
export function countOf(mask: Uint8Array): number {
  let count = 0;
  for (const is of mask) {
    count += is;
  }
  return count;
}

function maskOf(set: ReadonlySet<number>, length: number): Uint8Array {
  const mask = new Uint8Array(length);
  for (const item of set) {
    mask[item] = 1;
  }
  return mask;
}
