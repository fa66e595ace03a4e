// The records that have given ids. Only the records themselves say their ids, so each one is read.

import type { Selector } from "ofa";

import { parseRecord } from "../record/conversation";

/** Records that are asked for at the same time, so that neither thread waits for the other. */
const AT_ONCE = 128;

/** Positions of the records that have one of the ids. An id that several records have stands for all of them. */
export async function positionsOfIds(
  selector: Selector,
  records: number,
  ids: readonly string[],
  signal: AbortSignal,
  onProgress: (done: number, of: number) => void,
): Promise<{ positions: number[]; unknown: number }> {
  const wanted = new Set(ids);
  const seen = new Set<string>();
  const positions: number[] = [];
  for (let from = 0; from < records; from += AT_ONCE) {
    signal.throwIfAborted();
    const portion = Array.from({ length: Math.min(AT_ONCE, records - from) }, (_, at) => from + at);
    const texts = await Promise.all(portion.map((position) => textOf(selector, position)));
    texts.forEach((text, at) => {
      const id = text === undefined ? undefined : parseRecord(text).id;
      if (id !== undefined && wanted.has(id)) {
        seen.add(id);
        positions.push(from + at);
      }
    });
    onProgress(from + portion.length, records);
  }
  return { positions, unknown: wanted.size - seen.size };
}

/** A record's text; none where it cannot be used. */
async function textOf(selector: Selector, position: number): Promise<string | undefined> {
  try {
    return await selector.record(position);
  } catch {
    return undefined;
  }
}
