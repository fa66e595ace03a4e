// What is asked of a choice: the part of the page's settings that a manifest also says.

import type { SelectMethod, SelectOptions } from "ofa";

/** How many records: a share of those that are scored, or a number of them. */
export type Budget = { ratio: number } | { count: number };

/** How records are chosen. Positions are those of the dataset. */
export interface Request {
  budget: Budget;
  method: SelectMethod;
  seed: number;
  quotas: boolean;
  alignmentFilter: boolean;
  textOnly: "exclude" | "keep";
  pinned: ReadonlySet<number>;
  excluded: ReadonlySet<number>;
}

/** The command line's defaults. */
export const DEFAULT_REQUEST: Request = {
  budget: { ratio: 0.15 },
  method: "confidence",
  seed: 42,
  quotas: true,
  alignmentFilter: false,
  textOnly: "exclude",
  pinned: new Set(),
  excluded: new Set(),
};

/** The methods whose answer takes no time whatever the budget, so that it follows every change. */
export function isInstant(method: SelectMethod): boolean {
  return method === "confidence" || method === "random";
}

/** The options that `Selector.select` takes for a request. */
export function selectOptions({ budget, pinned, excluded, ...how }: Request): SelectOptions {
  return { ...budget, ...how, pinned: [...pinned], excluded: [...excluded] };
}
