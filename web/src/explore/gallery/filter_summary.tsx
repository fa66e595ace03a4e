// What the gallery is narrowed to, each part with a way to take it away.

import { createMemo, For, Show, type JSX } from "solid-js";

import { t } from "../../messages";
import { useExploration } from "../exploration";
import { countOf, showsAll, toggled } from "../pool/filter";

interface Chip {
  text: string;
  remove: () => void;
}

/** The filter in words. `narrows` is whether the list below follows it; where it does not, that is said. */
export function FilterSummary(props: { narrows: boolean }): JSX.Element {
  const { pool, filter, narrow, shown, showAll, sources } = useExploration();
  const words = t.explore.filter;
  const chips = createMemo((): Chip[] => {
    const { clusters, sources: from, confidence, picked, found } = filter();
    const chips: Chip[] = [];
    for (const cluster of clusters) {
      chips.push({ text: t.explore.parts.cluster(cluster), remove: () => narrow({ clusters: toggled(clusters, cluster) }) });
    }
    for (const source of from) {
      const name = t.explore.parts.source(sources()?.names[source] ?? "");
      chips.push({ text: name, remove: () => narrow({ sources: toggled(from, source) }) });
    }
    if (confidence !== undefined) {
      chips.push({ text: words.confidence(...confidence), remove: () => narrow({ confidence: undefined }) });
    }
    if (picked !== undefined) {
      chips.push({ text: words.picked(countOf(picked)), remove: () => narrow({ picked: undefined }) });
    }
    if (found !== undefined) {
      chips.push({ text: words.found(found.text, found.count), remove: () => narrow({ found: undefined }) });
    }
    return chips;
  });
  return (
    <div class="row filter" role="group" aria-label={words.title}>
      <Show when={!showsAll(filter())} fallback={<span class="quiet small">{props.narrows ? words.none : words.notNarrowed}</span>}>
        <For each={chips()}>
          {(chip) => (
            <button type="button" class="chip" onClick={() => chip.remove()} aria-label={words.remove(chip.text)}>
              {chip.text} <span aria-hidden="true">×</span>
            </button>
          )}
        </For>
        <span role="status" class="quiet small">
          {props.narrows ? words.shown(countOf(shown() ?? new Uint8Array(0)), pool.rows) : words.notNarrowed}
        </span>
        <button type="button" class="plain" onClick={showAll}>{words.clear}</button>
      </Show>
    </div>
  );
}
