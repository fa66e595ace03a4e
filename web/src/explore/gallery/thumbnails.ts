// Small pictures of records: made a few at a time, only for what is in sight, and a bounded number kept.

import type { Selector } from "ofa";

import { excerptOf } from "../record/conversation";

/** Made at the same time. The images are read one after the other anyway; decoding is what goes on beside. */
const AT_ONCE = 4;

/** Kept: some screens of them, 50 MB at most. */
const KEPT = 400;

/** Height of a picture, in pixels: tiles are half of that high, for dense screens. */
const HEIGHT = 224;

/** What stands for a record: its first image, or where it has none that can be shown, its first words. */
export type Thumbnail = { bitmap: ImageBitmap } | { text: string };

interface Waiting {
  position: number;
  signal: AbortSignal;
  settle: (thumbnail: Thumbnail | undefined) => void;
}

/** Makes and keeps thumbnails of one dataset. */
export class Thumbnails {
  readonly #selector: () => Selector;
  /** In the order of their last use. */
  readonly #kept = new Map<number, Thumbnail>();
  readonly #waiting: Waiting[] = [];
  #running = 0;

  constructor(selector: () => Selector) {
    this.#selector = selector;
  }

  /** A record's thumbnail; `undefined` once the signal ended it. */
  of(position: number, signal: AbortSignal): Promise<Thumbnail | undefined> {
    const kept = this.#kept.get(position);
    if (kept !== undefined) {
      this.#kept.delete(position);
      this.#kept.set(position, kept);
      return Promise.resolve(kept);
    }
    return new Promise((settle) => {
      this.#waiting.push({ position, signal, settle });
      this.#next();
    });
  }

  /** Gives the pictures' memory back. */
  free(): void {
    for (const thumbnail of this.#kept.values()) {
      release(thumbnail);
    }
    this.#kept.clear();
    for (const { settle } of this.#waiting.splice(0)) {
      settle(undefined);
    }
  }

  #next(): void {
    while (this.#running < AT_ONCE) {
      // What came into sight last is likeliest to be in sight still.
      const job = this.#waiting.pop();
      if (job === undefined) {
        return;
      }
      if (job.signal.aborted) {
        job.settle(undefined);
        continue;
      }
      this.#running += 1;
      void this.#make(job.position)
        .then((thumbnail) => {
          this.#keep(job.position, thumbnail);
          job.settle(thumbnail);
        })
        .finally(() => {
          this.#running -= 1;
          this.#next();
        });
    }
  }

  async #make(position: number): Promise<Thumbnail> {
    try {
      const blob = await this.#selector().image(position, 0);
      return { bitmap: await createImageBitmap(blob, { resizeHeight: HEIGHT, resizeQuality: "medium" }) };
    } catch {
      // No image, or none that this browser shows: the words say more than a broken picture.
      return { text: await this.#words(position) };
    }
  }

  async #words(position: number): Promise<string> {
    try {
      return excerptOf(await this.#selector().record(position));
    } catch {
      return "";
    }
  }

  #keep(position: number, thumbnail: Thumbnail): void {
    this.#kept.set(position, thumbnail);
    for (const [oldest, old] of this.#kept) {
      if (this.#kept.size <= KEPT) {
        break;
      }
      this.#kept.delete(oldest);
      release(old);
    }
  }
}

function release(thumbnail: Thumbnail): void {
  if ("bitmap" in thumbnail) {
    thumbnail.bitmap.close();
  }
}
