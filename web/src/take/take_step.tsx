// The last step: the subset, and what else there is, goes to the disk.

import { Show, type JSX } from "solid-js";

import { t } from "../messages";
import { useSession } from "../session/context";
import { MorePanel } from "./more_panel";
import { createSaving } from "./saving";
import { SavingView } from "./saving_state";
import { SubsetPanel } from "./subset_panel";
import "./take.css";

/** Everything that can be taken away. */
export default function TakeStep(): JSX.Element {
  const session = useSession();
  const saving = createSaving();
  return (
    <section class="stack take" aria-labelledby="take-heading">
      <div>
        <h2 id="take-heading">{t.take.heading}</h2>
        <p>
          <Show when={session.chosen()} fallback={t.take.nothingChosen}>
            {(chosen) => t.take.summary(chosen().selection.positions.length, session.dataset()?.records ?? 0)}
          </Show>
        </p>
      </div>
      {/* What was saved sticks within this, and never over the heading. */}
      <div class="stack">
        <Show when={session.dataset()}>
          {(dataset) => (
            <div class="take-panels">
              <SubsetPanel dataset={dataset()} saving={saving} />
              <MorePanel saving={saving} />
            </div>
          )}
        </Show>
        <SavingView saving={saving} />
      </div>
    </section>
  );
}
