// Values that follow others a little later, so that what changes at once does not wait for what takes longer.

import { createEffect, createSignal, on, onCleanup, untrack, type Accessor } from "solid-js";

/**
 * A value that takes over another one's after the next `frames` frames. Of several in a row the last one counts.
 */
export function later<T>(source: Accessor<T>, frames: number): Accessor<T> {
  const [value, setValue] = createSignal<T>(untrack(source));
  createEffect(
    on(
      source,
      (now) => {
        let left = frames;
        let frame = requestAnimationFrame(function wait() {
          left -= 1;
          if (left > 0) {
            frame = requestAnimationFrame(wait);
          } else {
            setValue(() => now);
          }
        });
        onCleanup(() => cancelAnimationFrame(frame));
      },
      { defer: true },
    ),
  );
  return value;
}
