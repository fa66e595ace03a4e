// What a run has told so far.

import type { AdapterDescription, EncoderEvent, EncodingEvent, FeatureStorageEvent, OfaEvent, ScoringEvent, Stage } from "ofa";

/** A run, from its start. */
export interface Progress {
  stage: Stage | undefined;
  encoder: EncoderEvent | undefined;
  adapter: AdapterDescription | undefined;
  storage: FeatureStorageEvent | undefined;
  downloading: { bytes: number; of: number } | undefined;
  encoding: EncodingEvent | undefined;
  scoring: ScoringEvent | undefined;
  /** Records a second of late; `undefined` before there is a measure of it. */
  rate: number | undefined;
  /** Seconds that are left at this rate. */
  secondsLeft: number | undefined;
  /** What the user should know, in the order it was told. */
  notes: readonly string[];
}

export const NO_PROGRESS: Progress = {
  stage: undefined,
  encoder: undefined,
  adapter: undefined,
  storage: undefined,
  downloading: undefined,
  encoding: undefined,
  scoring: undefined,
  rate: undefined,
  secondsLeft: undefined,
  notes: [],
};

/** Half of what the rate is made of lies in this many seconds before. */
const HALF_LIFE_S = 8;

/** Makes progress of events. The clock is given, in milliseconds. */
export class ProgressReader {
  #last: { at: number; done: number } | undefined;
  #rate: number | undefined;

  /** What is so after an event. */
  after(progress: Progress, event: OfaEvent, now: number): Progress {
    switch (event.type) {
      case "stage":
        return { ...progress, stage: event.stage };
      case "encoder":
        return { ...progress, encoder: event, adapter: event.adapter };
      case "storage":
        return { ...progress, storage: event };
      case "downloading":
        return { ...progress, downloading: { bytes: event.bytes, of: event.of } };
      case "encoding":
        return { ...progress, encoding: event, ...this.#pace(event, now) };
      case "scoring":
        return { ...progress, scoring: event };
      case "note":
        return { ...progress, notes: [...progress.notes, event.text] };
      case "worker_restarted":
        return { ...progress, notes: [...progress.notes, event.reason] };
      default:
        return progress;
    }
  }

  /** Time that was spent paused is no measure of the rate. */
  interrupted(): void {
    this.#last = undefined;
  }

  #pace({ records, records_done: done }: EncodingEvent, now: number): Pick<Progress, "rate" | "secondsLeft"> {
    const last = this.#last;
    const seconds = last === undefined ? 0 : (now - last.at) / 1000;
    if (last === undefined || done < last.done) {
      this.#last = { at: now, done };
    } else if (done > last.done && seconds > 0) {
      const weight = 1 - 0.5 ** (seconds / HALF_LIFE_S);
      const latest = (done - last.done) / seconds;
      this.#rate = this.#rate === undefined ? latest : this.#rate + weight * (latest - this.#rate);
      this.#last = { at: now, done };
    }
    const rate = this.#rate;
    return { rate, secondsLeft: rate === undefined || rate === 0 ? undefined : (records - done) / rate };
  }
}
