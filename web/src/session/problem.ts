// An error as the page shows it.

import { OfaError, type ErrorCode, type WebGpuLack } from "ofa";

import { t } from "../messages";

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

/** What was found, in the page's words where the package says it by a code, else in the package's. */
export function detailOf({ code, detail, details }: Omit<Problem, "during">): string {
  if (code === "record_unusable" && typeof details["reason"] === "string") {
    return t.problems.unusable(details["reason"], String(details["detail"]));
  }
  return code === "backend_unavailable" ? t.setup.backendReason(details["lack"] as WebGpuLack | undefined, detail) : detail;
}

/** An error where a result would stand: what it is, and what was found. */
export function inShort(error: unknown): string {
  const { code, message } = error instanceof OfaError ? error : { code: "unexpected" as const, message: wordsOf(error) };
  const details = error instanceof OfaError ? error.details : {};
  const detail = detailOf({ code, detail: message, details });
  return code === "record_unusable" ? detail : t.problems.inShort(t.problems.titles[code], detail);
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
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
  return { code: "unexpected", detail: wordsOf(error), details: {}, during };
}
