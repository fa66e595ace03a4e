// The records that are most like one.

import { Index, type JSX } from "solid-js";

import type { Neighbours } from "ofa";

import { t } from "../../messages";
import { rowOf } from "../../session/chosen";
import { useExploration } from "../exploration";
import { ThumbnailView } from "../gallery/thumbnail_view";
import { CHOSEN } from "../pool/standing";

/** Neighbours with pictures; each leads to its page. */
export function NeighbourList(props: { neighbours: Neighbours }): JSX.Element {
  const { scores, standing, open } = useExploration();
  const words = t.explore.record;
  const positions = (): number[] => Array.from(props.neighbours.positions);
  return (
    <ul class="neighbours">
      <Index each={positions()}>
        {(position, at) => {
          const row = (): number | undefined => rowOf(scores, position());
          const isChosen = (): boolean => {
            const of = row();
            return of !== undefined && standing().of[of] === CHOSEN;
          };
          return (
            <li class="tile">
              <button
                type="button"
                classList={{ "is-chosen": isChosen() }}
                onClick={() => open(position(), { positions: props.neighbours.positions, at })}
              >
                <span class="out-of-sight">{words.neighbour(position())}</span>
                <ThumbnailView position={position()} />
                <span class="caption">
                  <span>{t.explore.similarity(props.neighbours.similarities[at] as number)}</span>
                  <span class="quiet">{isChosen() ? words.in : words.out}</span>
                </span>
              </button>
            </li>
          );
        }}
      </Index>
    </ul>
  );
}
