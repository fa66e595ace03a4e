// How long a run may take: by a few records that were encoded to measure it, or by the pace of the last run with the
// same encoder on the same backend.

import { createEffect, on } from "solid-js";

import type { About } from "ofa";

import { t } from "../messages";
import type { Session } from "../session/session";

const KEY = "ofa.paces";

/** Records that have to be measured before a pace is worth keeping. */
const LEAST_RECORDS = 16;

/** What a pace depends on. */
function setupOf(about: About | undefined): string | undefined {
  const { encoder, backend } = about ?? {};
  return encoder === undefined || backend === undefined
    ? undefined
    : [encoder.fingerprint, backend.backend, backend.workers, backend.adapter?.device ?? ""].join("|");
}

function paces(): Record<string, number> {
  try {
    const known: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return typeof known === "object" && known !== null ? (known as Record<string, number>) : {};
  } catch {
    return {};
  }
}

/** Keeps the pace of each run, for the next one's estimate. */
export function learnPace(session: Session): void {
  createEffect(
    on(session.run, (status, before) => {
      const { encoding, rate } = session.progress();
      const setup = setupOf(session.about());
      const hasEnded = before === "running" || before === "paused";
      if (!hasEnded || status === "running" || status === "paused" || encoding === undefined || rate === undefined || setup === undefined) {
        return;
      }
      if (encoding.records_done - encoding.records_resumed >= LEAST_RECORDS) {
        try {
          localStorage.setItem(KEY, JSON.stringify({ ...paces(), [setup]: rate }));
        } catch {
          // Nothing can be stored: the next run measures for itself.
        }
      }
    }),
  );
}

/** What to expect, in words that say where it comes from. */
export function estimateOf(session: Session): string {
  const measured = session.pace();
  const report = session.report();
  if (measured === "measuring") {
    return t.run.measuring;
  }
  if (measured !== undefined && measured.images > 0 && report !== undefined) {
    const { images, turns, secondsPerImage, secondsPerTurn } = measured;
    const seconds = report.distinct_images * secondsPerImage + report.human_turns * secondsPerTurn;
    return t.run.estimate.measured(t.duration(seconds), images, turns);
  }
  const setup = setupOf(session.about());
  const rate = setup === undefined ? undefined : paces()[setup];
  const records = report?.would_be_encoded ?? session.dataset()?.records;
  return rate === undefined || !(rate > 0) || records === undefined
    ? t.run.estimate.unknown
    : t.run.estimate.past(t.duration(records / rate), t.run.rate(rate));
}
