// The errors of the package: one class, with a stable code for programs and words for people.

/**
 * Every value that {@link OfaError.code} can have.
 *
 * A code is never renamed; new ones may come.
 */
export const ERROR_CODES = [
  "aborted",
  "bad_option",
  "bad_dataset",
  "bad_encoder",
  "bad_selector",
  "bad_features",
  "bad_scores",
  "fingerprint_mismatch",
  "backend_unavailable",
  "encoder_failed",
  "self_check_failed",
  "device_lost",
  "storage_full",
  "storage_denied",
  "store_in_use",
  "download_failed",
  "hash_mismatch",
  "changed",
  "record_unusable",
  "busy",
  "destroyed",
  "unsupported",
  "internal",
] as const;

/** What kind of error it is. */
export type ErrorCode = (typeof ERROR_CODES)[number];

/** What an {@link OfaError} may carry beside its words. */
export interface OfaErrorOptions {
  /** What led to it. */
  cause?: unknown;
  /** Numbers and names for programs, such as `needed` and `available` bytes of `storage_full`. */
  details?: Readonly<Record<string, unknown>>;
}

/** An error of this package. Everything that it throws or rejects with is one. */
export class OfaError extends Error {
  /** What kind of error it is; stable. */
  readonly code: ErrorCode;
  /** Numbers and names for programs; which ones depends on the code. */
  readonly details: Readonly<Record<string, unknown>>;

  /** Makes an error of a kind. */
  constructor(code: ErrorCode, message: string, options: OfaErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "OfaError";
    this.code = code;
    this.details = options.details ?? {};
  }
}

/** An error as it goes from one thread to another: a class does not survive that. */
export interface PlainError {
  code: ErrorCode;
  message: string;
  details: Record<string, unknown>;
  stack?: string;
}

/** Whether a value is one of the codes. */
function isErrorCode(value: unknown): value is ErrorCode {
  return (ERROR_CODES as readonly unknown[]).includes(value);
}

/** What something that was thrown says. */
export function wordsOf(thrown: unknown): string {
  if (thrown instanceof Error) {
    return thrown.message === "" ? thrown.name : thrown.message;
  }
  if (typeof thrown === "object" && thrown !== null && "message" in thrown) {
    return String(thrown.message);
  }
  return String(thrown);
}

/** Whatever was thrown, as an error of this package; `otherwise` is the code where nothing says one. */
export function toOfaError(thrown: unknown, otherwise: ErrorCode = "internal"): OfaError {
  if (thrown instanceof OfaError) {
    return thrown;
  }
  const message = wordsOf(thrown);
  const { code } = (typeof thrown === "object" && thrown !== null ? thrown : {}) as { code?: unknown };
  return new OfaError(isErrorCode(code) ? code : (codeOfName(thrown) ?? otherwise), message, { cause: thrown });
}

/** The codes of errors that the browser itself throws. */
function codeOfName(thrown: unknown): ErrorCode | undefined {
  switch (thrown instanceof Error ? thrown.name : undefined) {
    case "AbortError":
      return "aborted";
    case "QuotaExceededError":
      return "storage_full";
    case "NotReadableError":
      return "changed";
    case "SecurityError":
      return "storage_denied";
    default:
      return undefined;
  }
}

/** An error, ready to be posted to another thread. */
export function toPlainError(thrown: unknown): PlainError {
  const { code, message, details, stack } = toOfaError(thrown);
  return { code, message, details: { ...details }, ...(stack === undefined ? {} : { stack }) };
}

/** An error that another thread posted. */
export function fromPlainError(plain: PlainError): OfaError {
  const error = new OfaError(plain.code, plain.message, { details: plain.details });
  if (plain.stack !== undefined) {
    // Where it came about says more than where it was taken out of a message.
    error.stack = plain.stack;
  }
  return error;
}

/** The error for work that a signal ended. */
export function abortedBy(signal: AbortSignal): OfaError {
  return new OfaError("aborted", "the work was cancelled; what was done up to the last whole shard is kept", {
    cause: signal.reason,
  });
}

/** Throws where a signal has ended the work. */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) {
    throw abortedBy(signal);
  }
}
