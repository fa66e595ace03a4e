// Values that come by a call.

import { createEffect, createSignal, on, onCleanup, type Accessor } from "solid-js";

/**
 * What a call gives for a source, the value before until then, and `undefined` before the first one. A source that is
 * `undefined` is not loaded. Unlike a resource of Solid it suspends nothing: a `Suspense` far above would take the
 * whole exploration out of the page while one record is read. `load` is to catch what can go wrong.
 */
export function loaded<S, T>(
  source: Accessor<S | undefined>,
  load: (source: S, signal: AbortSignal) => Promise<T>,
): Accessor<T | undefined> {
  const [value, setValue] = createSignal<T>();
  createEffect(
    on(source, (now) => {
      if (now === undefined) {
        return;
      }
      const controller = new AbortController();
      onCleanup(() => controller.abort());
      void load(now, controller.signal).then((loaded) => {
        if (!controller.signal.aborted) {
          setValue(() => loaded);
        }
      });
    }),
  );
  return value;
}

/** What a call gave, or the words of what it failed with. */
export type Attempt<T> = { value: T } | { problem: string };

/** A call whose failure is shown where its result would stand. */
export async function attempt<T>(call: Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await call };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}
