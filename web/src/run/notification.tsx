// A notification when a run is done, for those who asked for one.

import { createEffect, createSignal, on, Show, type JSX } from "solid-js";

import { t } from "../messages";
import { useSession } from "../session/context";

/** The button that asks for it. The browser is asked only once the user has asked. */
export function NotifyChoice(props: { isShown: boolean }): JSX.Element {
  const session = useSession();
  const [state, setState] = createSignal<"none" | "asked" | "refused">("none");

  const ask = async (): Promise<void> => {
    try {
      setState((await Notification.requestPermission()) === "granted" ? "asked" : "refused");
    } catch {
      setState("refused");
    }
  };

  createEffect(
    on(session.run, (status, before) => {
      const hasEnded = (before === "running" || before === "paused") && (status === "done" || status === "failed");
      if (!hasEnded || state() !== "asked") {
        return;
      }
      setState("none");
      const { title, body, failed } = t.run.notification;
      try {
        new Notification(status === "done" ? title : failed, { body: status === "done" ? body(session.scores()?.index.length ?? 0) : "" });
      } catch {
        // Chrome on Android shows notifications of service workers alone; the title has told.
      }
    }),
  );

  return (
    <Show when={props.isShown && "Notification" in window}>
      <p class="row notify" role="status">
        <Show when={state() === "none"} fallback={<span class="quiet">{state() === "asked" ? t.run.notifyOn : t.run.notifyRefused}</span>}>
          <button type="button" onClick={() => void ask()}>{t.run.notify}</button>
        </Show>
      </p>
    </Show>
  );
}
