// One saving at a time: how far it is, how it ended, and how it is ended.

import { createSignal, onCleanup, type Accessor } from "solid-js";

import { OfaError } from "ofa";

import { eachFrame } from "../session/each_frame";
import { save, type Output } from "./save/save";
import type { Telling } from "./outputs";

/** What went wrong, as far as what to do about it depends on that. */
export type SaveProblem = { kind: "full" | "denied" | "gone" | "other"; detail: string };

/** How a saving is. */
export type SavingState =
  | { is: "none" }
  | { is: "going"; name: string; bytes: number; of: number | undefined; files: number; leftOut: number }
  | { is: "saved"; name: string; bytes: number; leftOut: number }
  | { is: "cancelled"; name: string }
  | { is: "failed"; name: string; problem: SaveProblem };

/** The saving of the page. */
export interface Saving {
  state: Accessor<SavingState>;
  isGoing: Accessor<boolean>;
  /** Begins one. Has to be called in the user's click. */
  begin(make: (telling: Telling) => Output): Promise<void>;
  cancel(): void;
}

/** Makes it. It ends with its component. */
export function createSaving(): Saving {
  const [state, setState] = createSignal<SavingState>({ is: "none" });
  let controller: AbortController | undefined;
  onCleanup(() => controller?.abort());

  const begin = async (make: (telling: Telling) => Output): Promise<void> => {
    // One at a time. The buttons stay where the focus is, and do nothing meanwhile.
    if (state().is === "going") {
      return;
    }
    const own = new AbortController();
    controller = own;
    const far = { bytes: 0, of: undefined as number | undefined, files: 0, leftOut: 0 };
    let name = "";
    const show = (state: SavingState): void => {
      if (controller === own) {
        setState(state);
      }
    };
    const screen = eachFrame(() => show({ is: "going", name, ...far }));
    try {
      const output = make({
        onFiles: (files) => {
          far.files = files;
          screen.ask();
        },
        onLeftOut: () => {
          far.leftOut += 1;
          screen.ask();
        },
      });
      name = output.name;
      show({ is: "going", name, ...far });
      name = await save(output, {
        signal: own.signal,
        onBytes: (bytes, of) => {
          Object.assign(far, { bytes, of });
          screen.ask();
        },
      });
      screen.flush();
      show({ is: "saved", name, bytes: far.bytes, leftOut: far.leftOut });
    } catch (error) {
      screen.flush();
      show(isAbort(error) || own.signal.aborted ? { is: "cancelled", name } : { is: "failed", name, problem: problemOf(error) });
    }
  };

  return {
    state,
    isGoing: () => state().is === "going",
    begin,
    cancel: () => controller?.abort(),
  };
}

function isAbort(error: unknown): boolean {
  return (error instanceof OfaError && error.code === "aborted") || (error instanceof DOMException && error.name === "AbortError");
}

function problemOf(error: unknown): SaveProblem {
  const detail = error instanceof Error ? error.message : String(error);
  const name = error instanceof DOMException ? error.name : error instanceof OfaError ? error.code : "";
  switch (name) {
    case "QuotaExceededError":
    case "storage_full":
      return { kind: "full", detail };
    case "NotAllowedError":
    case "SecurityError":
    case "NoModificationAllowedError":
      return { kind: "denied", detail };
    case "NotFoundError":
    case "NotReadableError":
    case "changed":
      return { kind: "gone", detail };
    default:
      return { kind: "other", detail };
  }
}
