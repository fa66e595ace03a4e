// What the parts of the exploration share: the scored records, how they stand, what is shown of them, which one is open.

import { createContext, createEffect, createMemo, createSignal, onCleanup, Show, useContext, type Accessor, type JSX } from "solid-js";

import type { ScoreColumns, Selection, Sources } from "ofa";

import { t } from "../messages";
import { rowOf } from "../session/chosen";
import { useSession } from "../session/context";
import { attempt, loaded } from "./loaded";
import { matching, NO_FILTER, type Filter } from "./pool/filter";
import type { Pool } from "./pool/pool";
import type { Standing } from "./pool/standing";
import { createOpenedRecord } from "./record/opened_record";

/** The exploration of one pool of scores. */
export interface Exploration {
  pool: Pool;
  scores: ScoreColumns;
  /** The choice that is shown; `standing` is how every record stands in it. */
  chosen: Accessor<Selection | undefined>;
  standing: Accessor<Standing>;
  /** Where records come from; `undefined` until it is known, or where it cannot be. */
  sources: Accessor<Sources | undefined>;
  filter: Accessor<Filter>;
  narrow(change: Partial<Filter>): void;
  showAll(): void;
  /** 1 for each row that is shown; `undefined` for all. */
  shown: Accessor<Uint8Array | undefined>;
  /** The position of the record whose page is open. */
  opened: Accessor<number | undefined>;
  /** Opens a record's page. `among` are the positions that next and previous walk through. */
  open(position: number, among?: Walk): void;
  close(): void;
  walk: Accessor<Walk | undefined>;
}

/** Records that are looked through one after the other: rows of the scores, and the place in them. */
export interface Walk {
  positions: ArrayLike<number>;
  at: number;
}

const ExplorationContext = createContext<Exploration>();

/** The exploration that a component stands in. */
export function useExploration(): Exploration {
  const exploration = useContext(ExplorationContext);
  if (exploration === undefined) {
    throw new Error("a component was used outside of the exploration");
  }
  return exploration;
}

/** Makes the exploration of a pool for what stands in it. */
export function ExplorationProvider(props: { pool: Pool; children: JSX.Element }): JSX.Element {
  const session = useSession();
  const pool = props.pool;
  const [filter, setFilter] = createSignal<Filter>(NO_FILTER);
  const [opened, setOpened] = createOpenedRecord();
  const [walk, setWalk] = createSignal<Walk>();
  const read = loaded(
    () => pool,
    (_, signal) => attempt(session.selector().sources({ signal })),
  );
  const sources = createMemo(() => {
    const known = read();
    return known !== undefined && "value" in known ? known.value : undefined;
  });
  const setAside = createMemo(() => {
    const rows = new Set<number>();
    for (const position of session.request().excluded) {
      const row = rowOf(pool.scores, position);
      if (row !== undefined) {
        rows.add(row);
      }
    }
    return rows;
  });
  // A choice of scores that were replaced is none of these.
  const latest = createMemo(() => (session.chosen()?.scores === pool.scores ? session.chosen()?.selection : undefined));
  const [counted, setCounted] = createSignal<{ chosen: Selection | undefined; standing: Standing }>();
  // Both are shown at the same time, so that no figure on the page is of another choice than the one beside it.
  createEffect(() => {
    const now = latest();
    void pool.standing(now, setAside()).then(
      (standing) => standing !== undefined && setCounted({ chosen: now, standing }),
      (error: unknown) => session.reportProblem(error),
    );
  });
  onCleanup(() => pool.free());
  const shown = createMemo(() => matching(filter(), pool, sources()?.of));
  const exploration: Exploration = {
    pool,
    scores: pool.scores,
    chosen: createMemo(() => counted()?.chosen),
    standing: () => (counted() as NonNullable<ReturnType<typeof counted>>).standing,
    sources,
    filter,
    narrow: (change) => setFilter((filter) => ({ ...filter, ...change })),
    showAll: () => setFilter(NO_FILTER),
    shown,
    opened,
    open: (position, among) => {
      setWalk(among);
      setOpened(position);
    },
    close: () => setOpened(undefined),
    walk,
  };
  return (
    <Show when={counted() !== undefined} fallback={<p class="quiet" role="status">{t.explore.preparing}</p>}>
      <ExplorationContext.Provider value={exploration}>{props.children}</ExplorationContext.Provider>
    </Show>
  );
}
