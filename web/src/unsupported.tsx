// What a browser sees that cannot run the page.

import { For, type JSX } from "solid-js";

import { t } from "./messages";
import type { Missing } from "./support";

/** What is missing, and what to do. */
export function Unsupported(props: { missing: readonly Missing[] }): JSX.Element {
  return (
    <main id="content" class="stack">
      <h1>{t.app.title}</h1>
      <div class="notice problem stack" role="alert">
        <h2>{t.support.heading}</h2>
        <p>{t.support.text}</p>
        <ul>
          <For each={props.missing}>{(part) => <li>{t.support.parts[part]}</li>}</For>
        </ul>
        <p>{t.support.way}</p>
      </div>
    </main>
  );
}
