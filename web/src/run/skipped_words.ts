// What a run skipped, in words.

import { t } from "../messages";
import type { Progress } from "../session/progress";

/** How many records, and for which reasons; `undefined` where none was. */
export function skippedWords({ encoding }: Progress): string | undefined {
  const skipped = Object.entries(encoding?.skipped ?? {}).filter(([, count]) => count > 0);
  if (skipped.length === 0) {
    return undefined;
  }
  const total = skipped.reduce((sum, [, count]) => sum + count, 0);
  return `${t.run.skipped(total)}: ${skipped.map(([reason, count]) => t.skippedFor(count, reason)).join(", ")}`;
}
