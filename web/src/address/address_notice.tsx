// What an address says that cannot be used, and what it would have fetched from elsewhere.

import { For, Show, type JSX } from "solid-js";

import { t } from "../messages";
import type { Address } from "./follow_address";

/** Shown where there is something to say or to ask. */
export function AddressNotice(props: { address: Address }): JSX.Element {
  const { address } = props;
  const isShown = (): boolean => address.problems().length + address.suggestions().length > 0;
  return (
    <Show when={isShown()}>
      <div class="notice warning stack" role="status">
        <h2 class="address-heading">{t.address.heading}</h2>
        <For each={address.suggestions()}>
          {(suggestion) => (
            <div class="stack">
              <p class="address-words">{t.address.suggests[suggestion.part](suggestion.url, suggestion.host)}</p>
              <div class="row">
                <button type="button" onClick={() => void address.accept(suggestion)}>{t.address.accept(suggestion.host)}</button>
                <button type="button" onClick={() => address.refuse(suggestion)}>{t.address.refuse}</button>
              </div>
            </div>
          )}
        </For>
        <Show when={address.problems().length > 0}>
          <ul class="address-words">
            <For each={address.problems()}>{(problem) => <li>{problem}</li>}</For>
          </ul>
          <div>
            <button type="button" onClick={() => address.dismissProblems()}>{t.address.dismiss}</button>
          </div>
        </Show>
      </div>
    </Show>
  );
}
