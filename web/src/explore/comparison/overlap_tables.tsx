// Two choices by cluster and by source.

import { createMemo, Show, type JSX } from "solid-js";

import { PathName } from "../../design/path_name";
import { t } from "../../messages";
import { useExploration } from "../exploration";
import { PortionedTable } from "../parts/portioned_table";
import { overlapOfParts, type PartOverlap } from "./overlap";

/** The parts in which the two differ most come first. */
export function OverlapTables(props: { rows: Uint8Array; name: string }): JSX.Element {
  const { pool, scores, standing, sources } = useExploration();
  const words = t.explore.comparison;
  const clusters = createMemo(() => overlapOfParts(standing().of, props.rows, scores.cluster, pool.clusters));
  const folders = createMemo(() => {
    const known = sources();
    return known === undefined ? [] : overlapOfParts(standing().of, props.rows, known.of, known.names.length);
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
  const sorted = createMemo(() =>
    props.parts.toSorted((a, b) => Math.abs(b.first - b.second) - Math.abs(a.first - a.second) || a.id - b.id),
  );
  return (
    <PortionedTable
      caption={props.caption}
      rows={sorted()}
      head={
        <>
          <th scope="col">{words.part}</th>
          <th scope="col" class="number">{words.here}</th>
          <th scope="col" class="number">{words.there}</th>
          <th scope="col" class="number">{words.both}</th>
          <th scope="col" class="number">{words.jaccard}</th>
        </>
      }
    >
      {(part) => (
        <tr>
          <th scope="row"><PathName path={props.nameOf(part().id)} /></th>
          <td class="number">{t.number(part().first)}</td>
          <td class="number">{t.number(part().second)}</td>
          <td class="number">{t.number(part().both)}</td>
          <td class="number">{t.explore.similarity(part().both / (part().first + part().second - part().both))}</td>
        </tr>
      )}
    </PortionedTable>
  );
}
