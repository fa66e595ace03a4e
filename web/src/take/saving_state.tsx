// How a saving is, where it can be seen and heard.

import { Match, Show, Switch, type JSX } from "solid-js";

import { t } from "../messages";
import type { Saving, SavingState } from "./saving";

type Of<K extends SavingState["is"]> = Extract<SavingState, { is: K }>;

/** Progress with a way to end it, or what came of it. */
export function SavingView(props: { saving: Saving }): JSX.Element {
  const as = <K extends SavingState["is"]>(kind: K): Of<K> | undefined => {
    const state = props.saving.state();
    return state.is === kind ? (state as Of<K>) : undefined;
  };
  return (
    <div class="save-place" classList={{ "save-quiet": props.saving.state().is === "none" }}>
      <Show when={as("going")}>{(going) => <Going of={going()} onCancel={() => props.saving.cancel()} />}</Show>
      {/* There before it says something, so that it is heard. */}
      <div role="status" class="save-outcome">
        <Switch>
          <Match when={as("going")}>{(going) => <span class="out-of-sight">{t.take.saving(going().name)}</span>}</Match>
          <Match when={as("saved")}>
            {(saved) => (
              <p class="save-done">
                {t.take.saved(saved().name, saved().bytes)}
                <Show when={saved().leftOut > 0}> {t.take.leftOut(saved().leftOut)}</Show>
              </p>
            )}
          </Match>
          <Match when={as("cancelled")}>{(cancelled) => <p class="quiet">{t.take.cancelled(cancelled().name)}</p>}</Match>
        </Switch>
      </div>
      <div role="alert" class="save-outcome">
        <Show when={as("failed")}>
          {(failed) => (
            <div class="notice problem">
              <p>
                <strong>{t.take.failed(failed().name)}</strong> {t.take.advice[failed().problem.kind]}
              </p>
              <p class="quiet">{failed().problem.detail}</p>
            </div>
          )}
        </Show>
      </div>
    </div>
  );
}

function Going(props: { of: Of<"going">; onCancel: () => void }): JSX.Element {
  return (
    <div class="save-going">
      <progress aria-label={t.take.saving(props.of.name)} {...(props.of.of === undefined ? {} : { max: props.of.of, value: props.of.bytes })} />
      <span class="number">{t.take.progress(props.of.bytes, props.of.of, props.of.files)}</span>
      <button type="button" onClick={() => props.onCancel()}>{t.take.cancel}</button>
    </div>
  );
}
