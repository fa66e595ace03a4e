// What a subset's manifest says of how it was chosen, to choose it again.

import { SELECT_METHODS, type SelectMethod, type SelectOptions } from "ofa";

/** The options that choose what a manifest accounts for; `undefined` where it does not say enough. */
export function optionsOf(manifest: Record<string, unknown>): SelectOptions | undefined {
  const budget = manifest["budget"] as { count?: unknown } | undefined;
  const method = manifest["method"] as SelectMethod;
  const seed = manifest["seed"];
  if (typeof budget?.count !== "number" || !SELECT_METHODS.includes(method) || typeof seed !== "number") {
    return undefined;
  }
  return {
    count: budget.count,
    method,
    seed,
    quotas: manifest["cluster_quotas"] !== false,
    alignmentFilter: manifest["alignment_filter"] === true,
    textOnly: manifest["text_only"] === "keep" ? "keep" : "exclude",
    pinned: numbers(manifest["pinned"]),
    excluded: numbers(manifest["excluded"]),
  };
}

/** The positions that a manifest names itself. */
export function positionsIn(manifest: Record<string, unknown>): number[] | undefined {
  return Array.isArray(manifest["positions"]) ? numbers(manifest["positions"]) : undefined;
}

function numbers(value: unknown): number[] {
  return Array.isArray(value) ? value.filter((item): item is number => Number.isSafeInteger(item) && (item as number) >= 0) : [];
}
