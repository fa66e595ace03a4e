// What becomes of records with several images.

import type { MultiImage } from "ofa";

/** The command line's default. */
export const DEFAULT_MULTI_IMAGE: MultiImage = "mean";
