// Source folders before and after.

import { createMemo, Show, type JSX } from "solid-js";

import { t } from "../../messages";
import { useExploration } from "../exploration";
import { toggled } from "../pool/filter";
import { CHOSEN } from "../pool/standing";
import { PartsTable, type Part } from "./parts_table";

/** The source folders of the pool, and what of each is in the subset. */
export function SourceFolders(): JSX.Element {
  const { sources, standing, filter, narrow } = useExploration();
  const sizes = createMemo(() => {
    const known = sources();
    const sizes = new Uint32Array(known?.names.length ?? 0);
    for (const of of known?.of ?? []) {
      sizes[of] = (sizes[of] as number) + 1;
    }
    return sizes;
  });
  const parts = createMemo((): Part[] => {
    const known = sources();
    if (known === undefined) {
      return [];
    }
    const chosen = new Uint32Array(known.names.length);
    const standings = standing().of;
    for (let row = 0; row < standings.length; row += 1) {
      if (standings[row] === CHOSEN) {
        const of = known.of[row] as number;
        chosen[of] = (chosen[of] as number) + 1;
      }
    }
    return known.names.map((name, id) => ({
      id,
      name: t.explore.parts.source(name),
      size: sizes()[id] as number,
      chosen: chosen[id] as number,
    }));
  });
  return (
    <Show when={sources()} fallback={<p class="quiet">{t.explore.parts.sourcesComing}</p>}>
      <PartsTable
        caption={t.explore.parts.sourcesCaption(parts().length)}
        kind={t.explore.parts.sourceHeading}
        parts={parts()}
        picked={filter().sources}
        onPick={(source) => narrow({ sources: toggled(filter().sources, source) })}
      />
    </Show>
  );
}
