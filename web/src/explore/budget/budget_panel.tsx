// How many records, and how they are chosen.

import { createSignal, createUniqueId, For, Show, type JSX } from "solid-js";

import { SELECT_METHODS, type SelectMethod } from "ofa";

import { t } from "../../messages";
import { useSession } from "../../session/context";
import { isInstant, type Request } from "../../session/request";
import { useExploration } from "../exploration";
import { BudgetField } from "./budget_field";
import "./budget.css";

/** The methods that draw lots. */
const DRAWING: readonly SelectMethod[] = ["random", "kdpp"];

/** The whole of what can be asked for, and what came of it. */
export function BudgetPanel(): JSX.Element {
  const session = useSession();
  const { scores } = useExploration();
  const words = t.explore.budget;
  const request = session.request;
  /** What the last choice of a method that takes long was asked. */
  const [asked, setAsked] = createSignal<Request>();
  const isSlow = (): boolean => !isInstant(request().method);
  const isStale = (): boolean => isSlow() && session.choosing() === undefined && asked() !== request();
  const choose = (): void => {
    if (isStale()) {
      setAsked(request());
      void session.choose();
    }
  };
  const cancel = (): void => {
    setAsked(undefined);
    session.cancelChoice();
  };
  const ask = (change: Partial<Request>): void => session.ask(change);

  return (
    <section class="card stack budget" aria-labelledby="budget-title">
      <h3 id="budget-title">{words.title}</h3>
      <BudgetField />
      <Chosen isStale={isStale()} />
      <div class="field">
        <label for="budget-method">{words.method}</label>
        <select id="budget-method" aria-describedby="method-means" value={request().method} onChange={(event) => ask({ method: event.currentTarget.value as SelectMethod })}>
          <For each={SELECT_METHODS}>{(method) => <option value={method}>{words.methods[method].name}</option>}</For>
        </select>
        <span id="method-means" class="quiet small">{words.methods[request().method].means}</span>
      </div>
      <Show when={isSlow()}>
        <div class="stack tight">
          <Show when={session.choosing()}>
            {(choosing) => (
              <>
                <progress
                  aria-label={words.choosing}
                  max={Math.max(1, choosing().of)}
                  {...(choosing().of > 0 ? { value: choosing().done } : {})}
                />
                <span class="quiet small" role="status">{words.chosenSoFar(choosing().done, choosing().of)}</span>
              </>
            )}
          </Show>
          {/* One button for both, and never `disabled`, so that whoever pressed it by keyboard stays on it. */}
          <button
            type="button"
            classList={{ primary: session.choosing() === undefined }}
            aria-disabled={session.choosing() === undefined && !isStale()}
            onClick={() => (session.choosing() === undefined ? choose() : cancel())}
          >
            {session.choosing() === undefined ? words.choose : words.cancel}
          </button>
        </div>
      </Show>
      <div class="field">
        <label for="budget-seed">{words.seed}</label>
        <input
          id="budget-seed"
          type="number"
          min="0"
          max={Number.MAX_SAFE_INTEGER}
          step="1"
          value={request().seed}
          disabled={!DRAWING.includes(request().method)}
          aria-describedby="seed-means"
          onChange={(event) => {
            const seed = event.currentTarget.valueAsNumber;
            if (Number.isSafeInteger(seed) && seed >= 0) {
              ask({ seed });
            } else {
              event.currentTarget.value = String(request().seed);
            }
          }}
        />
        <span id="seed-means" class="quiet small">
          {DRAWING.includes(request().method) ? words.seedMeans : words.seedNotUsed}
        </span>
      </div>
      <fieldset class="stack tight">
        <legend class="out-of-sight">{words.rules}</legend>
        <Toggle
          name={words.quotas}
          means={words.quotasMean}
          checked={request().quotas}
          onChange={(quotas) => ask({ quotas })}
        />
        <Toggle
          name={words.alignment}
          means={scores.alignmentMargin === undefined ? words.alignmentUnknown : words.alignmentMeans}
          checked={request().alignmentFilter}
          disabled={scores.alignmentMargin === undefined && !request().alignmentFilter}
          onChange={(alignmentFilter) => ask({ alignmentFilter })}
        />
        <Toggle
          name={words.textOnly}
          means={words.textOnlyMeans}
          checked={request().textOnly === "keep"}
          onChange={(keep) => ask({ textOnly: keep ? "keep" : "exclude" })}
        />
      </fieldset>
    </section>
  );
}

/** What the last choice holds, said aloud when it changes. */
function Chosen(props: { isStale: boolean }): JSX.Element {
  const session = useSession();
  const { pool, chosen } = useExploration();
  const words = t.explore.budget;
  return (
    <div class="outcome">
      <Show when={chosen()} fallback={<p class="quiet">{words.nothingChosen}</p>}>
        {(chosen) => (
          <>
            <p class="figure" role="status">
              <strong>{t.number(chosen().positions.length)}</strong> {words.ofScored(pool.rows)}
            </p>
            <Show when={chosen().manifest.text_only_kept > 0}>
              <p class="quiet small">{words.textOnlyKept(chosen().manifest.text_only_kept)}</p>
            </Show>
            <Show when={props.isStale}>
              <p class="small">{words.stale(words.methods[chosen().manifest.method].name)}</p>
            </Show>
          </>
        )}
      </Show>
      <Show when={session.request().pinned.size + session.request().excluded.size > 0}>
        <p class="quiet small">{words.byHand(session.request().pinned.size, session.request().excluded.size)}</p>
      </Show>
    </div>
  );
}

function Toggle(props: {
  name: string;
  means: string;
  checked: boolean;
  disabled?: boolean;
  onChange: (checked: boolean) => void;
}): JSX.Element {
  const id = createUniqueId();
  return (
    <div class="toggle">
      <input
        id={id}
        type="checkbox"
        aria-describedby={`${id}-means`}
        checked={props.checked}
        disabled={props.disabled ?? false}
        onChange={(event) => props.onChange(event.currentTarget.checked)}
      />
      <div>
        <label for={id}>{props.name}</label>
        <span id={`${id}-means`} class="quiet small">{props.means}</span>
      </div>
    </div>
  );
}
