// Orders the scores, and counts how they stand in each choice, which takes too long for the page's own thread.

import { binsOf } from "../histogram/bins";
import { groupBy, orderBy } from "./order";
import type { PoolOrders } from "./pool";
import { standingOf, type KnownPool } from "./standing";

/** The columns that are ordered: the first message. */
export interface PoolColumns {
  cluster: Uint32Array<ArrayBuffer>;
  confidence: Float32Array<ArrayBuffer>;
  entropy: Float32Array<ArrayBuffer>;
}

/** A choice to be counted: each message after it. */
export interface StandingRequest {
  /** 1 for each row that was chosen. */
  chosen: Uint8Array | undefined;
  /** Rows that were excluded by hand. */
  setAside: Uint32Array;
}

let pool: KnownPool | undefined;

addEventListener("message", ({ data }: MessageEvent<PoolColumns | StandingRequest>) => {
  if ("cluster" in data) {
    order(data);
  } else if (pool !== undefined) {
    const standing = standingOf(pool, data.chosen, new Set(data.setAside));
    postMessage(standing, { transfer: [standing.of.buffer] });
  }
});

function order({ cluster, confidence, entropy }: PoolColumns): void {
  let clusters = 0;
  for (const of of cluster) {
    clusters = Math.max(clusters, of + 1);
  }
  const byConfidence = orderBy(confidence);
  const byEntropy = orderBy(entropy);
  const { rows: byCluster, starts: clusterStarts } = groupBy(cluster, clusters, byConfidence);
  const { bins, binOf } = binsOf(confidence, byConfidence);
  pool = { byCluster, clusterStarts, clusters, cluster, confidence, binOf, bins: bins.sizes.length };
  const orders: PoolOrders = { clusters, byConfidence, byEntropy, byCluster, clusterStarts, bins };
  // What the standings need stays here, and is copied.
  postMessage(orders, { transfer: [byConfidence.buffer, byEntropy.buffer] });
}
