// The first step: data comes in, and the page says what it is.

import { Match, onMount, Show, Switch, type JSX } from "solid-js";

import { t } from "../messages";
import { useSession } from "../session/context";
import { CheckReportView } from "./check/check_report";
import { createDropping } from "./dropping";
import { DropTarget } from "./drop_target";
import { EmptyState } from "./empty_state";
import { Notices } from "./notices";
import { OpenDataset } from "./open_dataset";
import { ReplaceDialog } from "./replace_dialog";
import "./data_step.css";

/** Everything about the data before a run: what was dropped, what it is, what is wrong with it. */
export function DataStep(props: { wantsDemo: boolean }): JSX.Element {
  const session = useSession();
  const dropping = createDropping(session);
  onMount(() => {
    if (props.wantsDemo) {
      void dropping.takeDemo();
    }
  });
  const isEmpty = (): boolean => session.phase() === "empty" && session.input() === undefined;
  return (
    <section id="data" class="stack data-step" aria-labelledby="data-heading" tabindex="-1">
      <DropTarget onDrop={(dropped) => void dropping.takeDropped(dropped)} />
      <ReplaceDialog replacement={dropping.replacement()} />
      <Notices dropping={dropping} />
      <Switch>
        <Match when={isEmpty()}>
          <EmptyState dropping={dropping} />
        </Match>
        <Match when={!isEmpty()}>
          <OpenDataset dropping={dropping} />
        </Match>
      </Switch>
      <Show when={session.dataset()}>
        <CheckReportView />
      </Show>
      <p class="out-of-sight" role="status">
        {dropping.finding() !== undefined ? t.data.finding(0, 0) : session.phase() === "opening" ? t.data.opening : ""}
      </p>
    </section>
  );
}
