// Images that cannot be used, as the workers that decode tell of them.

import { OfaError } from "./errors.js";
import type { Unusable } from "./wasm_module.js";
import { JobLost } from "./worker_crew.js";

/** Workers that an image may end before it is taken for the reason. */
export const MOST_LOSSES = 2;

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
