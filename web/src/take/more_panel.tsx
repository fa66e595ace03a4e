// What there is beside the subset: a report about it, scores and features.

import { createSignal, Show, type JSX } from "solid-js";

import { t } from "../messages";
import { useSession } from "../session/context";
import { featuresOutput, manifestName, reportOutput, scoresManifestOutput, scoresOutput } from "./outputs";
import type { Saving } from "./saving";

const REPORT = "report.html";
const SCORES = ["scores.csv", "scores.jsonl", "scores.parquet"] as const;
const FEATURES = "features";

/** The report, scores and the feature store. */
export function MorePanel(props: { saving: Saving }): JSX.Element {
  const session = useSession();
  const [scores, setScores] = createSignal<(typeof SCORES)[number]>(SCORES[0]);
  const isBusy = (): boolean => props.saving.isGoing();
  const isChosen = (): boolean => (session.chosen()?.selection.positions.length ?? 0) > 0;
  return (
    <div class="card stack">
      <h3>{t.take.more}</h3>
      <div class="take-more">
        <div class="take-words">
          <h4 id="take-report">{t.take.report}</h4>
          <p class="quiet">{t.take.reportNote}</p>
        </div>
        <div class="row" role="group" aria-labelledby="take-report">
          <button type="button" disabled={!isChosen()} aria-disabled={isBusy()} onClick={() => void props.saving.begin(() => reportOutput(session.selector(), REPORT))}>
            {t.take.save(REPORT)}
          </button>
        </div>
        <div class="take-words">
          <h4 id="take-scores">{t.take.scores}</h4>
          <p class="quiet">{t.take.scoresNote}</p>
        </div>
        <div class="row" role="group" aria-labelledby="take-scores">
          <select aria-label={t.take.format} value={scores()} onChange={(event) => setScores(event.currentTarget.value as (typeof SCORES)[number])}>
            <option value={SCORES[0]}>CSV</option>
            <option value={SCORES[1]}>JSON Lines</option>
            <option value={SCORES[2]}>Parquet</option>
          </select>
          <button type="button" aria-disabled={isBusy()} onClick={() => void props.saving.begin(() => scoresOutput(session.selector(), scores()))}>
            {t.take.save(scores())}
          </button>
          {/* Parquet has its manifest within. */}
          <Show when={scores() !== SCORES[2]}>
            <button type="button" aria-disabled={isBusy()} onClick={() => void props.saving.begin(() => scoresManifestOutput(session.selector(), scores()))}>
              {t.take.save(manifestName(scores()))}
            </button>
          </Show>
        </div>
        <div class="take-words">
          <h4 id="take-features">{t.take.features}</h4>
          <p class="quiet">{t.take.featuresNote}</p>
        </div>
        <div class="row" role="group" aria-labelledby="take-features">
          <button type="button" aria-disabled={isBusy()} onClick={() => void props.saving.begin((telling) => featuresOutput(session.selector(), FEATURES, telling))}>
            {t.take.save(`${FEATURES}.zip`)}
          </button>
        </div>
      </div>
    </div>
  );
}
