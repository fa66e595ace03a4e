// Orders the scores, which takes too long for the page's own thread.

import { groupBy, orderBy } from "./order";
import type { PoolOrders } from "./pool";

/** The columns that are ordered. */
export interface PoolColumns {
  cluster: Uint32Array<ArrayBuffer>;
  confidence: Float32Array<ArrayBuffer>;
  entropy: Float32Array<ArrayBuffer>;
}

addEventListener("message", ({ data: { cluster, confidence, entropy } }: MessageEvent<PoolColumns>) => {
  let clusters = 0;
  for (const of of cluster) {
    clusters = Math.max(clusters, of + 1);
  }
  const byConfidence = orderBy(confidence);
  const byEntropy = orderBy(entropy);
  const { rows: byCluster, starts: clusterStarts } = groupBy(cluster, clusters, byConfidence);
  const orders: PoolOrders = { clusters, byConfidence, byEntropy, byCluster, clusterStarts };
  postMessage(orders, {
    transfer: [byConfidence.buffer, byEntropy.buffer, byCluster.buffer, clusterStarts.buffer],
  });
});
