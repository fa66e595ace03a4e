// What is counted over all scored records, which takes too long for the page's own thread: their orders, how they stand
// in each choice, and how the points of the map look.

import { binsOf } from "../histogram/bins";
import { looksOf, shadesOf, type Painting } from "../map/looks";
import { groupBy, orderBy } from "./order";
import { pickedRows } from "./picked_rows";
import type { PoolCall, PoolCalls, PoolColumns } from "./pool_calls";
import { standingOf, type KnownPool } from "./standing";

/** What the worker keeps between calls. */
interface Kept extends KnownPool {
  index: Float64Array;
  byConfidence: Uint32Array;
  /** How each row stands in the choice that was counted last. */
  standing: Uint8Array;
  /** What the map draws, and the shade of each row where no choice changes it. */
  map: (Painting & { shades: Uint8Array | undefined }) | undefined;
}

/** An answer, and what of it is handed over. */
type Answered<N extends keyof PoolCalls> = [answer: PoolCalls[N]["answer"], transfer: Transferable[]];

let kept: Kept | undefined;

addEventListener("message", ({ data }: MessageEvent<PoolCall>) => {
  const made = answered(data);
  if (made instanceof Promise) {
    void made.then((made) => post(data.id, made));
  } else {
    post(data.id, made);
  }
});

function post(id: number, [answer, transfer]: Answered<keyof PoolCalls>): void {
  postMessage({ id, answer }, { transfer });
}

function answered(call: PoolCall): Answered<keyof PoolCalls> | Promise<Answered<"looks">> {
  if (call.name === "order") {
    return order(call.asked);
  }
  if (kept === undefined) {
    throw new Error("the pool was asked before it had scores");
  }
  switch (call.name) {
    case "standing": {
      const { chosen, setAside } = call.asked;
      const rows = chosen && pickedRows(kept.index, chosen).rows;
      const standing = standingOf(kept, rows, new Set(setAside));
      kept.standing = standing.of.slice();
      return [standing, [standing.of.buffer]];
    }
    case "rowsOf": {
      const picked = pickedRows(kept.index, call.asked);
      return [picked, [picked.rows.buffer]];
    }
    case "paint":
      kept.map = { ...call.asked, shades: shadesOf(call.asked, kept) };
      return [undefined, []];
    case "looks":
      return look(kept, call.asked);
  }
}

async function look({ map, standing }: Kept, shown: Uint8Array | undefined): Promise<Answered<"looks">> {
  const { rows, shades } = map ?? { rows: new Uint32Array(0), shades: undefined };
  const looks = await looksOf(rows, shades ?? standing, standing, shown);
  return [looks, [looks.buffer]];
}

function order({ index, cluster, confidence, entropy }: PoolColumns): Answered<"order"> {
  let clusters = 0;
  for (const of of cluster) {
    clusters = Math.max(clusters, of + 1);
  }
  const byConfidence = orderBy(confidence);
  const byEntropy = orderBy(entropy);
  const { rows: byCluster, starts: clusterStarts } = groupBy(cluster, clusters, byConfidence);
  const { bins, binOf } = binsOf(confidence, byConfidence);
  const standing = new Uint8Array(confidence.length);
  kept = { index, byConfidence, byCluster, clusterStarts, clusters, cluster, confidence, binOf, bins: bins.sizes.length, standing, map: undefined };
  // What is needed here too is copied here, and handed over: the page would copy it in its own thread.
  const [ofPage, ofPageByCluster] = [byConfidence.slice(), byCluster.slice()];
  return [
    { clusters, byConfidence: ofPage, byEntropy, byCluster: ofPageByCluster, clusterStarts, bins },
    [ofPage.buffer, byEntropy.buffer, ofPageByCluster.buffer],
  ];
}
