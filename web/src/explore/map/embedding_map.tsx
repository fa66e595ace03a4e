// The map: every scored record at a place that its features give it, the chosen ones marked.

import { createResource, createSignal, onCleanup, Show, type JSX } from "solid-js";

import { t } from "../../messages";
import { useSession } from "../../session/context";
import { useExploration } from "../exploration";
import { MapView } from "./map_view";
import { Places } from "./places";
import { UmapControl } from "./umap_control";
import "./map.css";

/** The map of the pool: principal components of all records, or UMAP of a sample. */
export default function EmbeddingMap(): JSX.Element {
  const session = useSession();
  const { pool } = useExploration();
  const words = t.explore.map;
  const [progress, setProgress] = createSignal<{ done: number; of: number }>();
  const [sample, setSample] = createSignal<Places>();
  const controller = new AbortController();
  onCleanup(() => {
    controller.abort();
    const made = projection.state === "ready" ? projection() : undefined;
    if (made !== undefined && "places" in made) {
      made.places.free();
    }
    sample()?.free();
  });
  const [projection] = createResource(async () => {
    try {
      const { coordinates, explained } = await session.selector().projection({
        signal: controller.signal,
        onProgress: (done, of) => setProgress({ done, of }),
      });
      return { places: await Places.of(coordinates), explained };
    } catch (error) {
      return { problem: error instanceof Error ? error.message : String(error) };
    }
  });
  return (
    <section class="card stack tight map" aria-labelledby="map-title">
      <h3 id="map-title">{words.title}</h3>
      <Show
        when={projection()}
        fallback={
          <div class="map-coming stack">
            <p class="quiet">{words.coming}</p>
            <progress
              aria-label={words.coming}
              max={Math.max(1, progress()?.of ?? 1)}
              {...(progress() === undefined ? {} : { value: progress()?.done ?? 0 })}
            />
          </div>
        }
        keyed
      >
        {(projection) =>
          "problem" in projection ? (
            <>
              <p class="quiet">{words.noMap}</p>
              <p class="notice">{projection.problem}</p>
            </>
          ) : (
            <>
              <p class="quiet small">
                <Show when={sample()} fallback={words.pcaMeans(pool.rows, ...projection.explained)}>
                  {(sample) => words.umapMeans(sample().points.rows.length)}
                </Show>
              </p>
              <Show when={sample() ?? projection.places} keyed>
                {(places) => <MapView places={places} more={<UmapControl sample={sample()} onSample={setSample} />} />}
              </Show>
            </>
          )
        }
      </Show>
    </section>
  );
}
