// Whether the selector knows such data, as an event of scoring says it.

import type { ScoredEvent } from "ofa";

/** Of some confidences the least, the greatest, and three between. */
interface Quantiles {
  min: number;
  p10: number;
  median: number;
  p90: number;
  max: number;
}

/** The confidence of a pool beside that of the records that the selector was tried on in training. */
export interface DomainCheck {
  out_of_domain: boolean;
  trained: Quantiles;
  pool: Quantiles;
  rows: number;
  /** Records less confident than any of the training's, and more confident. */
  below: number;
  above: number;
}

/** What the event says of it; `undefined` where the selector's file does not say what it was trained on. */
export function domainOf({ domain }: ScoredEvent): DomainCheck | undefined {
  return domain as DomainCheck | undefined;
}
