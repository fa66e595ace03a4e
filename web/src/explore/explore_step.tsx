// What was scored, laid open: the budget, what it makes of the pool, and every record.

import { createSignal, lazy, Show, Suspense, type JSX } from "solid-js";

import { t } from "../messages";
import { useSession } from "../session/context";
import { Afterwards } from "./afterwards";
import { BudgetPanel } from "./budget/budget_panel";
import { Comparison } from "./comparison/comparison";
import { ExplorationProvider } from "./exploration";
import { Gallery } from "./gallery/gallery";
import { ThumbnailsProvider } from "./gallery/thumbnails_context";
import { ConfidenceHistogram } from "./histogram/confidence_histogram";
import { loaded } from "./loaded";
import { Clusters } from "./parts/clusters";
import { SourceFolders } from "./parts/source_folders";
import { poolOf } from "./pool/pool";
import { ConstraintList } from "./record/constraint_list";
import { RecordDialog } from "./record/record_dialog";
import "./explore.css";

// WebGL and the index of places are of use here alone.
const EmbeddingMap = lazy(() => import("./map/embedding_map"));

/** The exploration of the scores that there are. */
export default function ExploreStep(): JSX.Element {
  const session = useSession();
  const pool = loaded(session.scores, async (scores, signal) => {
    try {
      const made = await poolOf(scores);
      if (signal.aborted) {
        made.free();
      }
      return made;
    } catch (error) {
      session.reportProblem(error);
      return undefined;
    }
  });
  return (
    <section class="explore" aria-labelledby="explore-title">
      <h2 id="explore-title">{t.explore.title}</h2>
      <Show when={pool()} fallback={<p class="quiet" role="status">{t.explore.preparing}</p>} keyed>
        {(pool) => (
          <ExplorationProvider pool={pool}>
            <ThumbnailsProvider>
              <div class="explore-columns">
                <div class="stack aside">
                  <BudgetPanel />
                  <ConstraintList />
                </div>
                <div class="stack">
                  <div class="explore-pair">
                    <ConfidenceHistogram />
                    <Afterwards turns={1}>
                      <PartsCard />
                    </Afterwards>
                  </div>
                  <Afterwards turns={2}>
                    <Suspense fallback={<section class="card map-coming"><p class="quiet">{t.explore.coming}</p></section>}>
                      <EmbeddingMap />
                    </Suspense>
                  </Afterwards>
                  <Afterwards turns={3}>
                    <Gallery />
                  </Afterwards>
                  <Afterwards turns={4}>
                    <Comparison />
                  </Afterwards>
                </div>
              </div>
              <RecordDialog />
            </ThumbnailsProvider>
          </ExplorationProvider>
        )}
      </Show>
    </section>
  );
}

/** Clusters and sources, one at a time. */
function PartsCard(): JSX.Element {
  const words = t.explore.parts;
  const [kind, setKind] = createSignal<"clusters" | "sources">("clusters");
  return (
    <section class="card stack tight" aria-labelledby="parts-title">
      <div class="row between">
        <h3 id="parts-title">{words.title}</h3>
        <div class="row segments" role="group" aria-label={words.kinds}>
          <button type="button" aria-pressed={kind() === "clusters"} onClick={() => setKind("clusters")}>{words.clusters}</button>
          <button type="button" aria-pressed={kind() === "sources"} onClick={() => setKind("sources")}>{words.sources}</button>
        </div>
      </div>
      <p class="quiet small">{words.means}</p>
      <Show when={kind() === "clusters"} fallback={<SourceFolders />}>
        <Clusters />
      </Show>
    </section>
  );
}
