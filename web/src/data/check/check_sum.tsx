// The sum that adds up: every record is encoded or skipped for one reason.

import { createMemo, For, type JSX } from "solid-js";

import type { CheckReport } from "ofa";

import { t } from "../../messages";

/** A bar of all records, and the counts under it. */
export function CheckSum(props: { report: CheckReport }): JSX.Element {
  const parts = createMemo(() => [
    { name: "encoded", words: t.check.sum.encoded, count: props.report.would_be_encoded },
    ...Object.entries(props.report.skipped)
      .map(([reason, { count }]) => ({ name: reason === "text_only" ? "text-only" : "skipped", words: t.reasonOf(count, reason), count }))
      .sort((a, b) => b.count - a.count),
  ]);
  const shareOf = (count: number): number => (props.report.records === 0 ? 0 : count / props.report.records);
  return (
    <div class="check-sum">
      <div class="check-bar" aria-hidden="true">
        <For each={parts().filter(({ count }) => count > 0)}>
          {({ name, count }) => <span class={`check-part ${name}`} style={{ "flex-grow": String(count) }} />}
        </For>
      </div>
      <ul class="check-counts" aria-label={t.check.sum.label}>
        <For each={parts()}>
          {({ name, words, count }) => (
            <li>
              <span class={`check-key ${name}`} aria-hidden="true" />
              <strong>{t.number(count)}</strong> {words} <span class="quiet">{t.share(shareOf(count))}</span>
            </li>
          )}
        </For>
      </ul>
    </div>
  );
}
