// Images on their way to the workers that decode, and those that cannot be used.

import { OfaError } from "./errors.js";
import type { Unusable } from "./wasm_module.js";
import { JobLost, type JobRequest } from "./worker_crew.js";

/** Workers that an image may end before it is taken for the reason. */
const MOST_LOSSES = 2;

/** The job of decoding an image. */
export function decodingOf<N extends "pixelValues" | "tryToDecode">(call: N, bytes: Uint8Array): JobRequest<N> {
  return {
    call,
    make: () => {
      // Handed over, and kept here in case that the worker ends.
      const copy = bytes.slice();
      return { params: { bytes: copy }, transfer: [copy.buffer] };
    },
    urgent: false,
    mostLosses: MOST_LOSSES,
  };
}

/** Why an image cannot be used; `undefined` where the error says nothing of the image. */
export function unusableOf(error: unknown): Unusable | undefined {
  if (error instanceof JobLost) {
    return { reason: "image_unreadable", detail: `the decoder failed on this file: ${error.reason}` };
  }
  if (error instanceof OfaError && error.code === "record_unusable") {
    return { reason: String(error.details["reason"]), detail: String(error.details["detail"]) };
  }
  return undefined;
}
