// An error as the page shows it.

import { OfaError, type ErrorCode } from "ofa";

/** What went wrong, and while doing what. */
export interface Problem {
  /** The package's code, or `unexpected` for what is a bug of the page. */
  code: ErrorCode | "unexpected";
  /** The package's own words: where it is, what was expected, what to do. */
  detail: string;
}

/** An error as a problem. `undefined` for a cancelled call, which is no problem. */
export function problemOf(error: unknown): Problem | undefined {
  if (error instanceof OfaError) {
    return error.code === "aborted" || error.code === "destroyed" ? undefined : { code: error.code, detail: error.message };
  }
  return { code: "unexpected", detail: error instanceof Error ? error.message : String(error) };
}
