// Light or dark: as the system says, or as was chosen here.

import { createSignal, type Accessor } from "solid-js";

/** What can be chosen. */
export type ThemeChoice = "system" | "light" | "dark";

export const THEME_CHOICES: readonly ThemeChoice[] = ["system", "light", "dark"];

const KEY = "ofa.theme";

const [choice, setChoice] = createSignal<ThemeChoice>(kept());
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const [isSystemDark, setIsSystemDark] = createSignal(dark.matches);
dark.addEventListener("change", ({ matches }) => setIsSystemDark(matches));
show(choice());

/** What was chosen. */
export const themeChoice: Accessor<ThemeChoice> = choice;

/** What is shown. Whatever draws with the tokens' colours draws again when it changes. */
export const theme = (): "light" | "dark" => {
  const chosen = choice();
  return chosen === "system" ? (isSystemDark() ? "dark" : "light") : chosen;
};

/** Chooses, for this visit and the next ones. */
export function chooseTheme(chosen: ThemeChoice): void {
  show(chosen);
  setChoice(chosen);
  try {
    localStorage.setItem(KEY, chosen);
  } catch {
    // Where nothing can be stored it holds for this visit.
  }
}

function show(chosen: ThemeChoice): void {
  const root = document.documentElement;
  if (chosen === "system") {
    delete root.dataset["theme"];
  } else {
    root.dataset["theme"] = chosen;
  }
}

function kept(): ThemeChoice {
  try {
    const chosen = localStorage.getItem(KEY);
    return THEME_CHOICES.find((theme) => theme === chosen) ?? "system";
  } catch {
    return "system";
  }
}
