// An error as the page shows it.

import { OfaError, type ErrorCode } from "ofa";

/** What was being done when it went wrong, as far as what to do about it depends on that. */
export type During = "setup" | "open" | "features" | "check" | "run" | "choice" | "other";

/** What went wrong, and while doing what. */
export interface Problem {
  /** The package's code, or `unexpected` for what is a bug of the page. */
  code: ErrorCode | "unexpected";
  /** The package's own words: where it is, what was expected, what to do. */
  detail: string;
  /** Numbers and names beside the words, such as `needed` bytes of `storage_full`. */
  details: Readonly<Record<string, unknown>>;
  during: During;
}

/** An error as a problem. `undefined` for a cancelled call, which is no problem. */
export function problemOf(error: unknown, during: During = "other"): Problem | undefined {
  if (error instanceof OfaError) {
    const { code, message: detail, details } = error;
    return code === "aborted" || code === "destroyed" ? undefined : { code, detail, details, during };
  }
  if (error instanceof DOMException && error.name === "AbortError") {
    return undefined;
  }
  const detail = error instanceof Error ? error.message : String(error);
  return { code: "unexpected", detail, details: {}, during };
}
