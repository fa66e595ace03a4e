// Where the encoder runs.

import { For, type JSX } from "solid-js";

import { t } from "../../messages";
import { useSession } from "../../session/context";
import type { Setup } from "../../session/setup";

/** The backends there are. */
const BACKENDS = ["auto", "cpu", "webgpu"] as const satisfies readonly Setup["backend"][];

/** The choice between them. */
export function BackendChoice(props: { current: Setup["backend"]; onChoose: (backend: Setup["backend"]) => void }): JSX.Element {
  const session = useSession();
  return (
    <section aria-labelledby="backend-heading">
      <h3 id="backend-heading">{t.setup.backend}</h3>
      <div class="backends" role="radiogroup" aria-labelledby="backend-heading">
        <For each={BACKENDS}>
          {(backend) => (
            <label>
              <input type="radio" name="backend" value={backend} checked={props.current === backend} onChange={() => props.onChoose(backend)} />
              {t.setup.backends[backend]}
            </label>
          )}
        </For>
      </div>
      <p class="quiet">{session.about()?.backend?.reason}</p>
    </section>
  );
}
