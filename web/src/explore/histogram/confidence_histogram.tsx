// How confident the selector is, and which part of that is in the subset.

import { createEffect, createMemo, createSignal, For, on, onCleanup, onMount, Show, type JSX } from "solid-js";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

import { theme } from "../../design/theme";
import { t } from "../../messages";
import { useExploration } from "../exploration";
import { isCut, thresholdOf } from "./bins";
import { chartColours } from "../chart_colours";
import "./histogram.css";

const HEIGHT = 260;

/** The histogram, with where each cluster is cut, and its table. */
export function ConfidenceHistogram(): JSX.Element {
  const { pool, standing, filter, narrow } = useExploration();
  const words = t.explore.histogram;
  const [isLog, setIsLog] = createSignal(false);
  const { bins } = pool;
  const chosen = (): Uint32Array => standing().perBin;
  const threshold = createMemo(() => thresholdOf(pool, standing()));
  const edge = (bin: number): number => bins.from + bin * bins.width;

  return (
    <section class="card stack tight histogram" aria-labelledby="histogram-title">
      <div class="row between">
        <h3 id="histogram-title">{words.title}</h3>
        <label class="row">
          <input type="checkbox" checked={isLog()} onChange={(event) => setIsLog(event.currentTarget.checked)} />
          {words.log}
        </label>
      </div>
      <p class="quiet small">{words.means}</p>
      <ul class="legend" aria-hidden="true">
        <li class="is-chosen">{words.chosen}</li>
        <li class="is-left-out">{words.leftOut}</li>
        <li class="is-cut">{words.cuts}</li>
      </ul>
      <Chart
        isLog={isLog()}
        centres={Float64Array.from(bins.sizes, (_, bin) => edge(bin + 0.5))}
        width={bins.width}
        sizes={bins.sizes}
        chosen={chosen()}
        onRange={(range) => narrow({ confidence: range })}
      />
      <p class="small">
        <Show when={threshold()} fallback={words.noThreshold}>
          {(threshold) => words.threshold(threshold().lowest, threshold().highest, threshold().clusters)}
        </Show>
      </p>
      <Show when={filter().confidence}>
        {(range) => (
          <div class="row">
            <span class="small">{words.rangeShown(...range())}</span>
            <button type="button" onClick={() => narrow({ confidence: undefined })}>{words.wholeRange}</button>
          </div>
        )}
      </Show>
      <details>
        <summary>{words.asTable}</summary>
        <div class="scroll table" tabindex="0" role="region" aria-label={words.asTable}>
          <table>
            <caption class="out-of-sight">{words.title}</caption>
            <thead>
              <tr>
                <th scope="col">{words.confidence}</th>
                <th scope="col" class="number">{words.chosen}</th>
                <th scope="col" class="number">{words.leftOut}</th>
                <th scope="col">{words.show}</th>
              </tr>
            </thead>
            <tbody>
              <For each={Array.from(bins.sizes.keys()).filter((bin) => (bins.sizes[bin] as number) > 0)}>
                {(bin) => (
                  <tr>
                    <th scope="row">{words.binRange(edge(bin), edge(bin + 1))}</th>
                    <td class="number">{t.number(chosen()[bin] as number)}</td>
                    <td class="number">{t.number((bins.sizes[bin] as number) - (chosen()[bin] as number))}</td>
                    <td>
                      <button type="button" class="plain" onClick={() => narrow({ confidence: [edge(bin), edge(bin + 1)] })}>
                        {words.showOnly}
                        <span class="out-of-sight"> {words.binRange(edge(bin), edge(bin + 1))}</span>
                      </button>
                    </td>
                  </tr>
                )}
              </For>
            </tbody>
          </table>
        </div>
      </details>
    </section>
  );
}

/** The drawing. Each bar is the whole bin, and over it the part that was chosen. */
function Chart(props: {
  isLog: boolean;
  centres: Float64Array;
  width: number;
  sizes: Uint32Array;
  chosen: Uint32Array;
  onRange: (range: [number, number] | undefined) => void;
}): JSX.Element {
  const { pool, standing } = useExploration();
  const words = t.explore.histogram;
  let box!: HTMLDivElement;
  let plot: uPlot | undefined;

  const data = (): uPlot.AlignedData => [props.centres, props.sizes, props.chosen];
  const ends = (): [number, number] => {
    const first = props.centres[0] ?? 0;
    const last = props.centres.at(-1) ?? 1;
    return [first - props.width / 2, last + props.width / 2];
  };
  /** The cut of each cluster, as a tick below the bars. */
  const drawCuts = (u: uPlot): void => {
    const { cuts, perCluster } = standing();
    const { top, height } = u.bbox;
    u.ctx.save();
    u.ctx.strokeStyle = chartColours().cut;
    u.ctx.lineWidth = devicePixelRatio;
    u.ctx.globalAlpha = 0.7;
    u.ctx.beginPath();
    for (let cluster = 0; cluster < pool.clusters; cluster += 1) {
      if (isCut(pool, perCluster, cluster)) {
        const x = Math.round(u.valToPos(cuts[cluster] as number, "x", true)) + 0.5;
        u.ctx.moveTo(x, top + height - 14 * devicePixelRatio);
        u.ctx.lineTo(x, top + height);
      }
    }
    u.ctx.stroke();
    u.ctx.restore();
  };
  const make = (): void => {
    plot?.destroy();
    const colours = chartColours();
    const bars = uPlot.paths.bars?.({ size: [1, Infinity], gap: 1 });
    const axis = { stroke: colours.quiet, font: `12px ${colours.face}`, grid: { stroke: colours.line, width: 1 }, ticks: { show: false } };
    const series = (label: string, fill: string): uPlot.Series => ({
      label,
      fill,
      width: 0,
      points: { show: false },
      ...(bars === undefined ? {} : { paths: bars }),
    });
    plot = new uPlot(
      {
        width: Math.max(200, box.clientWidth),
        height: HEIGHT,
        legend: { show: false },
        padding: [8, 12, 0, 0],
        cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false } },
        select: { show: true, left: 0, top: 0, width: 0, height: 0 },
        scales: {
          x: { time: false, range: () => ends() },
          y: props.isLog
            ? { distr: 3, range: (_u, _min, max) => [0.5, Math.max(2, max * 1.5)] }
            : { range: (_u, _min, max) => [0, Math.max(1, max * 1.05)] },
        },
        axes: [
          { ...axis, grid: { show: false }, label: words.confidence, labelFont: `12px ${colours.face}`, labelSize: 20, size: 30 },
          { ...axis, size: 64, values: (_u, splits) => splits.map((split) => (split === null ? "" : tickName(split, props.isLog))) },
        ],
        series: [{ label: words.confidence }, series(words.leftOut, colours.leftOut), series(words.chosen, colours.chosen)],
        hooks: {
          draw: [drawCuts],
          setSelect: [
            (u) => {
              const { left, width } = u.select;
              if (width > 0) {
                props.onRange([u.posToVal(left, "x"), u.posToVal(left + width, "x")]);
                u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
              }
            },
          ],
        },
      },
      data(),
      box,
    );
  };

  onMount(() => {
    make();
    const resized = new ResizeObserver(() => plot?.setSize({ width: Math.max(200, box.clientWidth), height: HEIGHT }));
    resized.observe(box);
    onCleanup(() => {
      resized.disconnect();
      plot?.destroy();
    });
  });
  createEffect(() => {
    const changed = data();
    plot?.setData(changed);
  });
  createEffect(on([() => props.isLog, theme], make, { defer: true }));
  return <div class="chart" ref={box} role="img" aria-label={words.chartSays} />;
}

/** On a logarithmic axis only powers of ten are named. */
function tickName(value: number, isLog: boolean): string {
  return isLog && !Number.isInteger(Math.log10(value)) ? "" : t.number(value);
}
