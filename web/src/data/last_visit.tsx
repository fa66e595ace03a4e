// What an earlier visit left: a run that goes on once the same data is dropped, and files that open by one click.

import { createResource, createSignal, Show, type JSX } from "solid-js";

import { t } from "../messages";
import { useSession } from "../session/context";
import type { Dropping } from "./dropping";
import { forgetHandles, isPermitted, remembered, type Remembered } from "./remembered";
import { forgetRun, lastRun } from "../run/last_run";

/** Says what is kept of the last visit, where anything is. */
export function LastVisit(props: { dropping: Dropping }): JSX.Element {
  const session = useSession();
  const [handles, { mutate }] = createResource(remembered);
  const [run, setRun] = createSignal(lastRun());
  const [isRefused, setIsRefused] = createSignal(false);

  const open = async ({ handles }: Remembered): Promise<void> => {
    try {
      if (await isPermitted(handles)) {
        await props.dropping.takeHandles(handles);
        return;
      }
    } catch (error) {
      session.reportProblem(error);
    }
    setIsRefused(true);
  };
  const forget = (): void => {
    void forgetHandles();
    forgetRun();
    mutate(undefined);
    setRun(undefined);
  };

  return (
    <Show when={run() !== undefined || handles() !== undefined}>
      <aside class="card last-visit" aria-labelledby="last-visit">
        <h3 id="last-visit">{t.data.again.heading}</h3>
        <Show when={run()}>
          {(run) => (
            <p>
              {run().isComplete
                ? t.data.again.finished(run().dataset, run().records)
                : t.data.again.unfinished(run().dataset, run().kept, run().records)}
            </p>
          )}
        </Show>
        <Show when={handles() !== undefined && handles()?.dataset !== run()?.dataset}>
          <p>{t.data.again.text(handles()?.dataset ?? "", handles()?.sentence ?? "")}</p>
        </Show>
        <Show when={isRefused()}>
          <p role="status">{t.data.again.refused}</p>
        </Show>
        <div class="row">
          <Show when={handles()}>
            {(handles) => (
              <button type="button" onClick={() => void open(handles())}>{t.data.again.open(handles().dataset)}</button>
            )}
          </Show>
          <button type="button" class="plain" onClick={forget}>{t.data.again.forget}</button>
        </div>
      </aside>
    </Show>
  );
}
