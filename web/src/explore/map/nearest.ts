// The point next to a place.

import KDBush from "kdbush";

import type { MapPoints } from "./points";

/** Finds points by place, once its index is there. */
export class NearestPoint {
  readonly #points: MapPoints;
  readonly #worker: Worker;
  #index: KDBush | undefined;

  constructor(points: MapPoints) {
    this.#points = points;
    this.#worker = new Worker(new URL("./nearest.worker.ts", import.meta.url), { type: "module", name: "index of places" });
    this.#worker.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
      this.#index = KDBush.from(data);
      this.#worker.terminate();
    };
    this.#worker.postMessage(points.places);
  }

  /** The row of the nearest point within `radius`; `undefined` where there is none, or no index yet. */
  rowAt(x: number, y: number, radius: number): number | undefined {
    let nearest: number | undefined;
    let least = Infinity;
    for (const at of this.#index?.within(x, y, radius) ?? []) {
      const distance = ((this.#points.places[2 * at] as number) - x) ** 2 + ((this.#points.places[2 * at + 1] as number) - y) ** 2;
      if (distance < least) {
        least = distance;
        nearest = at;
      }
    }
    return nearest === undefined ? undefined : this.#points.rows[nearest];
  }

  /** Ends the making of the index. */
  free(): void {
    this.#worker.terminate();
  }
}
