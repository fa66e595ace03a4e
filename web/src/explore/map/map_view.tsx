// Points to look at, move over, point at and pick from.

import { select } from "d3-selection";
import { zoom, zoomIdentity, type D3ZoomEvent, type ZoomTransform } from "d3-zoom";
import { createEffect, createMemo, createSignal, For, on, onCleanup, onMount, Show, type JSX } from "solid-js";

import { theme } from "../../design/theme";
import { t } from "../../messages";
import { rowOf } from "../../session/chosen";
import { useSession } from "../../session/context";
import { useExploration } from "../exploration";
import { later } from "../later";
import { toggled } from "../pool/filter";
import { rowsWithin } from "./lasso";
import { MapLegend } from "./map_legend";
import { MapTip } from "./map_tip";
import { COLOURINGS, groundBytes, paletteOf, type Colouring } from "./palettes";
import { PointRenderer } from "./point_renderer";
import type { Places } from "./places";
import { Viewport } from "./viewport";

const MOST_ZOOM = 400;

/** How near the pointer has to be to a point, in pixels. */
const REACH = 8;

/** Pixels that an arrow key moves. */
const STEP = 60;

/** A line drawn around points is kept to so many corners. */
const MOST_CORNERS = 400;

/** The map itself, with its controls. `more` stands among them; `onRemake` makes a new one in place of this. */
export function MapView(props: { places: Places; more: JSX.Element; onRemake: () => void }): JSX.Element {
  const session = useSession();
  const exploration = useExploration();
  const { pool, scores, sources, filter, narrow, open, opened } = exploration;
  // The figures come first, then the gallery, then the map.
  const standing = later(exploration.standing, 2);
  const shown = later(exploration.shown, 1);
  const words = t.explore.map;
  const { points } = props.places;
  const [colouring, setColouring] = createSignal<Colouring>("chosen");
  const [isLasso, setIsLasso] = createSignal(false);
  const [line, setLine] = createSignal<readonly number[]>([]);
  const [viewport, setViewport] = createSignal(new Viewport(1, 1, zoomIdentity));
  const [hovered, setHovered] = createSignal<{ row: number; left: number; top: number }>();
  const [hasFocus, setHasFocus] = createSignal(false);
  const [isSupported, setIsSupported] = createSignal(true);
  const [isLost, setIsLost] = createSignal(false);
  const palette = createMemo(() => (theme(), paletteOf(colouring())));
  let box!: HTMLDivElement;
  let canvas!: HTMLCanvasElement;
  let renderer: PointRenderer | undefined;

  /** What the pool knows of this map; another object each time that it is told. */
  const painting = createMemo(() => {
    const of = colouring();
    const painting = { rows: points.rows, colouring: of, sources: of === "source" ? sources()?.of : undefined };
    pool.paint(painting);
    return painting;
  });
  let asked = 0;
  let answered = 0;
  let isGone = false;
  onCleanup(() => (isGone = true));
  /** Has the points' looks counted, and shows them. Those of an earlier question are shown until the last one's come. */
  const takeLooks = async (renderer: PointRenderer): Promise<void> => {
    asked += 1;
    const nth = asked;
    box.dataset["drawn"] = "false";
    const looks = await pool.looks(shown());
    if (looks === undefined || isGone) {
      return;
    }
    if (answered === 0) {
      renderer.setPoints({ places: points.places, looks, palette: palette(), ground: groundBytes() });
    } else {
      renderer.setLooks(looks);
    }
    answered = nth;
  };

  const behaviour = zoom<HTMLDivElement, unknown>()
    .scaleExtent([0.5, MOST_ZOOM])
    .filter((event: Event) => {
      if (event instanceof WheelEvent) {
        // The page scrolls past the map, unless who scrolls means the map.
        return event.ctrlKey || event.metaKey || hasFocus();
      }
      if ("touches" in event) {
        // One finger scrolls the page past the map, which fills most of a small screen.
        return (event as TouchEvent).touches.length >= 2 && !isLasso();
      }
      return !(event as MouseEvent).button && !isLasso() && !(event as MouseEvent).shiftKey;
    })
    .on("zoom", (event: D3ZoomEvent<HTMLDivElement, unknown>) => setZoom(event.transform));
  const setZoom = (transform: ZoomTransform): void => {
    setHovered(undefined);
    setViewport(new Viewport(box.clientWidth, box.clientHeight, transform));
  };
  const selection = () => select<HTMLDivElement, unknown>(box);
  const move = (x: number, y: number): void => {
    const { k } = viewport().zoom;
    behaviour.translateBy(selection(), x / k, y / k);
  };
  const scale = (factor: number): void => behaviour.scaleBy(selection(), factor);
  const reset = (): void => behaviour.transform(selection(), zoomIdentity);

  onMount(() => {
    const made = PointRenderer.on(canvas, (state) => {
      box.dataset["drawn"] = String(state === "whole" && answered === asked);
      setIsLost(state === "lost");
    });
    if (made === undefined) {
      setIsSupported(false);
      return;
    }
    renderer = made;
    selection().call(behaviour).on("dblclick.zoom", null);
    const measured = new ResizeObserver(() => setViewport((before) => new Viewport(box.clientWidth, box.clientHeight, before.zoom)));
    measured.observe(box);
    onCleanup(() => {
      measured.disconnect();
      made.free();
    });
  });
  createEffect(() => renderer?.look(viewport()));
  createEffect(on(palette, (palette) => renderer?.setPalette(palette, groundBytes()), { defer: true }));
  createEffect(
    on([painting, standing, shown], () => {
      if (renderer !== undefined) {
        takeLooks(renderer).catch((error: unknown) => session.reportProblem(error));
      }
    }),
  );

  const pixelOf = (event: PointerEvent | MouseEvent): [number, number] => {
    const { left, top } = box.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  };
  const rowAtPixel = (left: number, top: number, reach = REACH): number | undefined => {
    const now = viewport();
    const [x, y] = now.toPlace(left, top);
    return props.places.rowAt(x, y, reach / now.unit);
  };
  const positionOf = (row: number): number => scores.index[row] as number;

  const pick = async (polygon: readonly number[]): Promise<void> => {
    narrow({ picked: await rowsWithin(points, polygon, pool.rows) });
  };
  const pickView = (): void => {
    const { width, height } = viewport();
    const corners = [[0, 0], [width, 0], [width, height], [0, height]] as const;
    void pick(corners.flatMap(([left, top]) => viewport().toPlace(left, top)));
  };
  const isDrawing = (event: PointerEvent): boolean => event.button === 0 && (isLasso() || event.shiftKey);
  const onPointerDown = (event: PointerEvent): void => {
    if (isDrawing(event) && event.isPrimary) {
      box.setPointerCapture(event.pointerId);
      setHovered(undefined);
      setLine(pixelOf(event));
    }
  };
  const onPointerMove = (event: PointerEvent): void => {
    const [left, top] = pixelOf(event);
    const drawn = line();
    if (drawn.length > 0) {
      const isFar = Math.hypot(left - (drawn.at(-2) as number), top - (drawn.at(-1) as number)) > 3;
      if (isFar && drawn.length < 2 * MOST_CORNERS) {
        setLine([...drawn, left, top]);
      }
      return;
    }
    if (event.buttons === 0 && event.pointerType !== "touch") {
      const row = rowAtPixel(left, top);
      setHovered(row === undefined ? undefined : { row, left, top });
    }
  };
  const onPointerUp = (): void => {
    const drawn = line();
    setLine([]);
    if (drawn.length >= 6) {
      const polygon: number[] = [];
      for (let at = 0; at < drawn.length; at += 2) {
        polygon.push(...viewport().toPlace(drawn[at] as number, drawn[at + 1] as number));
      }
      void pick(polygon);
    }
  };
  const toggleCluster = (row: number): void => {
    narrow({ clusters: toggled(filter().clusters, scores.cluster[row] as number) });
  };
  const onClick = (event: MouseEvent): void => {
    if (event.shiftKey || isLasso() || event.defaultPrevented) {
      return;
    }
    const row = rowAtPixel(...pixelOf(event));
    if (row === undefined) {
      return;
    }
    if (event.altKey) {
      toggleCluster(row);
    } else {
      open(positionOf(row));
    }
  };
  const centre = (): number | undefined => {
    const { width, height } = viewport();
    return rowAtPixel(width / 2, height / 2, 40);
  };
  const atCross = (act: (row: number) => void): void => {
    const row = centre();
    if (row !== undefined) {
      act(row);
    }
  };
  const keys: Record<string, () => void> = {
    ArrowLeft: () => move(STEP, 0),
    ArrowRight: () => move(-STEP, 0),
    ArrowUp: () => move(0, STEP),
    ArrowDown: () => move(0, -STEP),
    "+": () => scale(1.5),
    "=": () => scale(1.5),
    "-": () => scale(1 / 1.5),
    "0": reset,
    s: pickView,
    c: () => atCross(toggleCluster),
    Enter: () => atCross((row) => open(positionOf(row))),
    Escape: () => narrow({ picked: undefined }),
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const action = keys[event.key];
    if (action !== undefined && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      action();
    }
  };
  /** The open record's place, where this map has it. */
  const marked = createMemo(() => {
    const position = opened();
    const row = position === undefined ? hovered()?.row : rowOf(scores, position);
    const at = row === undefined ? -1 : points.rows.indexOf(row);
    return at < 0 ? undefined : viewport().toPixel(points.places[2 * at] as number, points.places[2 * at + 1] as number);
  });
  const atCentre = (): string => {
    const row = hasFocus() ? (viewport(), centre()) : undefined;
    return row === undefined ? "" : words.atCentre(positionOf(row), scores.cluster[row] as number, standing().of[row] === 2);
  };

  return (
    <Show when={isSupported()} fallback={<p class="notice">{words.noWebGl}</p>}>
      <div class="row between">
        <div class="row">
          <label class="row">
            {words.colourBy}
            <select value={colouring()} onChange={(event) => setColouring(event.currentTarget.value as Colouring)}>
              <For each={COLOURINGS}>
                {(name) => <option value={name} disabled={name === "source" && sources() === undefined}>{words.colourings[name]}</option>}
              </For>
            </select>
          </label>
          <div class="row segments" role="group" aria-label={words.modes}>
            <button type="button" aria-pressed={!isLasso()} onClick={() => setIsLasso(false)}>{words.pan}</button>
            <button type="button" aria-pressed={isLasso()} onClick={() => setIsLasso(true)}>{words.lasso}</button>
          </div>
          <button type="button" onClick={pickView}>{words.pickView}</button>
        </div>
        <div class="row">{props.more}</div>
      </div>
      <div class="map-frame">
        <div
          ref={box}
          class="map-box"
          classList={{ "is-lasso": isLasso() }}
          role="application"
          tabindex="0"
          aria-label={words.says(points.rows.length, standing().chosen)}
          aria-describedby="map-keys"
          onKeyDown={onKeyDown}
          onFocus={() => setHasFocus(true)}
          onBlur={() => setHasFocus(false)}
          onPointerDown={onPointerDown}
          onPointerMove={onPointerMove}
          onPointerUp={onPointerUp}
          onPointerCancel={() => setLine([])}
          onPointerLeave={() => setHovered(undefined)}
          onClick={onClick}
        >
          <canvas ref={canvas} aria-hidden="true" />
          <svg aria-hidden="true">
            <Show when={hasFocus()}>
              <path class="cross" d={crossAt(viewport().width / 2, viewport().height / 2)} />
            </Show>
            <Show when={marked()}>{(at) => <circle class="marked" cx={at()[0]} cy={at()[1]} r="7" />}</Show>
            <Show when={line().length >= 4}>
              <polygon class="line" points={line().join(" ")} />
            </Show>
          </svg>
        </div>
        <div class="zoom-buttons">
          <button type="button" aria-label={words.zoomIn} onClick={() => scale(1.5)}><Icon path="M3 8H13M8 3V13" /></button>
          <button type="button" aria-label={words.zoomOut} onClick={() => scale(1 / 1.5)}><Icon path="M3 8H13" /></button>
          <button type="button" aria-label={words.reset} onClick={reset}><Icon path="M3 6V3H6M10 3H13V6M13 10V13H10M6 13H3V10" /></button>
        </div>
        <Show when={isLost()}>
          <div class="map-lost notice">
            <p>{words.lost}</p>
            <button type="button" onClick={() => props.onRemake()}>{words.remake}</button>
          </div>
        </Show>
        <Show when={hovered()}>
          {(hovered) => <MapTip row={hovered().row} left={hovered().left} top={hovered().top} width={viewport().width} />}
        </Show>
      </div>
      <MapLegend colouring={colouring()} palette={palette()} />
      <p id="map-keys" class="map-keys quiet small">
        <span class="by-pointer">{words.keys}</span>
        <span class="by-touch">{words.touches}</span>
      </p>
      <p class="out-of-sight" role="status">{atCentre()}</p>
    </Show>
  );
}

function Icon(props: { path: string }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={props.path} />
    </svg>
  );
}

function crossAt(x: number, y: number): string {
  return `M${x - 10} ${y}H${x + 10}M${x} ${y - 10}V${y + 10}`;
}
