// Reads a choice that was made elsewhere: a list can be of hundreds of thousands, which takes too long for the page's own
// thread.

import { NotAChoice, readChoice, type ForeignChoice } from "./index_list";

/** What the worker tells: the choice, that the file says none, or why it could not be read. */
export type ChoiceTold = { choice: ForeignChoice } | { isNone: true } | { problem: string };

addEventListener("message", ({ data }: MessageEvent<File>) => {
  void read(data).catch((error: unknown) => {
    const problem = error instanceof Error ? error.message : String(error);
    postMessage(error instanceof NotAChoice ? { isNone: true } : ({ problem } satisfies ChoiceTold));
  });
});

async function read(file: File): Promise<void> {
  const choice = readChoice(file.name, await file.text());
  const moved = choice.kind === "positions" ? [choice.positions.buffer as ArrayBuffer] : [];
  postMessage({ choice } satisfies ChoiceTold, { transfer: moved });
}
