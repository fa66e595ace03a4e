// UMAP of a sample: each step takes too long for the page's own thread.

import { UMAP } from "umap-js";

import { jointRows } from "./joint_features";

/** What the worker is given. */
export interface UmapOrder {
  /** The feature store's files. */
  files: { name: string; blob: Blob }[];
  /** Rows of the scores, ascending. */
  rows: Uint32Array;
  seed: number;
}

/** What it tells: how far it is, in epochs, and at the end the places. */
export type UmapTold = { done: number; of: number } | { coordinates: Float32Array } | { problem: string };

addEventListener("message", ({ data }: MessageEvent<UmapOrder>) => {
  void fit(data).catch((error: unknown) => tell({ problem: error instanceof Error ? error.message : String(error) }));
});

function tell(told: UmapTold): void {
  postMessage(told);
}

async function fit({ files, rows, seed }: UmapOrder): Promise<void> {
  const features = await jointRows(files, rows);
  const umap = new UMAP({ nComponents: 2, nNeighbors: Math.min(15, Math.max(2, rows.length - 1)), minDist: 0.1, random: seeded(seed) });
  const epochs = umap.initializeFit(features);
  for (let epoch = 0; epoch < epochs; epoch += 1) {
    umap.step();
    if (epoch % 10 === 0) {
      tell({ done: epoch, of: epochs });
    }
  }
  tell({ coordinates: Float32Array.from(umap.getEmbedding().flat()) });
}

/** Mulberry32: numbers from 0 to 1 that are the same for the same seed. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
