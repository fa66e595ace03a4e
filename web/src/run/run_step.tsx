// The second step: encode and score.

import { createEffect, createMemo, Match, on, Show, Switch, type JSX } from "solid-js";

import { SetupPanel } from "../data/setup/setup_panel";
import { mismatchOf } from "../data/setup/fit";
import { t } from "../messages";
import { useSession } from "../session/context";
import { keptOf } from "../session/shards";
import { followTitle } from "./document_title";
import { estimateOf, learnPace } from "./estimate";
import { noteRun } from "./last_run";
import { NotifyChoice } from "./notification";
import { RunEnd } from "./run_end";
import { RunProgress } from "./run_progress";
import { keepAwake } from "./wake_lock";
import "./run_step.css";

/** Everything about a run. */
export function RunStep(): JSX.Element {
  const session = useSession();
  const isRunning = (): boolean => session.phase() === "running";
  followTitle(session);
  keepAwake(() => isRunning() && session.run() === "running");
  learnPace(session);

  // What a visit after a reload is told.
  createEffect(
    on([session.progress, session.scores], ([progress, scores]) => {
      const dataset = session.dataset();
      const { encoding, storage } = progress;
      if (dataset === undefined || encoding === undefined || storage?.kind !== "opfs") {
        return;
      }
      const isComplete = scores !== undefined || encoding.records_done === encoding.records;
      const kept = isComplete ? encoding.records : keptOf(encoding.records_done);
      if (kept === 0) {
        return;
      }
      noteRun({ dataset: dataset.name, records: encoding.records, kept, isComplete });
    }),
  );

  // What an earlier visit encoded of this dataset changes what the button says.
  createEffect(on(session.dataset, (dataset) => dataset !== undefined && void session.stored.read()));

  return (
    <section id="run" class="stack run-step" aria-labelledby="run-heading" tabindex="-1">
      <h2 id="run-heading">{t.run.heading}</h2>
      <SetupPanel />
      <Switch>
        <Match when={isRunning()}>
          <RunProgress />
        </Match>
        <Match when={!isRunning()}>
          <RunEnd />
          <Begin />
        </Match>
      </Switch>
      <NotifyChoice isShown={isRunning()} />
    </section>
  );
}

/** The button that starts a run, and what to expect of it. */
function Begin(): JSX.Element {
  const session = useSession();
  const isReady = (): boolean => session.dataset() !== undefined && ["ready", "checking", "scored"].includes(session.phase());
  const isScored = (): boolean => session.scores() !== undefined;
  const isNothing = (): boolean => session.features() === undefined && session.report()?.would_be_encoded === 0;
  const isOfOtherWidth = (): boolean => mismatchOf(session.about())?.kind === "width" && session.features() === undefined;
  const stored = createMemo(() => {
    const fingerprint = session.dataset()?.fingerprint;
    const encoder = session.about()?.encoder?.fingerprint;
    return session.stored
      .features()
      .find((store) => store.datasetFingerprint === fingerprint && store.encoderFingerprint === encoder);
  });
  const isToBeEncoded = (): boolean => !isNothing() && !isOfOtherWidth() && session.features() === undefined && stored()?.complete !== true;
  const words = (): string => {
    const status = session.run();
    if (isScored()) {
      return status === "none" ? t.run.start : t.run.again;
    }
    if (session.features() !== undefined) {
      return t.run.scoreOnly;
    }
    if (stored()?.complete === true) {
      return t.run.scoreStored;
    }
    return status === "cancelled" || status === "failed" || stored() !== undefined ? t.run.goOn : t.run.start;
  };
  return (
    <div class="begin">
      <button type="button" classList={{ primary: !isScored() }} disabled={!isReady() || isOfOtherWidth() || isNothing()} onClick={() => void session.start()}>
        {words()}
      </button>
      <Show when={!isScored()}>
        <p class="quiet">
          <Switch fallback={estimateOf(session)}>
            <Match when={isNothing()}>{t.run.nothing}</Match>
            <Match when={session.features()}>{(features) => t.run.given(features().rows)}</Match>
            <Match when={stored()?.complete}>{t.run.complete}</Match>
          </Switch>
        </p>
        <Show when={isToBeEncoded() && session.pace() === undefined}>
          <button type="button" disabled={session.phase() !== "ready" || session.report() === undefined} onClick={() => void session.measure()}>
            {t.run.estimate.measure}
          </button>
        </Show>
      </Show>
    </div>
  );
}
