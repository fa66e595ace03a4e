// Builds the index of places, which takes too long for the page's own thread.

import KDBush from "kdbush";

addEventListener("message", ({ data: places }: MessageEvent<Float32Array>) => {
  const index = new KDBush(places.length / 2, 64, Float32Array);
  for (let at = 0; at < places.length; at += 2) {
    index.add(places[at] as number, places[at + 1] as number);
  }
  index.finish();
  postMessage(index.data, { transfer: [index.data as ArrayBuffer] });
});
