// The scored records, in the orders that the page walks them in.

import type { ScoreColumns } from "ofa";

import type { Chosen } from "../../session/chosen";
import type { Bins } from "../histogram/bins";
import { NewestFirst } from "./newest_first";
import type { PoolColumns, StandingRequest } from "./pool.worker";
import type { Standing } from "./standing";

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
  /** The confidences in bins. */
  bins: Bins;
}

/** The scored records. A row is a place in the columns of the scores, a position one in the dataset. */
export interface Pool extends PoolOrders {
  scores: ScoreColumns;
  rows: number;
  /**
   * How every record stands in a choice; `setAside` are rows that were excluded by hand. `undefined` where another
   * choice was asked about before this one's turn came.
   */
  standing(chosen: Chosen | undefined, setAside: ReadonlySet<number>): Promise<Standing | undefined>;
  /** Ends the worker that knows it. */
  free(): void;
}

/** Orders the scores, in a worker, which stays to tell how the records stand in each choice. */
export async function poolOf(scores: ScoreColumns): Promise<Pool> {
  const { cluster, confidence, entropy } = scores;
  const worker = new Worker(new URL("./pool.worker.ts", import.meta.url), { type: "module", name: "the pool" });
  const answer = <T>(message: PoolColumns | StandingRequest): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<T>) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.postMessage(message);
    });
  try {
    const orders = await answer<PoolOrders>({ cluster, confidence, entropy });
    const calls = new NewestFirst();
    return {
      ...orders,
      scores,
      rows: confidence.length,
      standing: (chosen, setAside) =>
        calls.call(() => answer<Standing>({ chosen: chosen?.rows, setAside: Uint32Array.from(setAside) })),
      free: () => worker.terminate(),
    };
  } catch (error) {
    worker.terminate();
    throw error;
  }
}
