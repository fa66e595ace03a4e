// The last run, in the browser's small storage, so that a visit after a reload can say what goes on.

const KEY = "ofa.lastRun";

/** The last run. */
export interface LastRun {
  /** The dataset's name. */
  dataset: string;
  records: number;
  /** Records that are kept. */
  kept: number;
  isComplete: boolean;
}

/** The last run, where one was noted. */
export function lastRun(): LastRun | undefined {
  try {
    const run: unknown = JSON.parse(localStorage.getItem(KEY) ?? "null");
    return isLastRun(run) ? run : undefined;
  } catch {
    return undefined;
  }
}

/** Notes a run. Where nothing can be stored, the next visit knows nothing of it. */
export function noteRun(run: LastRun): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(run));
  } catch {
    // Full, or denied.
  }
}

/** Forgets it. */
export function forgetRun(): void {
  try {
    localStorage.removeItem(KEY);
  } catch {
    // Denied: then nothing was noted either.
  }
}

function isLastRun(run: unknown): run is LastRun {
  const { dataset, records, kept, isComplete } = (typeof run === "object" && run !== null ? run : {}) as Partial<LastRun>;
  return typeof dataset === "string" && typeof records === "number" && typeof kept === "number" && typeof isComplete === "boolean";
}
