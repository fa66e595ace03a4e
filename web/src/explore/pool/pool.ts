// The scored records, in the orders that the page walks them in.

import type { ScoreColumns, Selection } from "ofa";

import type { Bins } from "../histogram/bins";
import type { Looks, Painting } from "../map/looks";
import { NewestFirst } from "./newest_first";
import type { PickedRows } from "./picked_rows";
import { PoolLink } from "./pool_link";
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
  standing(selection: Selection | undefined, setAside: ReadonlySet<number>): Promise<Standing | undefined>;
  /** The rows of positions, which need be in no order. */
  rowsOf(positions: Float64Array): Promise<PickedRows>;
  /** Says what the map draws from now on. */
  paint(painting: Painting): void;
  /**
   * How the map's points look in the choice whose standing came last; `shown` has 1 for each row that is shown.
   * `undefined` where it was asked again before its turn came.
   */
  looks(shown: Uint8Array | undefined): Promise<Looks | undefined>;
  /** Ends the worker that knows it. */
  free(): void;
}

/** Orders the scores, in a worker, which stays to tell how the records stand in each choice. */
export async function poolOf(scores: ScoreColumns): Promise<Pool> {
  const { index, cluster, confidence, entropy } = scores;
  const link = new PoolLink();
  try {
    const orders = await link.ask("order", { index, cluster, confidence, entropy });
    // Of either only the newest is worth counting, and neither takes the turn of the other.
    const standings = new NewestFirst();
    const looks = new NewestFirst();
    return {
      ...orders,
      scores,
      rows: confidence.length,
      standing: (selection, setAside) =>
        standings.call(() => link.ask("standing", { chosen: selection?.positions, setAside: Uint32Array.from(setAside) })),
      rowsOf: (positions) => link.ask("rowsOf", positions),
      // What goes wrong with it is told to whoever asks for the looks.
      paint: (painting) => void link.ask("paint", painting).catch(() => undefined),
      looks: (shown) => looks.call(() => link.ask("looks", shown)),
      free: () => link.end(),
    };
  } catch (error) {
    link.end();
    throw error;
  }
}
