// All images of a record.

import { createResource, For, onCleanup, Show, type JSX } from "solid-js";

import { t } from "../../messages";
import { useSession } from "../../session/context";

/** The images of a record, in its order. */
export function RecordImages(props: { position: number }): JSX.Element {
  const session = useSession();
  const [count] = createResource(
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
  let address: string | undefined;
  let isGone = false;
  const [image, { mutate }] = createResource(async (): Promise<{ address: string } | { problem: string }> => {
    try {
      const blob = await session.selector().image(props.position, props.nth);
      if (!isGone) {
        address = URL.createObjectURL(blob);
      }
      return { address: address ?? "" };
    } catch (error) {
      return { problem: error instanceof Error ? error.message : String(error) };
    }
  });
  onCleanup(() => {
    isGone = true;
    if (address !== undefined) {
      URL.revokeObjectURL(address);
    }
  });
  return (
    <li>
      <Show when={image()} fallback={<p class="quiet">{t.explore.coming}</p>} keyed>
        {(image) =>
          "problem" in image ? (
            <p class="notice">{image.problem}</p>
          ) : (
            <img
              src={image.address}
              alt={words.imageAlt(props.position, props.nth + 1, props.of)}
              onError={() => mutate({ problem: words.notShown })}
            />
          )
        }
      </Show>
    </li>
  );
}
