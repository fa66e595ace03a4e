// The records themselves: what is in the subset, what nearly is, what is not, what has no score.

import { createEffect, createMemo, createSignal, For, Match, on, Show, Switch, type JSX } from "solid-js";

import type { SkippedRecords } from "ofa";

import { t } from "../../messages";
import { useSession } from "../../session/context";
import { useExploration } from "../exploration";
import { loaded } from "../loaded";
import { later } from "../later";
import { FilterSummary } from "./filter_summary";
import { Grid, type Listed } from "./grid";
import { countParts, listedRows, SORT_ORDERS, type SortOrder } from "./listing";
import { Pager } from "./pager";
import { SearchField } from "./search_field";
import "./gallery.css";

const TABS = ["chosen", "near", "left-out", "skipped"] as const;
type Tab = (typeof TABS)[number];

/** Records of one page: browsers bound the height of what scrolls, a page of tiles stays far below. */
const PAGE = 10_000;

/** Records without a score of one page; they come by a call. */
const SKIPPED_PAGE = 1000;

/** The gallery. */
export function Gallery(): JSX.Element {
  const session = useSession();
  const exploration = useExploration();
  const { pool, scores, shown } = exploration;
  const standing = later(exploration.standing, 1);
  const words = t.explore.gallery;
  const titles: Partial<Record<Tab, string>> = words.tabTitles;
  const [tab, setTab] = createSignal<Tab>("chosen");
  const [order, setOrder] = createSignal<SortOrder>("least-confident");
  const [page, setPage] = createSignal(0);
  const counts = createMemo(() => countParts(standing(), shown()));
  const skipped = loaded(
    () => (tab() === "skipped" ? page() * SKIPPED_PAGE : undefined),
    async (from): Promise<SkippedRecords | undefined> => {
      try {
        return await session.selector().skipped({ from, count: SKIPPED_PAGE });
      } catch (error) {
        session.reportProblem(error);
        return undefined;
      }
    },
  );
  const skippedTotal = (): number | undefined => {
    const report = session.dataset();
    return skipped()?.total ?? (report === undefined ? undefined : report.records - pool.rows);
  };
  const pageSize = (): number => (tab() === "skipped" ? SKIPPED_PAGE : PAGE);
  const total = (): number => {
    const part = tab();
    return part === "skipped" ? (skipped()?.total ?? 0) : counts()[part];
  };
  const lastPage = (): number => Math.max(0, Math.ceil(total() / pageSize()) - 1);
  const rows = createMemo(() => {
    const part = tab();
    if (part === "skipped") {
      return new Uint32Array(0);
    }
    const from = Math.min(page(), lastPage()) * PAGE;
    return listedRows(pool, standing(), { part, shown: shown(), order: order(), from, count: PAGE });
  });
  createEffect(on([tab, order, shown], () => setPage(0), { defer: true }));
  createEffect(() => {
    if (tab() !== "skipped" && page() > lastPage()) {
      setPage(lastPage());
    }
  });

  // Another budget changes a list in its place; these are other lists.
  const list = createMemo(() => ({ tab: tab(), order: order(), page: page(), shown: shown() }));
  const listed = createMemo((): Listed => {
    if (tab() === "skipped") {
      const records = skipped()?.records ?? [];
      return {
        length: records.length,
        position: (at) => records[at]?.position ?? 0,
        row: () => undefined,
        reason: (at) => records[at]?.reason,
      };
    }
    const listed = rows();
    return {
      length: listed.length,
      position: (at) => scores.index[listed[at] as number] as number,
      row: (at) => listed[at],
    };
  });
  const open = (at: number): void => {
    const now = listed();
    const positions = Float64Array.from({ length: now.length }, (_, at) => now.position(at));
    exploration.open(positions[at] as number, { positions, at });
  };
  const count = (tab: Tab): number | undefined => (tab === "skipped" ? skippedTotal() : counts()[tab]);
  const onTabKey = (event: KeyboardEvent): void => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      const next = TABS[(TABS.indexOf(tab()) + step + TABS.length) % TABS.length] as Tab;
      setTab(next);
      document.getElementById(`gallery-${next}`)?.focus();
    }
  };

  return (
    <section class="card gallery stack" aria-labelledby="gallery-title">
      <div class="row between">
        <h3 id="gallery-title">{words.title}</h3>
        <SearchField />
      </div>
      <div class="row between">
        <div role="tablist" aria-label={words.title} class="tabs" onKeyDown={onTabKey}>
          <For each={TABS}>
            {(name) => (
              <button
                type="button"
                role="tab"
                id={`gallery-${name}`}
                aria-selected={tab() === name}
                aria-controls="gallery-panel"
                tabindex={tab() === name ? 0 : -1}
                title={titles[name]}
                onClick={() => setTab(name)}
              >
                {words.tabs[name]} <Show when={count(name) !== undefined}><span class="count">{t.number(count(name) ?? 0)}</span></Show>
              </button>
            )}
          </For>
        </div>
        <Show when={tab() !== "skipped"}>
          <label class="row sort-by">
            <span class="out-of-sight">{words.sort}</span>
            <select value={order()} onChange={(event) => setOrder(event.currentTarget.value as SortOrder)}>
              <For each={SORT_ORDERS}>{(order) => <option value={order}>{words.orders[order]}</option>}</For>
            </select>
          </label>
        </Show>
      </div>
      <FilterSummary narrows={tab() !== "skipped"} />
      <div role="tabpanel" id="gallery-panel" aria-labelledby={`gallery-${tab()}`} class="stack tight">
        <Switch>
          <Match when={tab() === "near"}>
            <p class="quiet small">{words.nearMeans}</p>
          </Match>
          <Match when={tab() === "left-out"}>
            <p class="quiet small">{words.leftOutMeans}</p>
          </Match>
          <Match when={tab() === "skipped" && skipped()}>
            {(skipped) => (
              <ul class="reasons">
                <For each={Object.entries(skipped().byReason)}>
                  {([reason, count]) => <li>{t.reason(reason)} <strong>{t.number(count)}</strong></li>}
                </For>
              </ul>
            )}
          </Match>
        </Switch>
        <Grid list={list()} listed={listed()} label={words.tabs[tab()]} onOpen={open} />
        <Pager page={page()} pageSize={pageSize()} total={total()} onPage={setPage} />
      </div>
    </section>
  );
}
