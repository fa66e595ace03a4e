// A choice that was made elsewhere, as a file says it.

/** What a file holds: positions, ids, records, or the account of a subset that has to be chosen again. */
export type ForeignChoice =
  | { kind: "positions"; positions: Float64Array }
  | { kind: "ids"; ids: string[] }
  | { kind: "manifest"; manifest: Record<string, unknown> };

/** A file that says no choice; the words are for who dropped it. */
export class NotAChoice extends Error {}

/**
 * Reads a choice: a manifest of a subset; a JSON list of numbers, of ids, or of records with `index` or `id`; JSON lines
 * of records; or one number or id a line. A list of numbers alone is one of positions, unless the name says `ids`.
 */
export function readChoice(name: string, text: string): ForeignChoice {
  const value = parsed(text);
  if (isObject(value) && value["format"] === "ofa-subset") {
    return { kind: "manifest", manifest: value };
  }
  const items = Array.isArray(value) ? (value as unknown[]) : lines(text);
  const areIds = /(^|[._-])ids?([._-]|$)/u.test(name.toLowerCase());
  const positions: number[] = [];
  const ids: string[] = [];
  for (const item of items) {
    if (isObject(item)) {
      const id = item["id"] ?? item["_id"];
      if (typeof id === "string" || typeof id === "number") {
        ids.push(String(id));
      }
    } else if (typeof item === "number" || (typeof item === "string" && /^\d{1,15}$/u.test(item))) {
      positions.push(Number(item));
      ids.push(String(item));
    } else if (typeof item === "string" && item !== "") {
      ids.push(item);
    }
  }
  if (positions.length > 0 && positions.length === items.length && !areIds) {
    return { kind: "positions", positions: Float64Array.from(positions) };
  }
  if (ids.length === 0) {
    throw new NotAChoice(name);
  }
  return { kind: "ids", ids };
}

function lines(text: string): unknown[] {
  const items: unknown[] = [];
  for (const line of text.split(/\r?\n/u)) {
    const trimmed = line.trim();
    if (trimmed !== "") {
      items.push(trimmed.startsWith("{") ? parsed(trimmed) : trimmed);
    }
  }
  return items;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
