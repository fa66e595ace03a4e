// What went wrong, above everything else, and what to do about it.

import { createMemo, For, Show, type JSX } from "solid-js";

import { t } from "./messages";
import { useSession } from "./session/context";
import type { Problem } from "./session/problem";
import type { Session } from "./session/session";

/** A way out of a problem. */
interface WayOn {
  words: string;
  go(): void;
}

/** The last problem, said aloud when it comes, until it is put away. */
export function ProblemNotice(): JSX.Element {
  const session = useSession();
  return (
    <div role="alert" class="problem-place">
      <Show when={session.problem()}>{(problem) => <Notice problem={problem()} />}</Show>
    </div>
  );
}

function Notice(props: { problem: Problem }): JSX.Element {
  const session = useSession();
  const ways = createMemo(() => waysOn(props.problem, session));
  const numbers = createMemo(() =>
    (["needed", "available"] as const).flatMap((name) => {
      const value = props.problem.details[name];
      return typeof value === "number" ? [`${t.problems.numbers[name]}: ${t.bytes(value)}`] : [];
    }),
  );
  const isOfSetup = (): boolean => props.problem.code === "changed" && props.problem.during === "setup";
  return (
    <div class="notice problem stack">
      <h2>{isOfSetup() ? t.problems.setupChanged : t.problems.titles[props.problem.code]}</h2>
      <p class="problem-detail">{props.problem.detail}</p>
      <Show when={numbers().length > 0}>
        <p>{numbers().join(", ")}</p>
      </Show>
      <Show when={!isOfSetup()}>
        <p>{t.problems.advice[props.problem.code]}</p>
      </Show>
      <Show when={props.problem.during === "features"}>
        <p>{t.problems.withoutFeatures}</p>
      </Show>
      <div class="row">
        <For each={ways()}>
          {({ words, go }) => <button type="button" onClick={go}>{words}</button>}
        </For>
        <button type="button" class="plain" onClick={() => session.dismissProblem()}>{t.app.dismiss}</button>
      </div>
    </div>
  );
}

/** What can be done about it from here. */
function waysOn({ code, during }: Problem, session: Session): WayOn[] {
  const input = session.input();
  const retry: WayOn[] =
    during === "setup"
      ? [{ words: t.problems.retry, go: () => void (input === undefined ? session.change({}) : session.open(input)) }]
      : during === "run"
        ? [{ words: t.problems.retry, go: () => void session.start() }]
        : during === "check"
          ? [{ words: t.problems.retry, go: () => void session.check() }]
          : [];
  const cpu: WayOn = { words: t.problems.useCpu, go: () => void session.change({ backend: "cpu" }) };
  const setup: WayOn[] = document.getElementById("setup") === null ? [] : [{ words: t.problems.showSetup, go: () => show("setup") }];
  switch (code) {
    case "fingerprint_mismatch":
      return during === "features" && input !== undefined
        ? [{ words: t.problems.insist, go: () => void session.open(input, { force: true }) }]
        : during === "run"
          ? [...setup, { words: t.problems.insist, go: () => void session.start({ force: true }) }]
          : setup;
    case "backend_unavailable":
    case "self_check_failed":
      return [cpu];
    case "device_lost":
      return [cpu, ...retry];
    case "bad_encoder":
    case "bad_selector":
      return [
        { words: t.setup.mismatch.demo, go: () => void session.change({ encoder: { from: "demo" }, selector: { from: "demo" } }) },
        ...setup,
      ];
    case "changed":
      return during === "setup" ? setup : [];
    case "download_failed":
    case "hash_mismatch":
      return [...retry, ...setup];
    case "storage_full":
      return [{ words: t.problems.showStored, go: () => show("setup") }, ...retry];
    case "store_in_use":
    case "encoder_failed":
    case "internal":
    case "unexpected":
      return retry;
    default:
      return [];
  }
}

function show(id: string): void {
  const element = document.getElementById(id);
  element?.scrollIntoView();
  element?.querySelector<HTMLElement>("button[aria-expanded=false]")?.click();
  element?.querySelector<HTMLElement>("button[aria-expanded]")?.focus({ preventScroll: true });
}
