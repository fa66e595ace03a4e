// What went wrong, above everything else.

import { Show, type JSX } from "solid-js";

import { t } from "./messages";
import { useSession } from "./session/context";

/** The last problem, said aloud when it comes, until it is put away. */
export function ProblemNotice(): JSX.Element {
  const session = useSession();
  return (
    <div role="alert">
      <Show when={session.problem()}>
        {(problem) => (
          <div class="notice problem stack">
            <h2>{t.app.problem}</h2>
            <p>{problem().detail}</p>
            <div>
              <button type="button" onClick={() => session.dismissProblem()}>{t.app.dismiss}</button>
            </div>
          </div>
        )}
      </Show>
    </div>
  );
}
