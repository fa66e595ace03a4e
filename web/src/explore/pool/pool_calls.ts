// What the page asks the pool's worker, and what it answers.

import type { Looks, Painting } from "../map/looks";
import type { PoolOrders } from "./pool";
import type { PickedRows } from "./picked_rows";
import type { Standing } from "./standing";

/** The columns of the scores that the worker has to know. */
export interface PoolColumns {
  index: Float64Array<ArrayBuffer>;
  cluster: Uint32Array<ArrayBuffer>;
  confidence: Float32Array<ArrayBuffer>;
  entropy: Float32Array<ArrayBuffer>;
}

/** A choice to be counted. */
export interface StandingRequest {
  /** Positions of the records that were chosen. */
  chosen: Float64Array | undefined;
  /** Rows that were excluded by hand. */
  setAside: Uint32Array;
}

/** The calls, by name. */
export interface PoolCalls {
  /** Comes first: the others are of these scores. */
  order: { asked: PoolColumns; answer: PoolOrders };
  standing: { asked: StandingRequest; answer: Standing };
  rowsOf: { asked: Float64Array; answer: PickedRows };
  /** What the map draws from now on. */
  paint: { asked: Painting; answer: undefined };
  /** How its points look in the choice that was counted last. What is asked has 1 for each row that is shown. */
  looks: { asked: Uint8Array | undefined; answer: Looks };
}

/** A call on its way. */
export type PoolCall = { [N in keyof PoolCalls]: { id: number; name: N; asked: PoolCalls[N]["asked"] } }[keyof PoolCalls];

/** An answer on its way. */
export interface PoolAnswer {
  id: number;
  answer: PoolCalls[keyof PoolCalls]["answer"];
}
