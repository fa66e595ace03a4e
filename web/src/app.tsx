// The page: its frame, and what stands in it in which phase.

import { lazy, Show, Suspense, type JSX } from "solid-js";

import { DataStep } from "./data/data_step";
import { t } from "./messages";
import { ProblemNotice } from "./problem_notice";
import { RunStep } from "./run/run_step";
import { SessionContext } from "./session/context";
import { createSession } from "./session/session";

// What is of use after a run alone is fetched then.
const ExploreStep = lazy(() => import("./explore/explore_step"));
const TakeStep = lazy(() => import("./take/take_step"));

/** The whole page. */
export function App(): JSX.Element {
  const session = createSession();
  const hasData = (): boolean => !["empty", "opening"].includes(session.phase());
  return (
    <SessionContext.Provider value={session}>
      <a class="out-of-sight skip" href="#content">{t.app.skip}</a>
      <header class="bar">
        <h1>{t.app.title}</h1>
        <p class="quiet">{t.app.local}</p>
      </header>
      <main id="content" tabindex="-1">
        <ProblemNotice />
        <DataStep />
        <Show when={hasData()}>
          <RunStep />
        </Show>
        <Show when={session.scores() !== undefined}>
          <Suspense>
            <ExploreStep />
            <TakeStep />
          </Suspense>
        </Show>
      </main>
    </SessionContext.Provider>
  );
}
