// Which page of a long list is shown.

import { Show, type JSX } from "solid-js";

import { t } from "../../messages";

/** Pages of a list, where it has more than one. */
export function Pager(props: { page: number; pageSize: number; total: number; onPage: (page: number) => void }): JSX.Element {
  const words = t.explore.gallery;
  const pages = (): number => Math.ceil(props.total / props.pageSize);
  return (
    <Show when={pages() > 1}>
      <nav class="row pager" aria-label={words.pages}>
        <button type="button" disabled={props.page === 0} onClick={() => props.onPage(props.page - 1)}>{words.previousPage}</button>
        <span role="status">
          {words.range(props.page * props.pageSize + 1, Math.min(props.total, (props.page + 1) * props.pageSize), props.total)}
        </span>
        <button type="button" disabled={props.page >= pages() - 1} onClick={() => props.onPage(props.page + 1)}>{words.nextPage}</button>
      </nav>
    </Show>
  );
}
