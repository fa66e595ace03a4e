// Requests to where an encoder lies, and what their answers mean.

import { OfaError, wordsOf } from "../errors.js";
import { shown } from "./address.js";

/** How long to wait before a request that failed on its way is made again, in milliseconds. */
const RETRY_DELAYS = [500, 2000];

/** A failure that may be gone a moment later: of the network, or of a server in trouble. */
export class Transient extends Error {
  constructor(readonly failure: OfaError) {
    super(failure.message);
  }
}

/**
 * Asks for a file or some of its bytes.
 *
 * Nothing goes along that tells who asks or from which page.
 *
 * @throws Transient when no answer came.
 */
export async function ask(address: URL, signal: AbortSignal | undefined, range?: string): Promise<Response> {
  try {
    return await fetch(address, {
      // The encoder is kept by this package: twice on the disk would be once too often.
      cache: "no-store",
      credentials: "same-origin",
      referrerPolicy: "no-referrer",
      // A single range needs no permission from another origin's server, `If-Range` does; a file
      // that changed is told by the answer instead.
      ...(range === undefined ? {} : { headers: { Range: range } }),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (cause) {
    signal?.throwIfAborted();
    throw new Transient(
      new OfaError(
        "download_failed",
        `${shown(address)}: no answer came (${wordsOf(cause)}); check the connection, and, where it is ` +
          "another site than the page's, that its server allows requests from other origins (CORS)",
        { cause },
      ),
    );
  }
}

/** Repeats what failed in a way that may be gone a moment later. */
export async function persistently<T>(signal: AbortSignal | undefined, attempt: () => Promise<T>): Promise<T> {
  for (let nth = 0; ; nth++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Transient)) {
        throw error;
      }
      const delay = RETRY_DELAYS[nth];
      if (delay === undefined) {
        throw error.failure;
      }
      await pause(delay, signal);
    }
  }
}

/** Whether a server says that there is no such file. */
export function isAbsent(response: Response): boolean {
  return response.status === 404 || response.status === 410;
}

/** The error for a file that is not there. */
export function absent(address: URL, { status }: Response): OfaError {
  return new OfaError("download_failed", `${shown(address)}: ${statusMeaning(status)}`);
}

/** Whether an answer is a web page: some servers give one for every path that they do not know. */
export function isPage(response: Response): boolean {
  const type = response.headers.get("content-type")?.toLowerCase() ?? "";
  return response.ok && (type.startsWith("text/html") || type.startsWith("application/xhtml"));
}

/** Lets go of an answer whose bytes are not wanted. */
export async function discard(response: Response): Promise<void> {
  // A body that has failed already cannot be cancelled, and need not be.
  await response.body?.cancel().catch(() => undefined);
}

/** What is wrong with an answer whose status is none of success. */
export function refusal(address: URL, response: Response): OfaError | Transient {
  const { status } = response;
  const failure = new OfaError("download_failed", `${shown(address)}: ${statusMeaning(status)}`);
  return status >= 500 || status === 408 || status === 429 ? new Transient(failure) : failure;
}

/** The error for a web page that came in a file's place. */
export function pageInstead(address: URL): OfaError {
  return new OfaError(
    "download_failed",
    `${shown(address)}: expected a file of an encoder, found a web page (HTML); give the address of the ` +
      "folder that holds config.json, not of a page about it",
  );
}

function statusMeaning(status: number): string {
  switch (status) {
    case 401:
      return (
        "the server wants to know who asks (401); the model may be gated or private: download it with " +
        "`ofa pull` and give its files, or serve them yourself"
      );
    case 403:
      return (
        "the server refuses to give it (403); check that the folder is public. Some stores answer so for a " +
        "file that is not there, unless its list is public: a folder that `ofa export-encoder` wrote needs no list"
      );
    case 404:
    case 410:
      return `there is no such file (${status}); give the address of the folder that holds config.json`;
    case 429:
      return "the server has had too many requests (429); try again later";
    default:
      return status >= 500
        ? `the server failed (${status}); try again later`
        : `expected an answer of status 200 or 206, found ${status}`;
  }
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", stop, { once: true });
    if (signal?.aborted === true) {
      stop();
    }
  });
}
