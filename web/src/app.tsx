// The page: its frame, and what stands in it in which phase.

import { createEffect, lazy, onCleanup, onMount, Show, Suspense, type JSX } from "solid-js";

import { AddressNotice } from "./address/address_notice";
import { followAddress, openedWith } from "./address/follow_address";
import type { AddressSettings } from "./address/read_address";
import { DataStep } from "./data/data_step";
import { learnServed } from "./data/setup/served_parts";
import { t } from "./messages";
import { keepForOffline } from "./offline/install";
import { keepRestWhenQuiet } from "./offline/keep_rest";
import { PageHeader } from "./page_header";
import { ProblemNotice } from "./problem_notice";
import { RunStep } from "./run/run_step";
import { SessionContext } from "./session/context";
import { createSession, type Session } from "./session/session";
import { missingHere, type Missing } from "./support";
import { Unsupported } from "./unsupported";

// What is of use after a run alone is fetched then.
const ExploreStep = lazy(() => import("./explore/explore_step"));
const TakeStep = lazy(() => import("./take/take_step"));

/** The whole page. */
export function App(): JSX.Element {
  const missing = missingHere();
  return missing.length > 0 ? <Unsupported missing={missing satisfies Missing[]} /> : <Page />;
}

function Page(): JSX.Element {
  const opened = openedWith();
  const session = createSession(opened);
  const address = followAddress(session, opened);
  onMount(() => {
    whenIdle(() => void makeReady(session, opened));
    keepForOffline();
  });
  createEffect(() => {
    if (["empty", "ready", "scored"].includes(session.phase()) && session.choosing() === undefined) {
      onCleanup(keepRestWhenQuiet());
    }
  });
  return (
    <SessionContext.Provider value={session}>
      <a class="out-of-sight skip" href="#content">{t.app.skip}</a>
      <PageHeader />
      <main id="content" tabindex="-1">
        <ProblemNotice />
        <AddressNotice address={address} />
        <DataStep wantsDemo={opened.wantsDemo} />
        <Show when={session.input() !== undefined}>
          <RunStep />
        </Show>
        <Show when={session.scores() !== undefined}>
          <Suspense>
            <div id="explore" class="step" tabindex="-1">
              <ExploreStep />
            </div>
            <div id="take" class="step" tabindex="-1">
              <TakeStep />
            </div>
          </Suspense>
        </Show>
      </main>
    </SessionContext.Provider>
  );
}

/** Takes what the server has, where the address decides nothing, and has the program loaded before it is needed. */
async function makeReady(session: Session, { decided, suggestions }: AddressSettings): Promise<void> {
  const { encoder, selector } = await learnServed();
  const { setup } = session;
  const isUndecided = decided.size === 0 && suggestions.length === 0;
  const isUntouched = isUndecided && setup().encoder.from === "demo" && setup().selector.from === "demo";
  if (isUntouched && (encoder !== undefined || selector !== undefined)) {
    // An encoder may be hundreds of megabytes: it is fetched when there is data to encode.
    await session.change(
      {
        ...(encoder === undefined ? {} : { encoder: { from: "server", ...encoder } }),
        ...(selector === undefined ? {} : { selector: { from: "server", ...selector } }),
      },
      { isLater: true },
    );
  } else if (setup().encoder.from === "demo") {
    await session.prepare();
  }
}

function whenIdle(work: () => void): void {
  if ("requestIdleCallback" in window) {
    requestIdleCallback(work, { timeout: 2000 });
  } else {
    setTimeout(work, 200);
  }
}
