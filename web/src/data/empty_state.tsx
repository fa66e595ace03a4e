// The page before anything was dropped: what it does, and what it wants.

import { For, Show, type JSX } from "solid-js";

import { t } from "../messages";
import { ChooseFiles } from "./choose_files";
import type { Dropping } from "./dropping";
import { Finding } from "./finding";
import { LastVisit } from "./last_visit";

/** What a visitor sees first. */
export function EmptyState(props: { dropping: Dropping }): JSX.Element {
  const { how } = t.data;
  return (
    <div class="empty stack">
      <div class="empty-words">
        <h2 id="data-heading">{t.data.claim}</h2>
        <p>{t.data.lead}</p>
      </div>
      <div class="drop-zone">
        <Show
          when={props.dropping.finding()}
          fallback={
            <>
              <svg class="drop-picture" viewBox="0 0 64 48" aria-hidden="true">
                <path d="M32 6v24m0 0-9-9m9 9 9-9M8 30v10a2 2 0 0 0 2 2h44a2 2 0 0 0 2-2V30" fill="none" stroke="currentColor" stroke-width="3" stroke-linecap="round" stroke-linejoin="round" />
              </svg>
              <p class="drop-title">{t.data.dropTitle}</p>
              <p class="quiet">{t.data.dropHint}</p>
              <ChooseFiles dropping={props.dropping} isPrimary />
              <p class="drop-local">{t.data.local}</p>
            </>
          }
        >
          {(finding) => <Finding finding={finding()} onStop={props.dropping.cancel} />}
        </Show>
      </div>
      <div class="row demo-row">
        <button type="button" onClick={() => void props.dropping.takeDemo()}>{t.data.demo}</button>
        <p class="quiet">{t.data.demoHint}</p>
      </div>
      <LastVisit dropping={props.dropping} />
      <ol class="how" aria-label={how.label}>
        <For each={[how.drop, how.run, how.look, how.take]}>
          {([name, text]) => (
            <li>
              <h3>{name}</h3>
              <p class="quiet">{text}</p>
            </li>
          )}
        </For>
      </ol>
    </div>
  );
}
