// The scored records, in the orders that the page walks them in.

import type { ScoreColumns } from "ofa";

import { breathe } from "./breathe";
import { groupBy, orderBy } from "./order";

/** The scored records. A row is a place in the columns of the scores, a position one in the dataset. */
export interface Pool {
  scores: ScoreColumns;
  rows: number;
  /** One more than the highest cluster. */
  clusters: number;
  /** Rows, the least confident first. */
  byConfidence: Uint32Array;
  /** Rows, the lowest entropy first. */
  byEntropy: Uint32Array;
  /** Rows cluster by cluster, in each the least confident first. */
  byCluster: Uint32Array;
  /** Where each cluster begins in `byCluster`; one more at the end. */
  clusterStarts: Uint32Array;
}

/** Orders the scores; in portions, so that the page stays awake. */
export async function poolOf(scores: ScoreColumns): Promise<Pool> {
  const { cluster, confidence, entropy } = scores;
  const byConfidence = await orderBy(confidence);
  await breathe();
  const byEntropy = await orderBy(entropy);
  await breathe();
  let clusters = 0;
  for (const of of cluster) {
    clusters = Math.max(clusters, of + 1);
  }
  const { rows: byCluster, starts: clusterStarts } = groupBy(cluster, clusters, byConfidence);
  return { scores, rows: confidence.length, clusters, byConfidence, byEntropy, byCluster, clusterStarts };
}
