// What was decided by hand, and how to undo it.

import { createEffect, createSignal, For, on, Show, type JSX } from "solid-js";

import { t } from "../../messages";
import { useSession } from "../../session/context";
import type { Request } from "../../session/request";
import { useExploration } from "../exploration";
import { constrain, type Constraint } from "./constraints";

type Decisions = Pick<Request, "pinned" | "excluded">;

/** Records that are listed; the rest is counted. */
const LISTED = 200;

/** The records that were pinned or excluded, with undo. */
export function ConstraintList(): JSX.Element {
  const session = useSession();
  const { open } = useExploration();
  const words = t.explore.byHand;
  const [before, setBefore] = createSignal<readonly Decisions[]>([]);
  let isUndoing = false;
  createEffect(
    on(
      () => [session.request().pinned, session.request().excluded] as const,
      (now, last) => {
        if (last === undefined || now.every((set, at) => set === last[at])) {
          return;
        }
        const [pinned, excluded] = last;
        if (!isUndoing) {
          setBefore((before) => [...before.slice(-99), { pinned, excluded }]);
        }
        isUndoing = false;
      },
    ),
  );
  const undo = (): void => {
    const last = before().at(-1);
    if (last !== undefined) {
      setBefore((before) => before.slice(0, -1));
      isUndoing = true;
      session.ask({ pinned: last.pinned, excluded: last.excluded });
    }
  };
  const listed = (): { position: number; constraint: Constraint }[] => {
    const { pinned, excluded } = session.request();
    return [
      ...Array.from(pinned, (position) => ({ position, constraint: "pinned" as const })),
      ...Array.from(excluded, (position) => ({ position, constraint: "excluded" as const })),
    ].slice(0, LISTED);
  };
  const count = (): number => session.request().pinned.size + session.request().excluded.size;
  return (
    <Show when={count() > 0 || before().length > 0}>
      <section class="card stack tight" aria-labelledby="by-hand-title">
        <div class="row between">
          <h3 id="by-hand-title">{words.title}</h3>
          <button type="button" disabled={before().length === 0} onClick={undo}>{words.undo}</button>
        </div>
        <Show when={count() > 0} fallback={<p class="quiet small">{words.none}</p>}>
          <ul class="by-hand">
            <For each={listed()}>
              {({ position, constraint }) => (
                <li class="row between">
                  <button type="button" class="plain" onClick={() => open(position)}>{words[constraint](position)}</button>
                  <button
                    type="button"
                    class="plain"
                    aria-label={words.release(position)}
                    onClick={() => constrain(session, position, undefined)}
                  >
                    ×
                  </button>
                </li>
              )}
            </For>
          </ul>
          <Show when={count() > LISTED}>
            <p class="quiet small">{words.more(count() - LISTED)}</p>
          </Show>
        </Show>
      </section>
    </Show>
  );
}
