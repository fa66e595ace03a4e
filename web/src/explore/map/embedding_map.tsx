// The map: every scored record at a place that its features give it, the chosen ones marked.

import { createSignal, onCleanup, Show, type JSX } from "solid-js";

import { t } from "../../messages";
import { useSession } from "../../session/context";
import { useExploration } from "../exploration";
import { attempt, loaded } from "../loaded";
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
  /** Another canvas gets WebGL where the browser does not give it back to the one before. */
  const [nth, setNth] = createSignal(0);
  const project = async (signal: AbortSignal): Promise<{ places: Places; explained: [number, number] }> => {
    const onProgress = (done: number, of: number): void => void setProgress({ done, of });
    const { coordinates, explained } = await session.selector().projection({ signal, onProgress });
    return { places: await Places.of(coordinates), explained };
  };
  const projection = loaded(
    () => pool,
    (_, signal) => attempt(project(signal)),
  );
  onCleanup(() => {
    const made = projection();
    if (made !== undefined && "value" in made) {
      made.value.places.free();
    }
    sample()?.free();
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
                <Show when={sample()} fallback={words.pcaMeans(pool.rows, ...projection.value.explained)}>
                  {(sample) => words.umapMeans(sample().points.rows.length)}
                </Show>
              </p>
              <Show when={{ places: sample() ?? projection.value.places, nth: nth() }} keyed>
                {({ places }) => (
                  <MapView
                    places={places}
                    more={<UmapControl sample={sample()} onSample={setSample} />}
                    onRemake={() => setNth((nth) => nth + 1)}
                  />
                )}
              </Show>
            </>
          )
        }
      </Show>
    </section>
  );
}
