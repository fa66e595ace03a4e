// A choice that was made elsewhere, from a file.

import type { ChoiceTold } from "./choice.worker";
import { NotAChoice, type ForeignChoice } from "./index_list";

/**
 * Reads the choice that a file says. Fails with {@link NotAChoice} where it says none, and with the signal's reason where
 * that is given up.
 */
export function choiceIn(file: File, signal: AbortSignal): Promise<ForeignChoice> {
  signal.throwIfAborted();
  const worker = new Worker(new URL("./choice.worker.ts", import.meta.url), { type: "module", name: "a choice" });
  return new Promise<ForeignChoice>((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.onmessage = ({ data }: MessageEvent<ChoiceTold>) => {
      if ("choice" in data) {
        resolve(data.choice);
      } else {
        reject("isNone" in data ? new NotAChoice(file.name) : new Error(data.problem));
      }
    };
    worker.postMessage(file);
  }).finally(() => worker.terminate());
}
