// What the page is doing, as far as it decides what can be done next.

/**
 * `empty`: no dataset; `opening`: one is being recognised and opened; `ready`: it is open;
 * `checking` and `running`: work goes on; `scored`: there are scores, and subsets can be chosen.
 */
export type Phase = "empty" | "opening" | "ready" | "checking" | "running" | "scored";
