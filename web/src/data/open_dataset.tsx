// The dataset that is open, or being opened.

import { Show, type JSX } from "solid-js";

import { t } from "../messages";
import { useSession } from "../session/context";
import { ChooseFiles } from "./choose_files";
import type { Dropping } from "./dropping";
import { Finding } from "./finding";
import { UnusedList } from "./unused_list";

/** Its name, what it came as, and the way to another one. */
export function OpenDataset(props: { dropping: Dropping }): JSX.Element {
  const session = useSession();
  return (
    <div class="open-dataset stack">
      <div class="open-line">
        <div class="open-words">
          <h2 id="data-heading">{session.dataset()?.name ?? t.data.heading}</h2>
          <p>
            <Show when={session.dataset()} fallback={session.phase() === "opening" ? `${t.data.opening} ` : ""}>
              {(dataset) => <strong>{t.records(dataset().records)}. </strong>}
            </Show>
            <span class="quiet">{session.input()?.sentence}.</span>
          </p>
        </div>
        <div class="row open-ways">
          <details class="other-data">
            <summary class="button">{t.data.other}</summary>
            <div class="card">
              <p class="quiet">{t.data.dropTitle}.</p>
              <ChooseFiles dropping={props.dropping} />
            </div>
          </details>
          <button type="button" onClick={() => (session.phase() === "opening" ? session.cancel() : session.close())}>
            {session.phase() === "opening" ? t.data.stop : t.data.putAway}
          </button>
        </div>
      </div>
      <Show when={session.phase() === "opening"}>
        <progress aria-label={t.data.opening} />
      </Show>
      <Show when={props.dropping.finding()}>
        {(finding) => <Finding finding={finding()} onStop={props.dropping.cancel} />}
      </Show>
      <UnusedList unused={session.input()?.unused ?? []} />
    </div>
  );
}
