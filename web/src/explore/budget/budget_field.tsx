// The budget: a slider, and a field in percent or in records.

import { createSignal, type JSX } from "solid-js";

import { t } from "../../messages";
import { useSession } from "../../session/context";
import type { Budget } from "../../session/request";
import { useExploration } from "../exploration";
import { wholeNumberIn } from "./whole_number";

/** Steps of the slider: a tenth of a percent each. */
const STEPS = 1000;

/** Slider and field of the budget. */
export function BudgetField(): JSX.Element {
  const session = useSession();
  const { pool } = useExploration();
  const words = t.explore.budget;
  const budget = (): Budget => session.request().budget;
  const isCount = (): boolean => "count" in budget();
  const [complaint, setComplaint] = createSignal<string>();
  const ratio = (): number => {
    const of = budget();
    return "ratio" in of ? of.ratio : of.count / pool.rows;
  };
  const ask = (budget: Budget): void => {
    setComplaint(undefined);
    session.ask({ budget });
  };
  const slide = (step: number): void => {
    const ratio = Math.max(1, step) / STEPS;
    ask(isCount() ? { count: Math.max(1, Math.round(ratio * pool.rows)) } : { ratio });
  };
  const write = (text: string): void => {
    if (isCount()) {
      const count = wholeNumberIn(text);
      const isRight = count !== undefined && count >= 1 && count <= pool.rows;
      return isRight ? ask({ count }) : void setComplaint(words.badCount(pool.rows));
    }
    const value = Number(text.replace(",", "."));
    // Percents are written with a point that moves two places; as text, so that 0.15 stays 0.15.
    const ratio = Number((value / 100).toPrecision(12));
    return ratio > 0 && ratio <= 1 ? ask({ ratio }) : void setComplaint(words.badRatio);
  };
  const shown = (): string => {
    const of = budget();
    return "count" in of ? String(of.count) : String(Number((of.ratio * 100).toPrecision(10)));
  };

  return (
    <div class="stack tight">
      <label class="out-of-sight" for="budget-slider">{words.budget}</label>
      <div class="unit">
          <input
            id="budget-number"
            type="text"
            inputmode="decimal"
            aria-label={isCount() ? words.inRecords : words.inPercent}
            aria-invalid={complaint() !== undefined}
            aria-describedby="budget-complaint"
            value={shown()}
            onChange={(event) => write(event.currentTarget.value)}
          />
          <select
            aria-label={words.unit}
            value={isCount() ? "count" : "ratio"}
            onChange={(event) =>
              ask(
                event.currentTarget.value === "count"
                  ? { count: Math.max(1, Math.round(ratio() * pool.rows)) }
                  : { ratio: Math.min(1, Math.max(0.001, Number(ratio().toPrecision(6)))) },
              )
            }
          >
            <option value="ratio">%</option>
            <option value="count">{words.recordsUnit}</option>
          </select>
      </div>
      <input
        id="budget-slider"
        type="range"
        min="1"
        max={STEPS}
        step="1"
        value={Math.round(ratio() * STEPS)}
        aria-valuetext={words.sliderSays(ratio(), Math.round(ratio() * pool.rows))}
        onInput={(event) => slide(event.currentTarget.valueAsNumber)}
      />
      <p id="budget-complaint" class="complaint small" role="alert">{complaint()}</p>
    </div>
  );
}
