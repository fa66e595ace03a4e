// A record's page: what it says, what the scores say of it, why it is in or out, and what is like it.

import { createEffect, For, onCleanup, Show, type JSX } from "solid-js";

import type { Explanation, Neighbours } from "ofa";

import { t } from "../../messages";
import { rowOf } from "../../session/chosen";
import { useSession } from "../../session/context";
import { isInstant } from "../../session/request";
import { useExploration, type Walk } from "../exploration";
import { attempt, loaded, type Attempt } from "../loaded";
import { CHOSEN, NEAR_MISS } from "../pool/standing";
import { constraintOf, toggleConstraint, type Constraint } from "./constraints";
import { Conversation } from "./conversation_view";
import { NeighbourList } from "./neighbour_list";
import { reasonsOf } from "./reason";
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
      <Show when={opened() !== undefined}>
        <article class="stack">
          <RecordHeader position={opened() as number} />
          <Show when={{ position: opened() as number }} keyed>
            {({ position }) => <RecordBody position={position} />}
          </Show>
        </article>
      </Show>
    </dialog>
  );
}

/** What stays while one goes from record to record, so that the keyboard stays where it is. */
function RecordHeader(props: { position: number }): JSX.Element {
  const session = useSession();
  const { scores, standing, open, close, walk } = useExploration();
  const words = t.explore.record;
  const row = (): number | undefined => rowOf(scores, props.position);
  const isChosen = (): boolean => standing().of[row() ?? -1] === CHOSEN;
  const status = (): string => {
    const of = row();
    if (of === undefined) {
      return words.noScore;
    }
    const is = standing().of[of];
    return is === CHOSEN ? words.isChosen : is === NEAR_MISS ? words.isNear : words.isLeftOut;
  };
  /** The record after, in what was walked through; else in the dataset. */
  const next = (by: number): { position: number; among: Walk | undefined } | undefined => {
    const now = walk();
    if (now !== undefined) {
      const at = now.at + by;
      const position = now.positions[at];
      return position === undefined ? undefined : { position, among: { positions: now.positions, at } };
    }
    const position = props.position + by;
    return position < 0 || position >= (session.dataset()?.records ?? 0) ? undefined : { position, among: undefined };
  };
  const step = (by: number): void => {
    const to = next(by);
    if (to !== undefined) {
      open(to.position, to.among);
    }
  };
  const decide = (constraint: Constraint): void => {
    if (row() !== undefined) {
      toggleConstraint(session, props.position, constraint);
    }
  };
  const actions: Record<string, () => void> = {
    ArrowRight: () => step(1),
    ArrowLeft: () => step(-1),
    p: () => decide("pinned"),
    x: () => decide("excluded"),
  };
  const onKey = (event: KeyboardEvent): void => {
    const action = actions[event.key];
    const isElsewhere = (event.target as Element).closest("input, select, textarea, pre") !== null;
    if (action !== undefined && !isElsewhere && !event.altKey && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      action();
    }
  };
  window.addEventListener("keydown", onKey);
  onCleanup(() => window.removeEventListener("keydown", onKey));
  return (
    <header class="row between">
      <div>
        <h2 id="record-title">{words.title(props.position)}</h2>
        <p class="status small" classList={{ "is-chosen": isChosen() }} role="status">{status()}</p>
      </div>
      <div class="row">
        <button type="button" aria-disabled={next(-1) === undefined} onClick={() => step(-1)} aria-keyshortcuts="ArrowLeft">{words.previous}</button>
        <button type="button" aria-disabled={next(1) === undefined} onClick={() => step(1)} aria-keyshortcuts="ArrowRight">{words.next}</button>
        <button type="button" onClick={close} autofocus>{words.close}</button>
      </div>
    </header>
  );
}

function RecordBody(props: { position: number }): JSX.Element {
  const session = useSession();
  const { scores, chosen } = useExploration();
  const words = t.explore.record;
  const { position } = props;
  const row = rowOf(scores, position);
  const selector = session.selector();
  const record = loaded(
    () => position,
    () => attempt(selector.record(position)),
  );
  const explanation = loaded(
    // Another choice is another reason.
    () => chosen() ?? "none",
    () => attempt(selector.explain(position, { neighbours: 0 })),
  );
  const neighbours = loaded(
    () => row,
    () => attempt(selector.neighbours(position, { count: 8 })),
  );
  const decided = (): Constraint | undefined => constraintOf(session, position);
  return (
    <div class="columns">
      <div class="stack">
        <RecordImages position={position} />
        <Outcome of={record()}>{(text) => <Conversation text={text} />}</Outcome>
      </div>
      <div class="stack">
        <section class="stack tight" aria-labelledby="record-why">
          <h3 id="record-why">{words.why}</h3>
          <Outcome of={explanation()}>
            {(explanation) => (
              <>
                <p class="said">{reasonsOf(explanation).join("\n")}</p>
                <Facts explanation={explanation} />
              </>
            )}
          </Outcome>
        </section>
        <Show when={row !== undefined}>
          <section class="stack tight" aria-labelledby="record-hand">
            <h3 id="record-hand">{words.byHand}</h3>
            <div class="row">
              <For each={CONSTRAINTS}>
                {([constraint, name, key]) => (
                  <button
                    type="button"
                    aria-pressed={decided() === constraint}
                    aria-keyshortcuts={key}
                    onClick={() => toggleConstraint(session, position, constraint)}
                  >
                    {words[name]}
                  </button>
                )}
              </For>
            </div>
            <p class="quiet small">{isInstant(session.request().method) ? words.refills : words.refillsOnChoose}</p>
          </section>
          <section class="stack tight" aria-labelledby="record-alike">
            <h3 id="record-alike">{words.alike}</h3>
            <Outcome of={neighbours()}>{(found) => <NeighbourList neighbours={found} />}</Outcome>
          </section>
        </Show>
      </div>
    </div>
  );
}

const CONSTRAINTS = [
  ["pinned", "pin", "p"],
  ["excluded", "exclude", "x"],
] as const satisfies readonly [Constraint, "pin" | "exclude", string][];

function Facts(props: { explanation: Explanation }): JSX.Element {
  const words = t.explore.record;
  const facts = (): [string, string][] => {
    const { id, scored } = props.explanation;
    const known: [string, string][] = id === null ? [] : [[words.id, id]];
    if (scored === null) {
      return known;
    }
    const facts: [string, string][] = [
      ...known,
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
