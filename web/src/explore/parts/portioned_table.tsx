// A table of which more rows are shown when they are asked for.

import { createSignal, createUniqueId, Index, Show, type Accessor, type JSX } from "solid-js";

import { t } from "../../messages";
import "./parts.css";

/** Rows that are shown before more are asked for, and how many come each time. */
const FIRST = 10;
const MORE = 50;

/** A table of the rows in the order given. `head` are the cells of its head, `children` makes a row. */
export function PortionedTable<T>(props: {
  caption: string;
  rows: readonly T[];
  head: JSX.Element;
  children: (row: Accessor<T>) => JSX.Element;
}): JSX.Element {
  const [shown, setShown] = createSignal(FIRST);
  const id = createUniqueId();
  const left = (): number => props.rows.length - shown();
  return (
    <div class="parts">
      <div class="scroll" tabindex="0" role="region" aria-labelledby={id}>
        <table>
          <caption id={id}>{props.caption}</caption>
          <thead>
            <tr>{props.head}</tr>
          </thead>
          <tbody>
            <Index each={props.rows.slice(0, shown())}>{(row) => props.children(row)}</Index>
          </tbody>
        </table>
      </div>
      <Show when={left() > 0}>
        <button type="button" class="plain" onClick={() => setShown((shown) => shown + MORE)}>
          {t.explore.parts.more(left())}
        </button>
      </Show>
    </div>
  );
}
