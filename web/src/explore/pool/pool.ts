// The scored records, in the orders that the page walks them in.

import type { ScoreColumns } from "ofa";

import type { PoolColumns } from "./pool.worker";

/** The orders that scored records are walked in. */
export interface PoolOrders {
  /** One more than the highest cluster. */
  clusters: number;
  /** Rows, the least confident first. */
  byConfidence: Uint32Array<ArrayBuffer>;
  /** Rows, the lowest entropy first. */
  byEntropy: Uint32Array<ArrayBuffer>;
  /** Rows cluster by cluster, in each the least confident first. */
  byCluster: Uint32Array<ArrayBuffer>;
  /** Where each cluster begins in `byCluster`; one more at the end. */
  clusterStarts: Uint32Array<ArrayBuffer>;
}

/** The scored records. A row is a place in the columns of the scores, a position one in the dataset. */
export interface Pool extends PoolOrders {
  scores: ScoreColumns;
  rows: number;
}

/** Orders the scores, in a worker. */
export function poolOf(scores: ScoreColumns): Promise<Pool> {
  const { cluster, confidence, entropy } = scores;
  const worker = new Worker(new URL("./pool.worker.ts", import.meta.url), { type: "module", name: "orders of scores" });
  return new Promise<Pool>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<PoolOrders>) => resolve({ ...data, scores, rows: confidence.length });
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage({ cluster, confidence, entropy } satisfies PoolColumns);
  }).finally(() => worker.terminate());
}
