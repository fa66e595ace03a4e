// Asking the page's service worker for what it does not keep of its own accord.

import { KEEP_REST } from "./hand_over";

/** How long the page has to have had nothing to do, in milliseconds. */
const QUIET = 5_000;

/**
 * Has the worker keep the rest of the page: what reads and writes Parquet, and makes reports, some megabytes that most
 * visits never use. That waits until the page has had nothing to do for a while, since on a first visit it would share
 * the line and the processor with the dataset that is being opened; where the user saves data it waits for the first
 * use. To be called whenever it changes whether the page works; what is given back takes the request back.
 */
export function keepRestWhenQuiet(): () => void {
  const { connection } = navigator as { connection?: { saveData?: boolean } };
  if (!import.meta.env.PROD || !("serviceWorker" in navigator) || connection?.saveData === true) {
    return () => undefined;
  }
  let idle: number | undefined;
  let isTakenBack = false;
  const ask = async (): Promise<void> => {
    const { active } = await navigator.serviceWorker.ready;
    if (!isTakenBack) {
      active?.postMessage(KEEP_REST);
    }
  };
  const timer = setTimeout(() => {
    if ("requestIdleCallback" in window) {
      idle = requestIdleCallback(() => void ask());
    } else {
      void ask();
    }
  }, QUIET);
  return () => {
    isTakenBack = true;
    clearTimeout(timer);
    if (idle !== undefined) {
      cancelIdleCallback(idle);
    }
  };
}
