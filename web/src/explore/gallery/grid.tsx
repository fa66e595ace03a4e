// A grid of tiles of which only those in sight exist.

import { createVirtualizer } from "@tanstack/solid-virtual";
import { createEffect, createSignal, For, Index, on, onCleanup, onMount, type JSX } from "solid-js";

import { t } from "../../messages";
import { Tile } from "./tile";

const TILE_WIDTH = 148;
const TILE_HEIGHT = 152;

/** What a grid shows, by place. */
export interface Listed {
  length: number;
  position(at: number): number;
  row(at: number): number | undefined;
  reason?(at: number): string | undefined;
}

/** A grid that scrolls. Arrow keys move between its tiles. It begins at the top with each other value of `list`. */
export function Grid(props: { list: unknown; listed: Listed; label: string; onOpen: (at: number) => void }): JSX.Element {
  let box!: HTMLDivElement;
  const [columns, setColumns] = createSignal(4);
  const [active, setActive] = createSignal(0);
  const rowCount = (): number => Math.ceil(props.listed.length / columns());

  onMount(() => {
    const measured = new ResizeObserver(() => setColumns(Math.max(2, Math.floor(box.clientWidth / TILE_WIDTH))));
    measured.observe(box);
    onCleanup(() => measured.disconnect());
  });
  const virtualizer = createVirtualizer({
    get count() {
      return rowCount();
    },
    getScrollElement: () => box,
    estimateSize: () => TILE_HEIGHT,
    overscan: 2,
  });
  createEffect(
    on(
      () => props.list,
      () => {
        box.scrollTop = 0;
        setActive(0);
      },
      { defer: true },
    ),
  );
  createEffect(
    on(
      () => props.listed.length,
      (length) => setActive((at) => Math.max(0, Math.min(at, length - 1))),
    ),
  );

  const moves: Record<string, () => number> = {
    ArrowRight: () => active() + 1,
    ArrowLeft: () => active() - 1,
    ArrowDown: () => active() + columns(),
    ArrowUp: () => active() - columns(),
    PageDown: () => active() + columns() * 3,
    PageUp: () => active() - columns() * 3,
    Home: () => 0,
    End: () => props.listed.length - 1,
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const move = moves[event.key];
    if (move === undefined || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    event.preventDefault();
    const at = Math.max(0, Math.min(props.listed.length - 1, move()));
    setActive(at);
    virtualizer.scrollToIndex(Math.floor(at / columns()));
    focus(at, 5);
  };
  /** A tile that was out of sight exists some frames later. */
  const focus = (at: number, tries: number): void => {
    const tile = box.querySelector<HTMLElement>(`[data-at="${at}"]`);
    if (tile !== null) {
      tile.focus({ preventScroll: true });
    } else if (tries > 0) {
      requestAnimationFrame(() => focus(at, tries - 1));
    }
  };
  const tilesOf = (line: number): number[] => {
    const first = line * columns();
    const length = Math.min(columns(), props.listed.length - first);
    return Array.from({ length: Math.max(0, length) }, (_, column) => first + column);
  };

  return (
    <div class="grid" ref={box} onKeyDown={onKeyDown}>
      <div role="list" aria-label={props.label} class="lines" style={{ height: `${virtualizer.getTotalSize()}px` }}>
        <For each={virtualizer.getVirtualItems()}>
          {(line) => (
            <div
              role="presentation"
              class="line"
              style={{ transform: `translateY(${line.start}px)`, "grid-template-columns": `repeat(${columns()}, minmax(0, 1fr))` }}
            >
              <Index each={tilesOf(line.index)}>
                {(at) => (
                  <Tile
                    position={props.listed.position(at())}
                    row={props.listed.row(at())}
                    reason={props.listed.reason?.(at())}
                    isActive={active() === at()}
                    at={at()}
                    of={props.listed.length}
                    onFocus={() => setActive(at())}
                    onOpen={() => props.onOpen(at())}
                  />
                )}
              </Index>
            </div>
          )}
        </For>
      </div>
      {props.listed.length === 0 && <p class="quiet empty">{t.explore.gallery.empty}</p>}
    </div>
  );
}
