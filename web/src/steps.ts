// The steps of the page, and the way to each.

/** Each is the id of its section. */
export const STEPS = ["data", "run", "explore", "take"] as const;

export type Step = (typeof STEPS)[number];

/** Brings a step into sight, and the keyboard with it. */
export function goTo(step: Step): void {
  const section = document.getElementById(step);
  section?.scrollIntoView();
  section?.focus({ preventScroll: true });
}
