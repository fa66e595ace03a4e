// A notification when a run ends, for those who asked for one.

import { createEffect, createSignal, on, Show, type JSX } from "solid-js";

import { t } from "../messages";
import { useSession } from "../session/context";
import type { RunStatus, Session } from "../session/session";
import { notify } from "./notify";

/** The button that asks for it. The browser is asked only once the user has asked, and then for all runs to come. */
export function NotifyChoice(props: { isShown: boolean }): JSX.Element {
  const session = useSession();
  const isThere = "Notification" in window;
  const [permission, setPermission] = createSignal<NotificationPermission>(isThere ? Notification.permission : "denied");

  const ask = async (): Promise<void> => {
    try {
      setPermission(await Notification.requestPermission());
    } catch {
      setPermission("denied");
    }
  };

  createEffect(
    on(session.run, (status, before) => {
      if ((before === "running" || before === "paused") && permission() === "granted") {
        const words = wordsFor(status, session);
        if (words !== undefined) {
          void notify(words.title, words.body);
        }
      }
    }),
  );

  return (
    <Show when={props.isShown && isThere}>
      <p class="row notify" role="status">
        <Show
          when={permission() === "default"}
          fallback={<span class="quiet">{permission() === "granted" ? t.run.notifyOn : t.run.notifyRefused}</span>}
        >
          <button type="button" onClick={() => void ask()}>{t.run.notify}</button>
        </Show>
      </p>
    </Show>
  );
}

/** What is told of a run's end; `undefined` where there is nothing to tell. */
function wordsFor(status: RunStatus, session: Session): { title: string; body: string } | undefined {
  const { done, failed, cancelled } = t.run.notification;
  switch (status) {
    case "done":
      return { title: done.title, body: done.body(session.scores()?.index.length ?? 0) };
    case "failed":
      return failed;
    case "cancelled":
      // Whoever stopped it and still looks at the page knows.
      return document.visibilityState === "hidden" ? cancelled : undefined;
    default:
      return undefined;
  }
}
