// A record's page: what it says, what the scores say of it, why it is in or out, and what is like it.

import { createEffect, createResource, For, onCleanup, Show, type JSX } from "solid-js";

import type { Explanation, Neighbours } from "ofa";

import { t } from "../../messages";
import { rowOf } from "../../session/chosen";
import { useSession } from "../../session/context";
import { isInstant } from "../../session/request";
import { useExploration } from "../exploration";
import { CHOSEN, NEAR_MISS } from "../pool/standing";
import { constrain, constraintOf, type Constraint } from "./constraints";
import { Conversation } from "./conversation_view";
import { NeighbourList } from "./neighbour_list";
import { RecordImages } from "./record_images";
import "./record.css";

/** The open record, above the page. Arrow keys go to the next and the one before. */
export function RecordDialog(): JSX.Element {
  const { opened, close } = useExploration();
  let dialog!: HTMLDialogElement;
  createEffect(() => {
    if (opened() !== undefined && !dialog.open) {
      dialog.showModal();
    } else if (opened() === undefined && dialog.open) {
      dialog.close();
    }
  });
  return (
    <dialog
      ref={dialog}
      class="record explore"
      aria-labelledby="record-title"
      onClose={() => opened() !== undefined && close()}
      onClick={(event) => event.target === dialog && close()}
    >
      <Show when={opened() !== undefined && { position: opened() as number }} keyed>
        {({ position }) => <RecordPage position={position} />}
      </Show>
    </dialog>
  );
}

function RecordPage(props: { position: number }): JSX.Element {
  const session = useSession();
  const { scores, standing, chosen, open, close, walk } = useExploration();
  const words = t.explore.record;
  const { position } = props;
  const row = rowOf(scores, position);
  const selector = session.selector();
  /** A call's result, or what it failed with, which is shown where the result would stand. */
  const [record] = createResource(() => attempt(selector.record(position)));
  const [explanation] = createResource(
    // Another choice is another reason.
    () => chosen() ?? "none",
    () => attempt(selector.explain(position, { neighbours: 0 })),
  );
  const [neighbours] = createResource(
    () => row !== undefined,
    () => attempt(selector.neighbours(position, { count: 8 })),
  );
  const step = (by: number): void => {
    const now = walk();
    const at = (now?.at ?? 0) + by;
    const next = now?.positions[at];
    if (now !== undefined && next !== undefined) {
      open(next, { positions: now.positions, at });
    }
  };
  const canStep = (by: number): boolean => {
    const now = walk();
    return now !== undefined && now.positions[now.at + by] !== undefined;
  };
  const onKey = (event: KeyboardEvent): void => {
    const target = event.target as HTMLElement;
    if (event.altKey || event.ctrlKey || event.metaKey || target.closest("input, select, textarea, summary, pre, .scroll") !== null) {
      return;
    }
    const actions: Record<string, () => void> = {
      ArrowRight: () => step(1),
      ArrowLeft: () => step(-1),
      p: () => decide("pinned"),
      x: () => decide("excluded"),
    };
    const action = actions[event.key];
    if (action !== undefined) {
      event.preventDefault();
      action();
    }
  };
  window.addEventListener("keydown", onKey);
  onCleanup(() => window.removeEventListener("keydown", onKey));

  const decided = (): Constraint | undefined => constraintOf(session, position);
  const decide = (constraint: Constraint): void => {
    if (row !== undefined) {
      constrain(session, position, decided() === constraint ? undefined : constraint);
    }
  };
  const status = (): string => {
    if (row === undefined) {
      return words.noScore;
    }
    const is = standing().of[row];
    return is === CHOSEN ? words.isChosen : is === NEAR_MISS ? words.isNear : words.isLeftOut;
  };
  const id = (): string | null => valueOf(explanation.latest)?.id ?? null;

  return (
    <article class="stack">
      <header class="row between">
        <div>
          <h2 id="record-title">{words.title(position)}</h2>
          <p class="quiet small">
            <span class="status" classList={{ "is-chosen": row !== undefined && standing().of[row] === CHOSEN }} role="status">{status()}</span>
            <Show when={id()}>{(id) => <> · {words.id(id())}</>}</Show>
          </p>
        </div>
        <div class="row">
          <button type="button" disabled={!canStep(-1)} onClick={() => step(-1)} aria-keyshortcuts="ArrowLeft">{words.previous}</button>
          <button type="button" disabled={!canStep(1)} onClick={() => step(1)} aria-keyshortcuts="ArrowRight">{words.next}</button>
          <button type="button" onClick={close} autofocus>{words.close}</button>
        </div>
      </header>
      <div class="columns">
        <div class="stack">
          <RecordImages position={position} />
          <Outcome of={record.latest}>{(text) => <Conversation text={text} />}</Outcome>
        </div>
        <div class="stack">
          <section aria-labelledby="record-why">
            <h3 id="record-why">{words.why}</h3>
            <Outcome of={explanation.latest}>
              {(explanation) => (
                <>
                  <p class="said">{explanation.words.trim()}</p>
                  <Facts explanation={explanation} />
                </>
              )}
            </Outcome>
          </section>
          <Show when={row !== undefined}>
            <section aria-labelledby="record-hand">
              <h3 id="record-hand">{words.byHand}</h3>
              <div class="row">
                <button type="button" aria-pressed={decided() === "pinned"} aria-keyshortcuts="p" onClick={() => decide("pinned")}>{words.pin}</button>
                <button type="button" aria-pressed={decided() === "excluded"} aria-keyshortcuts="x" onClick={() => decide("excluded")}>{words.exclude}</button>
              </div>
              <p class="quiet small">{isInstant(session.request().method) ? words.refills : words.refillsOnChoose}</p>
            </section>
            <section aria-labelledby="record-alike">
              <h3 id="record-alike">{words.alike}</h3>
              <Outcome of={neighbours.latest}>{(found) => <NeighbourList neighbours={found} />}</Outcome>
            </section>
          </Show>
        </div>
      </div>
    </article>
  );
}

function Facts(props: { explanation: Explanation }): JSX.Element {
  const words = t.explore.record;
  const facts = (): [string, string][] => {
    const scored = props.explanation.scored;
    if (scored === null) {
      return [];
    }
    const facts: [string, string][] = [
      [words.confidence, words.withShare(t.explore.confidence(scored.confidence), scored.confidence_above)],
      [words.entropy, words.withShare(t.explore.nats(scored.entropy), scored.entropy_above)],
      [words.gate, words.withShare(t.explore.gate(scored.gate), scored.gate_above)],
      [words.cluster, words.rank(scored.cluster, scored.rank, scored.cluster_size)],
    ];
    if (scored.chosen !== null) {
      facts.push([words.quota, t.number(scored.chosen.quota)]);
    }
    if (scored.early_confidence !== null) {
      facts.push([words.early, t.explore.confidence(scored.early_confidence)]);
    }
    if (scored.alignment_margin !== null) {
      facts.push([words.alignment, t.explore.confidence(scored.alignment_margin)]);
    }
    return facts;
  };
  return (
    <dl class="facts">
      <For each={facts()}>
        {([name, value]) => (
          <>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </>
        )}
      </For>
    </dl>
  );
}

/** What a call gave, or the words of what it failed with. */
type Attempt<T> = { value: T } | { problem: string };

async function attempt<T>(call: Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await call };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

function valueOf<T>(attempt: Attempt<T> | undefined): T | undefined {
  return attempt !== undefined && "value" in attempt ? attempt.value : undefined;
}

function Outcome<T extends string | Explanation | Neighbours>(props: {
  of: Attempt<T> | undefined;
  children: (value: T) => JSX.Element;
}): JSX.Element {
  return (
    <Show when={props.of} fallback={<p class="quiet">{t.explore.coming}</p>} keyed>
      {(of) => ("value" in of ? props.children(of.value) : <p class="notice">{of.problem}</p>)}
    </Show>
  );
}
