// UMAP of a sample, on request.

import { createSignal, onCleanup, Show, type JSX } from "solid-js";

import { t } from "../../messages";
import { useSession } from "../../session/context";
import { useExploration } from "../exploration";
import { Places } from "./places";
import { sampleRows } from "./points";
import type { UmapOrder, UmapTold } from "./umap.worker";

/** Records of the sample: UMAP in JavaScript takes some seconds for these, and minutes for ten times as many. */
const SAMPLE = 3000;
const SEED = 42;

/** Starts UMAP, shows how far it is, cancels it, and goes back to all records. */
export function UmapControl(props: {
  sample: Places | undefined;
  onSample: (sample: Places | undefined) => void;
}): JSX.Element {
  const session = useSession();
  const { pool } = useExploration();
  const words = t.explore.map;
  const [progress, setProgress] = createSignal<{ done: number; of: number }>();
  let worker: Worker | undefined;
  const stop = (): void => {
    worker?.terminate();
    worker = undefined;
    setProgress(undefined);
  };
  onCleanup(() => worker?.terminate());

  const start = async (): Promise<void> => {
    stop();
    setProgress({ done: 0, of: 0 });
    const mine = new Worker(new URL("./umap.worker.ts", import.meta.url), { type: "module", name: "umap" });
    worker = mine;
    const rows = sampleRows(pool.rows, SAMPLE);
    mine.onerror = () => {
      session.reportProblem(new Error(words.umapFailed));
      stop();
    };
    mine.onmessage = ({ data }: MessageEvent<UmapTold>) => {
      if ("coordinates" in data) {
        stop();
        void Places.of(data.coordinates, rows).then(props.onSample);
      } else if ("problem" in data) {
        session.reportProblem(new Error(data.problem));
        stop();
      } else {
        setProgress(data);
      }
    };
    try {
      const { files } = await session.selector().export({ format: "features" });
      mine.postMessage({ files, rows, seed: SEED } satisfies UmapOrder);
    } catch (error) {
      session.reportProblem(error);
      stop();
    }
  };

  return (
    <Show
      when={progress()}
      fallback={
        <Show
          when={props.sample === undefined}
          fallback={<button type="button" onClick={() => props.onSample(undefined)}>{words.backToAll}</button>}
        >
          <button type="button" onClick={() => void start()}>{words.umap(Math.min(SAMPLE, pool.rows))}</button>
        </Show>
      }
    >
      {(progress) => (
        <div class="row">
          <progress
            aria-label={words.umapRuns}
            max={Math.max(1, progress().of)}
            {...(progress().of > 0 ? { value: progress().done } : {})}
          />
          <button type="button" onClick={stop}>{words.cancel}</button>
        </div>
      )}
    </Show>
  );
}
