// The parts of the pool, clusters or sources, before and after: a table with bars that can be sorted and picked from.

import { createMemo, createSignal, type JSX } from "solid-js";

import { PathName } from "../../design/path_name";
import { t } from "../../messages";
import { Meter } from "./meter";
import { PortionedTable } from "./portioned_table";

/** A part of the pool. */
export interface Part {
  /** What the filter knows it by. */
  id: number;
  name: string;
  /** Records before. */
  size: number;
  /** Records that were chosen. */
  chosen: number;
}

type SortKey = "name" | "size" | "chosen" | "share";

/** The parts of the pool. The bars' lengths are shares of the pool and of the subset, on one scale. */
export function PartsTable(props: {
  caption: string;
  kind: string;
  parts: readonly Part[];
  picked: ReadonlySet<number>;
  onPick: (id: number) => void;
}): JSX.Element {
  const words = t.explore.parts;
  const [sort, setSort] = createSignal<{ key: SortKey; descending: boolean }>({ key: "size", descending: true });
  const totals = createMemo(() => {
    let size = 0;
    let chosen = 0;
    let widest = 0;
    for (const part of props.parts) {
      size += part.size;
      chosen += part.chosen;
    }
    for (const part of props.parts) {
      widest = Math.max(widest, part.size / Math.max(1, size), part.chosen / Math.max(1, chosen));
    }
    return { size: Math.max(1, size), chosen: Math.max(1, chosen), widest: widest || 1 };
  });
  const sorted = createMemo(() => {
    const { key, descending } = sort();
    const direction = descending ? -1 : 1;
    const value = (part: Part): number =>
      key === "size" ? part.size : key === "chosen" ? part.chosen : part.size === 0 ? 0 : part.chosen / part.size;
    return props.parts.toSorted(
      (a, b) => direction * (key === "name" ? collator.compare(a.name, b.name) : value(a) - value(b)) || a.id - b.id,
    );
  });
  const sortBy = (key: SortKey): void => {
    setSort((before) => (before.key === key ? { key, descending: !before.descending } : { key, descending: key !== "name" }));
  };
  const Heading = (heading: { key: SortKey; class?: string; children: JSX.Element }): JSX.Element => (
    <th
      scope="col"
      class={heading.class}
      aria-sort={sort().key === heading.key ? (sort().descending ? "descending" : "ascending") : "none"}
    >
      <button type="button" class="sort" onClick={() => sortBy(heading.key)}>
        {heading.children}
        <span aria-hidden="true">{sort().key === heading.key ? (sort().descending ? "▾" : "▴") : ""}</span>
      </button>
    </th>
  );

  return (
    <PortionedTable
      caption={props.caption}
      rows={sorted()}
      head={
        <>
          <Heading key="name">{props.kind}</Heading>
          <Heading key="size" class="number">{words.before}</Heading>
          <Heading key="chosen" class="number">{words.chosen}</Heading>
          <Heading key="share" class="number">{words.share}</Heading>
          <th scope="col" class="bars">{words.shares}</th>
        </>
      }
    >
      {(part) => (
        <tr classList={{ picked: props.picked.has(part().id) }}>
          <th scope="row" classList={{ short: part().name.length < 16 }}>
            <button type="button" class="pick" aria-pressed={props.picked.has(part().id)} onClick={() => props.onPick(part().id)}>
              <PathName path={part().name} />
            </button>
          </th>
          <td class="number">{t.number(part().size)}</td>
          <td class="number">{t.number(part().chosen)}</td>
          <td class="number">{t.share(part().size === 0 ? 0 : part().chosen / part().size)}</td>
          <td class="bars">
            <Meter before={part().size / totals().size} after={part().chosen / totals().chosen} widest={totals().widest} />
          </td>
        </tr>
      )}
    </PortionedTable>
  );
}

const collator = new Intl.Collator(undefined, { numeric: true });
