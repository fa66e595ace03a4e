// Makes points of coordinates, and the index of their places; both take too long for the page's own thread.

import KDBush from "kdbush";

import { pointsOf } from "./points";

/** What the worker is given. */
export interface PlacesOrder {
  coordinates: Float32Array;
  /** The rows that they belong to; none where they are of all scores, in their order. */
  rows?: Uint32Array | undefined;
}

addEventListener("message", ({ data: { coordinates, rows } }: MessageEvent<PlacesOrder>) => {
  const { rows: ofPoints, places } = pointsOf(coordinates, rows);
  // Copied here and handed over: the page would copy them in its own thread.
  const points = { rows: ofPoints, places: places.slice() };
  postMessage(points, { transfer: [points.rows.buffer, points.places.buffer] });
  const index = new KDBush(places.length / 2, 64, Float32Array);
  for (let at = 0; at < places.length; at += 2) {
    index.add(places[at] as number, places[at + 1] as number);
  }
  index.finish();
  postMessage(index.data, { transfer: [index.data as ArrayBuffer] });
});
