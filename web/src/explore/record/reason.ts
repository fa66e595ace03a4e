// Why a record is in or out, in sentences.

import type { ExplainedScore, Explanation } from "ofa";

import { t } from "../../messages";

/** Sentences, each of them a line, of the last choice and of choosing by confidence alone. */
export function reasonsOf({ scored, skipped, in_subset }: Explanation): string[] {
  const words = t.explore.record.reasons;
  if (scored !== null) {
    const { cluster, cluster_size, rank, taken_from } = scored;
    return [
      words.place(rank, cluster_size, cluster),
      ...choiceReasons(scored, in_subset),
      words.byConfidence(taken_from, scored.taken_from_ratio),
    ];
  }
  if (skipped === null) {
    return [];
  }
  const what = skipped.reason === "not_scored" ? words.unknownReason : words.skipped(t.reason(skipped.reason), skipped.detail);
  const isTextOnly = skipped.reason === "text_only";
  return [what, isTextOnly ? (in_subset === true ? words.textOnlyKept : words.textOnlyOut) : words.neverChosen];
}

/** What the last choice means for a record; nothing where there was none. */
function choiceReasons({ chosen, pool, rank, confidence }: ExplainedScore, inSubset: boolean | null): string[] {
  if (chosen === null) {
    return [];
  }
  const words = t.explore.record.reasons;
  const { method, budget, quota, cut, beside_ranks: beside } = chosen;
  const reasons = [beside.no_quotas ? words.noQuotas(budget, pool, quota) : words.quota(budget, pool, quota)];
  if (beside.pinned) {
    reasons.push(words.pinned);
  }
  if (beside.excluded) {
    reasons.push(words.excluded);
  }
  if (cut !== null) {
    reasons.push(words.cut(cut.index, cut.confidence, Math.abs(confidence - cut.confidence), rank - quota));
  } else if (quota > 0 && !beside.pinned && !beside.excluded) {
    reasons.push(words.byMethod[method]);
  }
  if (beside.others_constrained) {
    reasons.push(words.othersConstrained);
  }
  if (beside.alignment_filter) {
    reasons.push(words.alignmentFilter);
  }
  if (inSubset === null) {
    reasons.push(words.notTold);
  }
  return reasons;
}
