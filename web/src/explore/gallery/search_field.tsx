// Search in the records' text.

import { createSignal, onCleanup, Show, type JSX } from "solid-js";

import { rowOf } from "../../session/chosen";
import { t } from "../../messages";
import { useSession } from "../../session/context";
import { useExploration } from "../exploration";

/** A field that searches all records once it is sent off; the search can be ended. */
export function SearchField(): JSX.Element {
  const session = useSession();
  const { pool, scores, narrow } = useExploration();
  const words = t.explore.search;
  const [progress, setProgress] = createSignal<{ done: number; of: number }>();
  const [found, setFound] = createSignal<string>("");
  let controller: AbortController | undefined;
  onCleanup(() => controller?.abort());

  const search = async (text: string): Promise<void> => {
    controller?.abort();
    if (text.trim() === "") {
      narrow({ found: undefined });
      setFound("");
      return;
    }
    const mine = new AbortController();
    controller = mine;
    setProgress({ done: 0, of: 0 });
    try {
      const positions = await session.selector().search(text.trim(), {
        signal: mine.signal,
        onProgress: (done, of) => controller === mine && setProgress({ done, of }),
      });
      const rows = new Uint8Array(pool.rows);
      let count = 0;
      for (const position of positions) {
        const row = rowOf(scores, position);
        if (row !== undefined) {
          rows[row] = 1;
          count += 1;
        }
      }
      narrow({ found: { text: text.trim(), rows, count } });
      setFound(words.found(positions.length, positions.length - count));
    } catch (error) {
      session.reportProblem(error);
    } finally {
      if (controller === mine) {
        setProgress(undefined);
      }
    }
  };

  return (
    <form
      role="search"
      class="row search"
      onSubmit={(event) => {
        event.preventDefault();
        void search(String(new FormData(event.currentTarget).get("text") ?? ""));
      }}
    >
      <input type="search" name="text" aria-label={words.label} placeholder={words.label} onInput={(event) => {
        if (event.currentTarget.value === "") {
          void search("");
        }
      }} />
      <Show when={progress()} fallback={<button type="submit">{words.go}</button>}>
        {(progress) => (
          <>
            <progress aria-label={words.searching} max={Math.max(1, progress().of)} value={progress().done} />
            <button type="button" onClick={() => controller?.abort()}>{words.cancel}</button>
          </>
        )}
      </Show>
      <span role="status" class="quiet small">{found()}</span>
    </form>
  );
}
