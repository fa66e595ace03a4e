// Files that could not be used, with their reasons.

import { For, Show, type JSX } from "solid-js";

import { t } from "../messages";
import type { Unused } from "../session/dataset_input";

/** A list that opens: a line for each reason. */
export function UnusedList(props: { unused: readonly Unused[]; isOpen?: boolean }): JSX.Element {
  const total = (): number => props.unused.reduce((sum, { count }) => sum + count, 0);
  return (
    <Show when={props.unused.length > 0}>
      <details class="unused" open={props.isOpen ?? false}>
        <summary>{t.data.unused.heading(total())}</summary>
        <ul>
          <For each={props.unused}>
            {({ path, count, reason }) => (
              <li>
                <span class="mono">{t.data.unused.example(path, count)}</span>: {reason}
              </li>
            )}
          </For>
        </ul>
      </details>
    </Show>
  );
}
