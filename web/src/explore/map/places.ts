// Points at their places, and which of them is next to a place.

import KDBush from "kdbush";

import type { PlacesOrder } from "./places.worker";
import type { MapPoints } from "./points";

/** Points, with an index that comes a little later. */
export class Places {
  readonly points: MapPoints;
  readonly #worker: Worker;
  #index: KDBush | undefined;

  /** Makes points of coordinates, which are used up: two for each of `rows`, or of all scores where there are none. */
  static of(coordinates: Float32Array, rows?: Uint32Array): Promise<Places> {
    const worker = new Worker(new URL("./places.worker.ts", import.meta.url), { type: "module", name: "places of the map" });
    return new Promise((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<MapPoints>) => resolve(new Places(data, worker));
      worker.onerror = ({ message }) => {
        worker.terminate();
        reject(new Error(message));
      };
      worker.postMessage({ coordinates, rows } satisfies PlacesOrder, [coordinates.buffer as ArrayBuffer]);
    });
  }

  private constructor(points: MapPoints, worker: Worker) {
    this.points = points;
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
      this.#index = KDBush.from(data);
      worker.terminate();
    };
  }

  /** The row of the nearest point within `radius`; `undefined` where there is none, or no index yet. */
  rowAt(x: number, y: number, radius: number): number | undefined {
    const { places, rows } = this.points;
    let nearest: number | undefined;
    let least = Infinity;
    for (const at of this.#index?.within(x, y, radius) ?? []) {
      const distance = ((places[2 * at] as number) - x) ** 2 + ((places[2 * at + 1] as number) - y) ** 2;
      if (distance < least) {
        least = distance;
        nearest = at;
      }
    }
    return nearest === undefined ? undefined : rows[nearest];
  }

  /** Ends the making of the index. */
  free(): void {
    this.#worker.terminate();
  }
}
