// All images of a record.

import { createMemo, createSignal, For, onCleanup, Show, type JSX } from "solid-js";

import { t } from "../../messages";
import { useSession } from "../../session/context";
import { attempt, loaded, type Attempt } from "../loaded";

/** The images of a record, in its order. */
export function RecordImages(props: { position: number }): JSX.Element {
  const session = useSession();
  const count = loaded(
    () => props.position,
    async (position) => {
      try {
        return await session.selector().imageCount(position);
      } catch {
        // The record itself cannot be used; its page says why.
        return 0;
      }
    },
  );
  return (
    <Show when={count()} keyed>
      {(count) => (
        <ul class="images">
          <For each={Array.from({ length: count }, (_, nth) => nth)}>
            {(nth) => <RecordImage position={props.position} nth={nth} of={count} />}
          </For>
        </ul>
      )}
    </Show>
  );
}

function RecordImage(props: { position: number; nth: number; of: number }): JSX.Element {
  const session = useSession();
  const words = t.explore.record;
  const [isBroken, setIsBroken] = createSignal(false);
  const blob = loaded(
    () => props.nth,
    (nth) => attempt(session.selector().image(props.position, nth)),
  );
  const image = createMemo((): Attempt<string> | undefined => {
    const read = blob();
    if (read === undefined || "problem" in read) {
      return read;
    }
    if (isBroken()) {
      return { problem: words.notShown };
    }
    const address = URL.createObjectURL(read.value);
    onCleanup(() => URL.revokeObjectURL(address));
    return { value: address };
  });
  return (
    <li>
      <Show when={image()} fallback={<p class="quiet">{t.explore.coming}</p>} keyed>
        {(image) =>
          "problem" in image ? (
            <p class="notice">{image.problem}</p>
          ) : (
            <img
              src={image.value}
              alt={words.imageAlt(props.position, props.nth + 1, props.of)}
              onError={() => setIsBroken(true)}
            />
          )
        }
      </Show>
    </li>
  );
}
