// A run that goes on.

import { createMemo, For, Show, type JSX } from "solid-js";

import type { Stage } from "ofa";

import { t } from "../messages";
import { useSession } from "../session/context";
import type { Progress } from "../session/progress";
import { partDone } from "./document_title";
import { skippedWords } from "./skipped_words";

/** The stages of a run on each backend, in their order. */
const STAGES: readonly Stage[] = ["weights", "programs", "self-check", "encode", "score"];
const GPU_STAGES: readonly Stage[] = ["programs", "self-check"];

/** Seconds between two words to a screen reader. */
const SPOKEN_STEPS = 10;

/** Stages, how far it is, its pace, what is left, what was skipped; and ways to pause and to stop. */
export function RunProgress(): JSX.Element {
  const session = useSession();
  const isPaused = (): boolean => session.run() === "paused";
  const part = (): number | undefined => partDone(session);
  const encoding = createMemo(() => session.progress().encoding);
  const skipped = createMemo(() => skippedWords(session.progress()));
  // Told in tenths, so that it is not read out without end.
  const spoken = createMemo(() => {
    const done = part();
    const stage = session.progress().stage;
    const words = stage === undefined ? "" : t.stages[stage];
    return done === undefined ? words : `${words} ${t.share(Math.floor(done * SPOKEN_STEPS) / SPOKEN_STEPS)}`;
  });
  return (
    <div class="card run-progress stack">
      <Stages progress={session.progress()} isScoring={session.features() !== undefined} />
      <Show when={part() !== undefined} fallback={<progress aria-label={t.run.heading} />}>
        <progress aria-label={t.run.heading} max={1} value={part() ?? 0} />
      </Show>
      <div class="run-figures">
        <p class="run-main">
          {doneWords(session.progress())}
          <Show when={isPaused()}>
            <strong class="run-paused">{t.run.paused}</strong>
          </Show>
        </p>
        <p class="quiet">{paceWords(session.progress(), isPaused())}</p>
      </div>
      <Show when={encoding()}>
        {(encoding) => (
          <ul class="run-counts">
            <li>{t.run.encodedSoFar(t.run.imagesEncoded(encoding().images_encoded), t.run.turnsEncoded(encoding().turns_encoded))}</li>
            <Show when={encoding().records_resumed > 0}>
              <li>{t.run.resumed(encoding().records_resumed)}</li>
            </Show>
            <Show when={skipped()}>{(skipped) => <li>{skipped()}</li>}</Show>
          </ul>
        )}
      </Show>
      <div class="row">
        <Show
          when={isPaused()}
          fallback={<button type="button" onClick={() => void session.pause()}>{t.run.pause}</button>}
        >
          <button type="button" class="primary" onClick={() => void session.resume()}>{t.run.resume}</button>
        </Show>
        <button type="button" onClick={() => session.cancel()}>{t.run.cancel}</button>
        <Show when={session.progress().storage}>
          {(storage) => <p class="quiet run-kept">{storage().kind === "opfs" ? t.run.kept : t.run.memory(storage().reason)}</p>}
        </Show>
      </div>
      <RunNotes notes={session.progress().notes} />
      <p class="out-of-sight" role="status">{spoken()}</p>
    </div>
  );
}

function doneWords({ encoding, scoring, stage }: Progress): string {
  if (stage === "score" && scoring !== undefined) {
    return t.run.scored(scoring.rowsDone, scoring.rows);
  }
  return encoding !== undefined ? t.run.done(encoding.records_done, encoding.records) : stage === undefined ? "" : t.stages[stage];
}

function paceWords({ rate, secondsLeft, stage }: Progress, isPaused: boolean): string {
  if (isPaused || stage !== "encode") {
    return "";
  }
  return rate === undefined || secondsLeft === undefined ? t.run.measuring : `${t.run.rate(rate)}, ${t.run.left(secondsLeft)}`;
}

function Stages(props: { progress: Progress; isScoring: boolean }): JSX.Element {
  const stages = createMemo(() => {
    const isGpu = props.progress.encoder?.backend === "webgpu";
    return props.isScoring ? STAGES.slice(-1) : STAGES.filter((stage) => isGpu || !GPU_STAGES.includes(stage));
  });
  const at = (): number => stages().indexOf(props.progress.stage ?? "module");
  return (
    <ol class="stages" aria-label={t.run.stages}>
      <For each={stages()}>
        {(stage, nth) => {
          const state = (): "done" | "now" | "next" => (nth() < at() ? "done" : nth() === at() ? "now" : "next");
          return (
            <li class={state()} aria-current={state() === "now" ? "step" : undefined}>
              {t.stages[stage]} <span class="out-of-sight">{t.run.state[state()]}</span>
            </li>
          );
        }}
      </For>
    </ol>
  );
}

/** What the run had to say beside its figures. */
export function RunNotes(props: { notes: readonly string[] }): JSX.Element {
  return (
    <Show when={props.notes.length > 0}>
      <details>
        <summary>{t.run.notes(props.notes.length)}</summary>
        <ul>
          <For each={props.notes}>{(note) => <li>{note}</li>}</For>
        </ul>
      </details>
    </Show>
  );
}
