// How each record stands: chosen, nearly, or not.

export const LEFT_OUT = 0;
export const NEAR_MISS = 1;
export const CHOSEN = 2;

/** The share of what a cluster has in the subset that counts as just beyond its threshold, and the fewest. */
const NEAR_SHARE = 0.1;
const FEWEST_NEAR = 3;

/** How every record stands in a choice. */
export interface Standing {
  /** `LEFT_OUT`, `NEAR_MISS` or `CHOSEN` for each row. */
  of: Uint8Array<ArrayBuffer>;
  chosen: number;
  nearMisses: number;
  /** By cluster: the highest confidence that was chosen; `NaN` where none was. */
  cuts: Float32Array;
  /** By cluster: how many were chosen. */
  perCluster: Uint32Array;
  /** By bin of confidence: how many were chosen. */
  perBin: Uint32Array;
}

/** What has to be known of a pool. */
export interface KnownPool {
  clusters: number;
  byCluster: Uint32Array;
  clusterStarts: Uint32Array;
  cluster: Uint32Array;
  confidence: Float32Array;
  /** How many bins there are, and the one of each row. */
  bins: number;
  binOf: Uint8Array;
}

/**
 * How every record stands. Near misses are, in each cluster, the least confident of those that were left out: a tenth
 * as many as were chosen there, at least three. `chosen` has 1 for each row in the subset, `setAside` are rows that
 * were excluded by hand.
 */
export function standingOf(pool: KnownPool, chosen: Uint8Array | undefined, setAside: ReadonlySet<number>): Standing {
  const { byCluster, clusterStarts, clusters, cluster, confidence, binOf } = pool;
  const rows = cluster.length;
  const of = new Uint8Array(rows);
  const cuts = new Float32Array(clusters).fill(NaN);
  const perCluster = new Uint32Array(clusters);
  const perBin = new Uint32Array(pool.bins);
  if (chosen === undefined) {
    return { of, chosen: 0, nearMisses: 0, cuts, perCluster, perBin };
  }
  let count = 0;
  for (let row = 0; row < rows; row += 1) {
    if (chosen[row] === 1) {
      const bin = binOf[row] as number;
      perBin[bin] = (perBin[bin] as number) + 1;
      count += 1;
      const at = cluster[row] as number;
      of[row] = CHOSEN;
      perCluster[at] = (perCluster[at] as number) + 1;
      if (!((cuts[at] as number) >= (confidence[row] as number))) {
        cuts[at] = confidence[row] as number;
      }
    }
  }
  let nearMisses = 0;
  for (let at = 0; at < clusters; at += 1) {
    const end = clusterStarts[at + 1] as number;
    let left = Math.max(FEWEST_NEAR, Math.ceil((perCluster[at] as number) * NEAR_SHARE));
    for (let place = clusterStarts[at] as number; place < end && left > 0; place += 1) {
      const row = byCluster[place] as number;
      if (of[row] === LEFT_OUT && !setAside.has(row)) {
        of[row] = NEAR_MISS;
        nearMisses += 1;
        left -= 1;
      }
    }
  }
  return { of, chosen: count, nearMisses, cuts, perCluster, perBin };
}
