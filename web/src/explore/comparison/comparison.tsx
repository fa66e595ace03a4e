// The subset beside another one: a random one of its size, or one that was made elsewhere.

import { createEffect, createMemo, createSignal, on, onCleanup, Show, type JSX } from "solid-js";

import { t } from "../../messages";
import { useSession } from "../../session/context";
import { useExploration } from "../exploration";
import { choiceIn } from "./choice_file";
import { NotAChoice } from "./index_list";
import { optionsOf, positionsIn } from "./manifest_request";
import { overlapOf } from "./overlap";
import { OverlapTables } from "./overlap_tables";
import "./comparison.css";

/** What the subset is compared with. */
interface Other {
  kind: "random" | "file";
  name: string;
  rows: Uint8Array;
  /** What has to be known of it. */
  remarks: string[];
}

/** The comparison. */
export function Comparison(): JSX.Element {
  const session = useSession();
  const { pool, chosen, standing } = useExploration();
  const words = t.explore.comparison;
  const [other, setOther] = createSignal<Other>();
  const [busy, setBusy] = createSignal<{ done: number; of: number }>();
  const [complaint, setComplaint] = createSignal<string>();
  const [isOver, setIsOver] = createSignal(false);
  let controller: AbortController | undefined;
  onCleanup(() => controller?.abort());

  /** Prevented, so that the page knows that what is dragged goes here. */
  const over = (event: DragEvent): void => {
    event.preventDefault();
    setIsOver(true);
  };

  /** One comparison at a time; the last one that was asked for. */
  const compare = async (make: (signal: AbortSignal) => Promise<Other>): Promise<void> => {
    controller?.abort();
    const mine = new AbortController();
    controller = mine;
    setComplaint(undefined);
    try {
      const made = await make(mine.signal);
      if (controller === mine) {
        setOther(made);
      }
    } catch (error) {
      if (error instanceof NotAChoice) {
        setComplaint(words.notAChoice(error.message));
      } else if (!mine.signal.aborted) {
        session.reportProblem(error);
      }
    } finally {
      if (controller === mine) {
        setBusy(undefined);
      }
    }
  };
  const withRandom = (): Promise<void> =>
    compare(async (signal) => {
      const { alignmentFilter, textOnly, seed } = session.request();
      const count = Math.max(1, standing().chosen);
      // Without quotas: what choosing at random from the whole pool makes.
      const { positions } = await session
        .selector()
        .select({ count, method: "random", seed, quotas: false, alignmentFilter, textOnly, aside: true, signal });
      return { kind: "random", name: words.random(seed), rows: (await pool.rowsOf(positions)).rows, remarks: [] };
    });
  const withFile = (file: File): Promise<void> =>
    compare(async (signal) => {
      setBusy({ done: 0, of: 0 });
      const choice = await choiceIn(file, signal);
      const remarks: string[] = [];
      let positions: Iterable<number>;
      if (choice.kind === "positions") {
        positions = choice.positions;
      } else if (choice.kind === "ids") {
        const onProgress = (done: number, of: number): void => void setBusy({ done, of });
        const found = await session.selector().findIds(choice.ids, { signal, onProgress });
        positions = found.positions;
        if (found.unknown > 0) {
          remarks.push(words.unknownIds(found.unknown));
        }
      } else {
        const { manifest } = choice;
        const fingerprints = manifest["fingerprints"] as { dataset?: unknown } | undefined;
        if (typeof fingerprints?.dataset === "string" && fingerprints.dataset !== session.dataset()?.fingerprint) {
          remarks.push(words.otherDataset);
        }
        const named = positionsIn(manifest);
        const options = optionsOf(manifest);
        if (named === undefined && options === undefined) {
          throw new NotAChoice(file.name);
        }
        const again = named ?? (await session.selector().select({
          ...(options as NonNullable<typeof options>),
          aside: true,
          signal,
          onProgress: (done, of) => setBusy({ done, of }),
        })).positions;
        if (named === undefined) {
          remarks.push(words.chosenAgain);
        }
        positions = again;
      }
      const { rows, without } = await pool.rowsOf(Float64Array.from(positions));
      if (without > 0) {
        remarks.push(words.withoutScore(without));
      }
      return { kind: "file", name: file.name, rows, remarks };
    });

  // A random subset is of the subset's size, so it follows. After a while, since a slider moves in many small steps.
  createEffect(
    on(
      chosen,
      () => {
        if (other()?.kind === "random") {
          const later = setTimeout(() => void withRandom(), 250);
          onCleanup(() => clearTimeout(later));
        }
      },
      { defer: true },
    ),
  );
  const overlap = createMemo(() => {
    const second = other()?.rows;
    return chosen() === undefined || second === undefined ? undefined : overlapOf(standing().of, second);
  });

  return (
    <section
      class="card stack comparison"
      classList={{ "is-over": isOver() }}
      aria-labelledby="comparison-title"
      onDragEnter={over}
      onDragOver={over}
      onDragLeave={() => setIsOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setIsOver(false);
        const [file] = event.dataTransfer?.files ?? [];
        if (file !== undefined) {
          void withFile(file);
        }
      }}
    >
      <h3 id="comparison-title">{words.title}</h3>
      <p class="quiet small">{words.means}</p>
      <div class="row">
        <button type="button" onClick={() => void withRandom()}>{words.withRandom}</button>
        <label class="button">
          {words.withFile}
          <input
            type="file"
            class="out-of-sight"
            accept=".txt,.json,.jsonl,.csv,.ids"
            onChange={(event) => {
              const [file] = event.currentTarget.files ?? [];
              event.currentTarget.value = "";
              if (file !== undefined) {
                void withFile(file);
              }
            }}
          />
        </label>
        <Show when={other()}>
          <button type="button" class="plain" onClick={() => setOther(undefined)}>{words.end}</button>
        </Show>
      </div>
      <p role="alert" class="complaint small">{complaint()}</p>
      <Show when={busy()}>
        {(busy) => (
          <div class="row">
            <progress aria-label={words.reading} max={Math.max(1, busy().of)} value={busy().done} />
            <button type="button" onClick={() => {
              controller?.abort();
              setBusy(undefined);
            }}>{words.cancel}</button>
          </div>
        )}
      </Show>
      <Show when={other()}>
        {(other) => (
          <Show when={overlap()}>
            {(overlap) => (
              <>
                <p role="status">{words.says(other().name, overlap())}</p>
                <Show when={other().remarks.length > 0}>
                  <p class="notice small">{other().remarks.join(" ")}</p>
                </Show>
                <OverlapTables rows={other().rows} name={other().name} />
              </>
            )}
          </Show>
        )}
      </Show>
    </section>
  );
}
