// Work that a module does a step at a time, with room for messages in between.

import { Pace } from "./pace.js";
import { release, type Freeable } from "./wasm_module.js";

/** Work in steps; a step says how far it is, and `undefined` once all is done. */
export interface Stepped<P> extends Freeable {
  step(): P | undefined;
}

/**
 * Takes all steps, tells after each how far it is, and gives what came of the work, whose memory is given back.
 *
 * @throws OfaError `aborted`, between two steps; whatever a step throws.
 */
export async function stepped<P, T>(
  work: Stepped<P>,
  tell: (progress: P) => void,
  signal: AbortSignal,
  result: () => T,
): Promise<T> {
  // Of its own: a run that is paused holds up no look at what there is.
  const pace = new Pace();
  try {
    for (let step = work.step(); step !== undefined; step = work.step()) {
      tell(step);
      await pace.next(signal);
    }
    return result();
  } finally {
    release(work);
  }
}
