// The report's figures.

import { createMemo, For, type JSX } from "solid-js";

import type { CheckReport } from "ofa";

import { t } from "../../messages";

/** Format, images, texts and what repeats, a line each. */
export function CheckFacts(props: { report: CheckReport }): JSX.Element {
  const facts = createMemo((): [name: string, value: string, isWarning: boolean][] => {
    const report = props.report;
    const words = t.check.facts;
    const mismatched = report.placeholders.too_many + report.placeholders.too_few;
    const { turns, context, exact } = report.turns_over_context;
    return [
      [words.format, words.formatOf(report.format, report.files, report.why), false],
      [words.images, words.imagesOf(report.images, report.distinct_images), false],
      [words.missing, t.number(report.images_missing), report.images_missing > 0],
      [words.unreadable, words.unreadableOf(report.images_unreadable, report.images_sampled, report.deep), report.images_unreadable > 0],
      [words.turns, t.number(report.human_turns), false],
      [words.turnsOver, words.turnsOverOf(turns, context, exact), false],
      [words.duplicates, t.number(report.duplicate_records.records), false],
      [words.duplicateIds, words.duplicateIdsOf(report.duplicate_ids.ids, report.duplicate_ids.records), false],
      ...(report.without_id === 0 ? [] : [[words.withoutId, t.number(report.without_id), false] as [string, string, boolean]]),
      ...(mismatched === 0 ? [] : [[words.placeholders, t.number(mismatched), true] as [string, string, boolean]]),
      [words.scripts, words.scriptsOf(Object.entries(report.scripts).sort(([, a], [, b]) => b - a)), false],
    ];
  });
  return (
    <table class="facts">
      <caption>{t.check.facts.label}</caption>
      <tbody>
        <For each={facts()}>
          {([name, value, isWarning]) => (
            <tr>
              <th scope="row">{name}</th>
              <td classList={{ strong: isWarning }}>{value}</td>
            </tr>
          )}
        </For>
      </tbody>
    </table>
  );
}
