// What the page says of the last drop, and what waits for another one.

import { Show, type JSX } from "solid-js";

import { t } from "../messages";
import { ChooseFiles } from "./choose_files";
import type { Dropping } from "./dropping";
import { UnusedList } from "./unused_list";

/** The notices of drops. */
export function Notices(props: { dropping: Dropping }): JSX.Element {
  return (
    <>
      <div role="status" class="notices">
        <Show when={props.dropping.notice()}>
          {(notice) => (
            <div class="notice stack" classList={{ warning: notice().kind === "warning" }}>
              <p>{notice().text}</p>
              <UnusedList unused={notice().unused} isOpen />
              <div>
                <button type="button" onClick={() => props.dropping.dismissNotice()}>{t.data.dismiss}</button>
              </div>
            </div>
          )}
        </Show>
      </div>
      <Show when={props.dropping.waiting()}>
        {(waiting) => (
          <section class="card waiting" aria-labelledby="waiting-heading">
            <h2 id="waiting-heading" class="waiting-heading">{t.data.waiting.heading}</h2>
            <p>
              {waiting().images.length + waiting().archives.length > 0
                ? t.data.waiting.images(waiting().sentence)
                : t.data.waiting.others(waiting().sentence)}
            </p>
            <div class="row">
              <ChooseFiles dropping={props.dropping} />
              <button type="button" class="plain" onClick={() => props.dropping.forgetWaiting()}>{t.data.waiting.forget}</button>
            </div>
          </section>
        )}
      </Show>
    </>
  );
}
