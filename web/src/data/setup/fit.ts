// Whether an encoder and a selector belong together, as far as their files say.

import type { About } from "ofa";

/** Why they do not: they are of different widths, or the selector names another encoder. */
export type Mismatch = { kind: "width"; selector: number; encoder: number } | { kind: "encoder"; expected: string };

/** What is wrong between the two; `undefined` where nothing is known to be. */
export function mismatchOf(about: About | undefined): Mismatch | undefined {
  if (about?.encoder === undefined) {
    return undefined;
  }
  const { selector, encoder } = about;
  if (selector.config.feature_dim !== encoder.embeddingDim) {
    return { kind: "width", selector: selector.config.feature_dim, encoder: encoder.embeddingDim };
  }
  if (selector.encoder !== undefined && selector.encoder !== encoder.fingerprint) {
    return { kind: "encoder", expected: selector.encoder };
  }
  return undefined;
}
