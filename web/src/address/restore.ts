// The settings that a subset's manifest says, to choose the same records again.

import { SELECT_METHODS, type SelectMethod } from "ofa";

import type { Budget, Request } from "../session/request";
import type { Session } from "../session/session";
import { t } from "../messages";

/** What a manifest says of how its subset was chosen. */
export interface ManifestSettings {
  request: Partial<Request>;
  /** Of the dataset that its positions are of, where it is known. */
  dataset: string | undefined;
}

/** What came of taking a manifest's settings. */
export interface Restored {
  isRestored: boolean;
  words: string;
}

/** Reads a manifest; `undefined` where the text is none. */
export function readManifest(text: string): ManifestSettings | undefined {
  let manifest: Record<string, unknown>;
  try {
    manifest = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  if (typeof manifest !== "object" || manifest === null || manifest["format"] !== "ofa-subset") {
    return undefined;
  }
  const budget = budgetOf(manifest["budget"]);
  const method = SELECT_METHODS.find((known): known is SelectMethod => known === manifest["method"]);
  if (budget === undefined || method === undefined) {
    return undefined;
  }
  const seed = manifest["seed"];
  const { dataset } = (manifest["fingerprints"] ?? {}) as { dataset?: unknown };
  return {
    request: {
      budget,
      method,
      ...(Number.isSafeInteger(seed) && (seed as number) >= 0 ? { seed: seed as number } : {}),
      quotas: manifest["cluster_quotas"] !== false,
      alignmentFilter: manifest["alignment_filter"] === true,
      textOnly: manifest["text_only"] === "keep" ? "keep" : "exclude",
      pinned: positionsOf(manifest["pinned"]),
      excluded: positionsOf(manifest["excluded"]),
    },
    dataset: typeof dataset === "string" ? dataset : undefined,
  };
}

/**
 * Takes the settings of a manifest, and says in words what came of it. Methods that take long are not started.
 */
export function restoreManifest(text: string, session: Session): Restored {
  const settings = readManifest(text);
  if (settings === undefined) {
    return { isRestored: false, words: t.address.noManifest };
  }
  const { request, dataset } = settings;
  const open = session.dataset()?.fingerprint;
  const isOther = open !== undefined && dataset !== undefined && open !== dataset;
  const namesRecords = (request.pinned?.size ?? 0) + (request.excluded?.size ?? 0) > 0;
  if (isOther && namesRecords) {
    session.ask({ ...request, pinned: new Set(), excluded: new Set() });
    return { isRestored: true, words: `${t.address.restored} ${t.address.otherDataset}` };
  }
  session.ask(request);
  return { isRestored: true, words: t.address.restored };
}

/** A budget as it was asked for: `0.15`, `15%`, or a number of records; else what it came to. */
function budgetOf(value: unknown): Budget | undefined {
  const { requested, count } = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  const text = typeof requested === "string" ? requested.trim() : "";
  const ratio = /^(?:0?\.\d+|1(?:\.0*)?|0\.\d*)$/u.test(text) ? Number(text) : NaN;
  if (ratio > 0 && ratio <= 1 && text.includes(".")) {
    return { ratio };
  }
  return Number.isSafeInteger(count) && (count as number) >= 1 ? { count: count as number } : undefined;
}

function positionsOf(value: unknown): ReadonlySet<number> {
  const isPosition = (item: unknown): item is number => Number.isSafeInteger(item) && (item as number) >= 0;
  return new Set(Array.isArray(value) ? value.filter(isPosition) : []);
}
