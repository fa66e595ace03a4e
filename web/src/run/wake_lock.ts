// Keeps the screen, and with it a phone, awake while a run goes on.

import { createEffect, onCleanup } from "solid-js";

/** Holds a wake lock while `isNeeded`, where the browser has such locks. It gives them up with every hidden tab. */
export function keepAwake(isNeeded: () => boolean): void {
  let lock: WakeLockSentinel | undefined;
  let isAsking = false;

  const adjust = async (): Promise<void> => {
    if (!isNeeded()) {
      const held = lock;
      lock = undefined;
      await held?.release();
      return;
    }
    if (isAsking || (lock !== undefined && !lock.released) || document.visibilityState !== "visible") {
      return;
    }
    isAsking = true;
    try {
      lock = await navigator.wakeLock.request("screen");
    } catch {
      // Low battery, or a policy of the system: the run goes on all the same.
    } finally {
      isAsking = false;
    }
    if (!isNeeded()) {
      await adjust();
    }
  };

  if (!("wakeLock" in navigator)) {
    return;
  }
  const again = (): void => void adjust();
  createEffect(() => {
    isNeeded();
    again();
  });
  document.addEventListener("visibilitychange", again);
  onCleanup(() => {
    document.removeEventListener("visibilitychange", again);
    void lock?.release();
  });
}
