// What was dropped, after it was recognised.

import type { SourceFile } from "ofa";

/** Files that were dropped and cannot be used. */
export interface Unused {
  /** The file, or the first of several. */
  path: string;
  /** How many files this is so of. */
  count: number;
  reason: string;
}

/** What was dropped, recognised: what the package is given, and what is left over. */
export interface DatasetInput {
  /** Records, and whatever lies beside them. */
  files: SourceFile[];
  /** Images that came apart from the records. */
  images: SourceFile[];
  /** A feature store that makes encoding unnecessary. */
  features: SourceFile[];
  /** Scores that make a run unnecessary. */
  scores: SourceFile[];
  unused: Unused[];
  /** All of it in a sentence. */
  sentence: string;
}
