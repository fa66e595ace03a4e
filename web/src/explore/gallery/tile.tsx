// A record in the gallery.

import { Show, type JSX } from "solid-js";

import { t } from "../../messages";
import { useExploration } from "../exploration";
import { CHOSEN, NEAR_MISS } from "../pool/standing";
import { ThumbnailView } from "./thumbnail_view";

/** A record: picture, confidence and cluster. Without a score it says why there is none. */
export function Tile(props: {
  position: number;
  row: number | undefined;
  reason?: string | undefined;
  isActive: boolean;
  at: number;
  of: number;
  onOpen: () => void;
  onFocus: () => void;
}): JSX.Element {
  const { scores, standing } = useExploration();
  const words = t.explore.gallery;
  const is = (): number => (props.row === undefined ? 0 : (standing().of[props.row] as number));
  const says = (): string => {
    const { row } = props;
    if (row === undefined) {
      return words.skippedTile(props.position);
    }
    return words.tile(props.position, is() === CHOSEN ? words.isChosen : is() === NEAR_MISS ? words.isNear : words.isLeftOut);
  };
  return (
    <div role="listitem" class="tile" aria-setsize={props.of} aria-posinset={props.at + 1}>
      <button
        type="button"
        data-at={props.at}
        tabindex={props.isActive ? 0 : -1}
        classList={{ "is-chosen": is() === CHOSEN, "is-near": is() === NEAR_MISS }}
        onFocus={() => props.onFocus()}
        onClick={() => props.onOpen()}
      >
        <span class="out-of-sight">{says()}</span>
        <ThumbnailView position={props.position} />
        <span class="caption">
          <Show when={props.row !== undefined && { row: props.row }} fallback={<span class="reason">{t.reason(props.reason ?? "")}</span>} keyed>
            {({ row }) => (
              <>
                <span>
                  <span class="out-of-sight">{words.confidence}</span> {t.explore.confidence(scores.confidence[row] as number)}
                </span>
                <span class="quiet">{t.explore.parts.clusterShort(scores.cluster[row] as number)}</span>
              </>
            )}
          </Show>
        </span>
      </button>
    </div>
  );
}
