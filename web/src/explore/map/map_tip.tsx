// What is under the pointer.

import type { JSX } from "solid-js";

import { t } from "../../messages";
import { useExploration } from "../exploration";
import { ThumbnailView } from "../gallery/thumbnail_view";
import { CHOSEN, NEAR_MISS } from "../pool/standing";

/** A record beside the pointer: picture, confidence, cluster, and how it stands. */
export function MapTip(props: { row: number; left: number; top: number; width: number }): JSX.Element {
  const { scores, standing } = useExploration();
  const words = t.explore.gallery;
  const is = (): string => {
    const of = standing().of[props.row];
    return of === CHOSEN ? words.isChosen : of === NEAR_MISS ? words.isNear : words.isLeftOut;
  };
  return (
    <div
      class="map-tip"
      aria-hidden="true"
      style={{
        left: `${props.left > props.width / 2 ? props.left - 176 : props.left + 16}px`,
        top: `${Math.max(0, props.top - 60)}px`,
      }}
    >
      <ThumbnailView position={scores.index[props.row] as number} />
      <p class="small">
        <strong>{t.explore.record.title(scores.index[props.row] as number)}</strong>
        <br />
        {t.explore.parts.cluster(scores.cluster[props.row] as number)} · {t.explore.confidence(scores.confidence[props.row] as number)}
        <br />
        {is()}
      </p>
    </div>
  );
}
