// The tab's title tells how far a run is, for those who look at another tab.

import { createEffect, onCleanup } from "solid-js";

import { t } from "../messages";
import type { Session } from "../session/session";

/** How much of a run is done, from 0 to 1: scoring takes next to nothing beside encoding. */
export function partDone(session: Session): number | undefined {
  const { encoding, scoring } = session.progress();
  if (encoding !== undefined) {
    return encoding.records === 0 ? 1 : encoding.records_done / encoding.records;
  }
  return scoring === undefined || scoring.rows === 0 ? undefined : scoring.rowsDone / scoring.rows;
}

/** Keeps the title up to date. */
export function followTitle(session: Session): void {
  const name = document.title;
  createEffect(() => {
    const words = wordsFor(session);
    document.title = words === undefined ? name : `${words} · ${name}`;
  });
  onCleanup(() => {
    document.title = name;
  });
}

function wordsFor(session: Session): string | undefined {
  const part = partDone(session);
  switch (session.run()) {
    case "running":
      return part === undefined ? undefined : t.run.title.part(part);
    case "paused":
      return t.run.title.paused;
    case "done":
      return t.run.title.done;
    case "failed":
      return t.run.title.failed;
    default:
      return undefined;
  }
}
