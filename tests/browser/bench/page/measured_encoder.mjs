// What is measured of an encoder in its worker, whichever library it is of.

import { pixelValues, tokens } from "./inputs.mjs";
import { answerCalls } from "./worker_calls.mjs";

/**
 * A library's encoder. Both methods give a function that embeds these inputs anew at each call; what a
 * library needs to be done with inputs once is not in the figures.
 * @typedef {{images: (pixelValues: Float32Array, count: number) => () => Promise<Float32Array>,
 *   texts: (ids: number[][]) => () => Promise<Float32Array>, memory?: () => number}} Encoder
 */

/**
 * What is embedded: images, or texts of these lengths.
 * @typedef {{images?: boolean, lengths?: number[], batch: number}} Work
 */

/** @param {(options: object) => Promise<Encoder>} load */
export function measureEncoder(load) {
  let encoder;
  let sizes;
  const prepared = new Map();

  function embedding(work) {
    const name = JSON.stringify(work);
    if (!prepared.has(name)) {
      const made = work.images
        ? encoder.images(pixelValues(work.batch, sizes), work.batch)
        : encoder.texts(tokens(work.batch, work.lengths, sizes));
      prepared.set(name, made);
    }
    return prepared.get(name);
  }

  answerCalls({
    /** Loads it and gives the seconds that took. */
    async load(options) {
      const start = performance.now();
      ({ sizes } = options);
      encoder = await load(options);
      return (performance.now() - start) / 1000;
    },
    /** The embeddings, one after the other, and the seconds of this call. */
    async embed(work) {
      const start = performance.now();
      const values = await embedding(work)();
      return { seconds: (performance.now() - start) / 1000, values: Array.from(values) };
    },
    /** How many items were embedded in how many seconds, of at least so many seconds and one call. */
    async rate(work, seconds) {
      const embed = embedding(work);
      const start = performance.now();
      let calls = 0;
      let passed = 0;
      while (calls < 1 || passed < seconds) {
        await embed();
        calls += 1;
        passed = (performance.now() - start) / 1000;
      }
      return { items: calls * work.batch, seconds: passed };
    },
    /** Bytes of the module's memory, which never gets smaller; where the library shows it. */
    memory: async () => encoder.memory?.(),
  });
}
