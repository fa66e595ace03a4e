// Two bars: a part's share of the pool, and of the subset.

import type { JSX } from "solid-js";

import { t } from "../../messages";

/** Two shares on one scale, whose end is `widest`. */
export function Meter(props: { before: number; after: number; widest: number }): JSX.Element {
  const width = (share: number): string => `${(100 * share) / props.widest}%`;
  return (
    <span class="meter">
      <span class="out-of-sight">{t.explore.parts.barsSay(props.before, props.after)}</span>
      <span class="bar-before" style={{ width: width(props.before) }} />
      <span class="bar-after" style={{ width: width(props.after) }} />
    </span>
  );
}
