// How the last run ended.

import { Match, Show, Switch, type JSX } from "solid-js";

import { t } from "../messages";
import { useSession } from "../session/context";
import { goTo } from "../steps";
import { DomainWarning } from "./domain_warning";
import { RunNotes } from "./run_progress";
import { skippedWords } from "./skipped_words";

/** What is kept and what can be done now. */
export function RunEnd(): JSX.Element {
  const session = useSession();
  const rows = (): number => session.scores()?.index.length ?? 0;
  return (
    <div role="status" class="run-end">
      <Switch>
        <Match when={session.run() === "done"}>
          <p class="row run-done">
            {t.run.finished(rows())}
            <button type="button" class="primary" onClick={() => goTo("explore")}>{t.run.look}</button>
          </p>
          <Show when={skippedWords(session.progress())}>{(skipped) => <p class="quiet">{skipped()}.</p>}</Show>
          <DomainWarning />
        </Match>
        <Match when={session.run() === "none" && session.scores() !== undefined}>
          <p class="row run-done">
            {t.run.scoresGiven(rows())}
            <button type="button" class="primary" onClick={() => goTo("explore")}>{t.run.look}</button>
          </p>
        </Match>
        <Match when={session.run() === "cancelled"}>
          <p class="notice">{t.run.cancelled(session.progress().storage?.kind !== "memory")}</p>
        </Match>
        <Match when={session.run() === "failed"}>
          <p class="notice warning">{t.run.failed}</p>
        </Match>
      </Switch>
      <RunNotes notes={session.run() === "none" ? [] : session.progress().notes} />
    </div>
  );
}
