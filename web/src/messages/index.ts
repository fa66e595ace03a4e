// The language of the page.

import { en, type Messages } from "./en";

export type { Messages };

/** The page's words. */
export const t: Messages = en;
