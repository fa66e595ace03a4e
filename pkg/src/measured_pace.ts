// How fast an encoder is on a dataset, by a few of its records: for an estimate before a run.

import { GPU_PIECE, TEXT_TOKENS, type EncoderPool } from "./encoder_pool.js";
import { abortedBy } from "./errors.js";
import type { MeasuredPace } from "./results.js";
import type { PaceSample } from "./wasm_module.js";

/** Images for each worker on the CPU: enough for all to be at work, few enough for a slow encoder. */
const IMAGES_PER_WORKER = 4;

/** How many images are wanted of the sample. */
export function imagesToMeasure(pool: EncoderPool, workers: number): number {
  return pool.backend === "webgpu" ? GPU_PIECE : workers * IMAGES_PER_WORKER;
}

/** Measures. Images that cannot be decoded are left out. Rejects with `aborted`. */
export async function measurePace(pool: EncoderPool, sample: PaceSample, signal: AbortSignal): Promise<MeasuredPace> {
  const cancel = (): void => pool.cancel(abortedBy(signal));
  signal.addEventListener("abort", cancel, { once: true });
  try {
    const [first] = sample.images;
    if (first === undefined) {
      return { images: 0, secondsPerImage: 0, turns: 0, secondsPerTurn: 0 };
    }
    // The first of all compiles programs.
    await usable([pool.pixelValues(first)]).then((pixels) => embedded(pool, pixels));
    const begun = performance.now();
    const pixels = await usable(sample.images.map((bytes) => pool.pixelValues(bytes)));
    const decoded = performance.now();
    await embedded(pool, pixels);
    const seen = performance.now();
    const turns = await embedTexts(pool, sample);
    const read = performance.now();
    const [decoding, embedding] = [decoded - begun, seen - decoded];
    // On a GPU images are decoded while it computes.
    const ofImages = pool.backend === "webgpu" ? Math.max(decoding, embedding) : decoding + embedding;
    return {
      images: pixels.length,
      secondsPerImage: pixels.length === 0 ? 0 : ofImages / 1000 / pixels.length,
      turns,
      secondsPerTurn: turns === 0 ? 0 : (read - seen) / 1000 / turns,
    };
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}

/** What was decoded; an image that cannot be is a record of the run that is skipped. */
async function usable(decoding: Promise<Float32Array>[]): Promise<Float32Array[]> {
  const settled = await Promise.allSettled(decoding);
  return settled.flatMap((each) => {
    if (each.status === "fulfilled") {
      return [each.value];
    }
    if (each.reason instanceof Error) {
      throw each.reason;
    }
    return [];
  });
}

async function embedded(pool: EncoderPool, pixels: Float32Array[]): Promise<void> {
  const [first] = pixels;
  if (first === undefined) {
    return;
  }
  const batch = new Float32Array(pixels.length * first.length);
  pixels.forEach((values, nth) => batch.set(values, nth * first.length));
  await pool.embedImages(batch, pixels.length);
}

/** Embeds texts in batches as a run makes them, of so many tokens at most with their padding; gives their number. */
async function embedTexts(pool: EncoderPool, { inputIds, lengths }: PaceSample): Promise<number> {
  let from = 0;
  let start = 0;
  for (let to = 1; to <= lengths.length; to += 1) {
    // The shortest come first, so that the last one says to what all are padded.
    const next = lengths[to] ?? Infinity;
    if ((to - from + 1) * next > TEXT_TOKENS) {
      const batch = lengths.slice(from, to);
      const tokens = batch.reduce((sum, length) => sum + length, 0);
      await pool.embedTexts(inputIds.slice(start, start + tokens), batch);
      from = to;
      start += tokens;
    }
  }
  return lengths.length;
}
