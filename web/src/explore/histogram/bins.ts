// Confidences in bins of equal width, and where they are cut.

import type { Pool } from "../pool/pool";
import type { Standing } from "../pool/standing";

const BINS = 64;

/** The confidences of a pool, binned once. */
export interface Bins {
  /** The lower edge of the first bin. */
  from: number;
  width: number;
  /** Records of each bin. */
  sizes: Uint32Array;
}

/** Bins over the confidences that there are, and the bin of each row. `byConfidence` are the rows, the lowest first. */
export function binsOf(confidence: Float32Array, byConfidence: Uint32Array): { bins: Bins; binOf: Uint8Array } {
  const rows = confidence.length;
  const from = rows === 0 ? 0 : (confidence[byConfidence[0] as number] as number);
  const to = rows === 0 ? 1 : (confidence[byConfidence[rows - 1] as number] as number);
  const width = to > from ? (to - from) / BINS : 1;
  const sizes = new Uint32Array(BINS);
  const binOf = new Uint8Array(rows);
  for (let row = 0; row < rows; row += 1) {
    const bin = Math.min(BINS - 1, Math.floor(((confidence[row] as number) - from) / width));
    binOf[row] = bin;
    sizes[bin] = (sizes[bin] as number) + 1;
  }
  return { bins: { from, width, sizes }, binOf };
}

/** Where the threshold lies, which is another one in each cluster. */
export interface Threshold {
  /** The lowest and the highest cut of a cluster. */
  lowest: number;
  highest: number;
  /** Clusters that have a cut: some of their records are in, some are not. */
  clusters: number;
}

/** The cuts of the clusters that are neither all in nor all out; `undefined` where there is none. */
export function thresholdOf(pool: Pool, { cuts, perCluster }: Standing): Threshold | undefined {
  let lowest = Infinity;
  let highest = -Infinity;
  let clusters = 0;
  for (let cluster = 0; cluster < pool.clusters; cluster += 1) {
    if (isCut(pool, perCluster, cluster)) {
      lowest = Math.min(lowest, cuts[cluster] as number);
      highest = Math.max(highest, cuts[cluster] as number);
      clusters += 1;
    }
  }
  return clusters === 0 ? undefined : { lowest, highest, clusters };
}

/** Whether a cluster has records on both sides. */
export function isCut(pool: Pool, perCluster: Uint32Array, cluster: number): boolean {
  const size = (pool.clusterStarts[cluster + 1] as number) - (pool.clusterStarts[cluster] as number);
  const chosen = perCluster[cluster] as number;
  return chosen > 0 && chosen < size;
}
