// How records are chosen, as fields of an address. What is as it is by itself has no field.

import { SELECT_METHODS, type SelectMethod } from "ofa";

import { DEFAULT_REQUEST, type Budget, type Request } from "../session/request";
import { t } from "../messages";

/** Letters of positions that go into an address; with more, browsers and mail programs cut it off. */
const MOST_LETTERS = 1500;

/** In place of the positions where they are too many: how many there are. */
const TOO_MANY = "*";

const { expected } = t.address;

/** A field's value that cannot be used, and what could be. */
export class Unusable extends Error {
  constructor(readonly expected: string) {
    super(expected);
  }
}

/** What a field says of the request. */
type Reader = (text: string) => Partial<Request>;

/** The fields, in the order in which they are written. */
const READERS: Readonly<Record<string, Reader>> = {
  ratio: (text) => ({ budget: { ratio: numberOf(text, (n) => n > 0 && n <= 1, expected.ratio) } }),
  count: (text) => ({ budget: { count: numberOf(text, (n) => Number.isSafeInteger(n) && n >= 1, expected.count) } }),
  method: (text) => ({ method: oneOf<SelectMethod>(text, SELECT_METHODS) }),
  seed: (text) => ({ seed: numberOf(text, (n) => Number.isSafeInteger(n) && n >= 0, expected.seed) }),
  quotas: (text) => ({ quotas: yesNo(text) }),
  alignment: (text) => ({ alignmentFilter: yesNo(text) }),
  "text-only": (text) => ({ textOnly: oneOf(text, ["exclude", "keep"]) }),
  pin: (text) => ({ pinned: positionsOf(text) }),
  exclude: (text) => ({ excluded: positionsOf(text) }),
};

/** The names of the fields. */
export const REQUEST_FIELDS = Object.keys(READERS);

/**
 * What a field says.
 *
 * @throws Unusable where it says nothing that the setting can be.
 */
export function readRequestField(name: string, text: string): Partial<Request> {
  const read = READERS[name];
  if (read === undefined) {
    throw new Error(`${name} is no field of a request`);
  }
  return read(text);
}

/** How many positions a field stands for that did not fit into an address; 0 where it has them. */
export function leftOutOf(name: string, text: string): number {
  const isPositions = name === "pin" || name === "exclude";
  const count = Number(text.slice(TOO_MANY.length));
  return isPositions && text.startsWith(TOO_MANY) && Number.isSafeInteger(count) && count > 0 ? count : 0;
}

/** The fields of a request. */
export function requestFields(request: Request): [string, string][] {
  const { budget, method, seed, quotas, alignmentFilter, textOnly, pinned, excluded } = request;
  const fields: [string, string | undefined][] = [
    ...budgetFields(budget),
    ["method", method === DEFAULT_REQUEST.method ? undefined : method],
    ["seed", seed === DEFAULT_REQUEST.seed ? undefined : String(seed)],
    ["quotas", quotas === DEFAULT_REQUEST.quotas ? undefined : words(quotas)],
    ["alignment", alignmentFilter === DEFAULT_REQUEST.alignmentFilter ? undefined : words(alignmentFilter)],
    ["text-only", textOnly === DEFAULT_REQUEST.textOnly ? undefined : textOnly],
    ["pin", positionsText(pinned)],
    ["exclude", positionsText(excluded)],
  ];
  return fields.filter((field): field is [string, string] => field[1] !== undefined);
}

function budgetFields(budget: Budget): [string, string | undefined][] {
  if ("count" in budget) {
    return [["count", String(budget.count)]];
  }
  const isDefault = "ratio" in DEFAULT_REQUEST.budget && budget.ratio === DEFAULT_REQUEST.budget.ratio;
  return [["ratio", isDefault ? undefined : String(budget.ratio)]];
}

function numberOf(text: string, holds: (n: number) => boolean, words: string): number {
  const number = text.trim() === "" ? NaN : Number(text);
  if (!holds(number)) {
    throw new Unusable(words);
  }
  return number;
}

function oneOf<T extends string>(text: string, names: readonly T[]): T {
  const found = names.find((name) => name === text);
  if (found === undefined) {
    throw new Unusable(expected.oneOf(names));
  }
  return found;
}

function yesNo(text: string): boolean {
  return oneOf(text, ["yes", "no"]) === "yes";
}

function words(flag: boolean): string {
  return flag ? "yes" : "no";
}

function positionsOf(text: string): ReadonlySet<number> {
  const positions = text.split(",").map((part) => (/^\d+$/u.test(part) ? Number(part) : NaN));
  if (!positions.every(Number.isSafeInteger)) {
    throw new Unusable(expected.positions);
  }
  return new Set(positions);
}

function positionsText(positions: ReadonlySet<number>): string | undefined {
  if (positions.size === 0) {
    return undefined;
  }
  // Before they are joined: there may be hundreds of thousands.
  if (positions.size > MOST_LETTERS / 2) {
    return `${TOO_MANY}${positions.size}`;
  }
  const text = [...positions].sort((a, b) => a - b).join(",");
  return text.length > MOST_LETTERS ? `${TOO_MANY}${positions.size}` : text;
}
