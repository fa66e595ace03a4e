// What the map's colours say.

import { For, Match, Switch, type JSX } from "solid-js";

import { t } from "../../messages";
import { swatch, type Colouring } from "./palettes";

const RAMP = Array.from({ length: 16 }, (_, step) => step * 17);

/** The legend of a colouring. */
export function MapLegend(props: { colouring: Colouring; palette: Uint8Array }): JSX.Element {
  const words = t.explore.map;
  const names = [words.leftOut, words.near, words.chosen];
  return (
    <Switch fallback={<p class="quiet small">{words.manyColours}</p>}>
      <Match when={props.colouring === "chosen"}>
        <ul class="map-legend">
          <For each={[2, 1, 0]}>
            {(shade) => (
              <li>
                <span class="swatch" style={{ background: swatch(props.palette, shade) }} />
                {names[shade]}
              </li>
            )}
          </For>
        </ul>
      </Match>
      <Match when={props.colouring === "confidence"}>
        <p class="map-legend small">
          {words.leastConfident}
          <span class="ramp" aria-hidden="true">
            <For each={RAMP}>{(shade) => <span style={{ background: swatch(props.palette, shade) }} />}</For>
          </span>
          {words.mostConfident}
        </p>
      </Match>
    </Switch>
  );
}
