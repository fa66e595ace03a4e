// Two choices by cluster and by source.

import { createMemo, createSignal, Index, Show, type JSX } from "solid-js";

import { PathName } from "../../design/path_name";
import { t } from "../../messages";
import { useExploration } from "../exploration";
import { overlapOfParts, type PartOverlap } from "./overlap";

const PORTION = 10;

/** The parts in which the two differ most come first. */
export function OverlapTables(props: { rows: Uint8Array; name: string }): JSX.Element {
  const { pool, scores, chosen, sources } = useExploration();
  const words = t.explore.comparison;
  const clusters = createMemo(() =>
    chosen() === undefined ? [] : overlapOfParts(chosen()?.rows ?? new Uint8Array(0), props.rows, scores.cluster, pool.clusters),
  );
  const folders = createMemo(() => {
    const known = sources();
    const first = chosen()?.rows;
    return known === undefined || first === undefined ? [] : overlapOfParts(first, props.rows, known.of, known.names.length);
  });
  return (
    <div class="explore-pair">
      <OverlapTable caption={words.perCluster} parts={clusters()} nameOf={(id) => t.explore.parts.cluster(id)} />
      <Show when={sources()}>
        {(sources) => (
          <OverlapTable caption={words.perSource} parts={folders()} nameOf={(id) => t.explore.parts.source(sources().names[id] ?? "")} />
        )}
      </Show>
    </div>
  );
}

function OverlapTable(props: { caption: string; parts: PartOverlap[]; nameOf: (id: number) => string }): JSX.Element {
  const words = t.explore.comparison;
  const [portions, setPortions] = createSignal(1);
  const sorted = createMemo(() =>
    props.parts.toSorted((a, b) => Math.abs(b.first - b.second) - Math.abs(a.first - a.second) || a.id - b.id),
  );
  const listed = (): PartOverlap[] => sorted().slice(0, portions() * PORTION);
  return (
    <div>
      <div class="scroll" tabindex="0" role="region" aria-label={props.caption}>
        <table>
          <caption>{props.caption}</caption>
          <thead>
            <tr>
              <th scope="col">{words.part}</th>
              <th scope="col" class="number">{words.here}</th>
              <th scope="col" class="number">{words.there}</th>
              <th scope="col" class="number">{words.both}</th>
              <th scope="col" class="number">{words.jaccard}</th>
            </tr>
          </thead>
          <tbody>
            <Index each={listed()}>
              {(part) => (
                <tr>
                  <th scope="row"><PathName path={props.nameOf(part().id)} /></th>
                  <td class="number">{t.number(part().first)}</td>
                  <td class="number">{t.number(part().second)}</td>
                  <td class="number">{t.number(part().both)}</td>
                  <td class="number">{t.explore.similarity(part().both / (part().first + part().second - part().both))}</td>
                </tr>
              )}
            </Index>
          </tbody>
        </table>
      </div>
      <Show when={sorted().length > listed().length}>
        <button type="button" class="plain" onClick={() => setPortions((portions) => portions + 4)}>
          {t.explore.parts.more(sorted().length - listed().length)}
        </button>
      </Show>
    </div>
  );
}
