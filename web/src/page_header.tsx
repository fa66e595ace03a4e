// The page's head: its name, the steps, and the colours.

import { createSignal, For, onCleanup, onMount, type JSX } from "solid-js";

import { chooseTheme, THEME_CHOICES, themeChoice, type ThemeChoice } from "./design/theme";
import { t } from "./messages";
import { useSession } from "./session/context";
import { goTo, STEPS, type Step } from "./steps";

/** The head, which stays in sight. */
export function PageHeader(): JSX.Element {
  const session = useSession();
  const isThere = (step: Step): boolean => {
    switch (step) {
      case "data":
        return true;
      case "run":
        return session.input() !== undefined;
      default:
        return session.scores() !== undefined;
    }
  };
  const current = createStepInSight();
  return (
    <header class="bar">
      <div class="bar-name">
        <h1>{t.app.title}</h1>
        <p class="quiet">{t.app.claim}</p>
      </div>
      <nav aria-label={t.app.stepsLabel}>
        <ol class="steps">
          <For each={STEPS}>
            {(step) => (
              <li>
                <button
                  type="button"
                  class="plain"
                  disabled={!isThere(step)}
                  aria-current={isThere(step) && current() === step ? "step" : undefined}
                  onClick={() => goTo(step)}
                >
                  {t.app.steps[step]}
                </button>
              </li>
            )}
          </For>
        </ol>
      </nav>
      <label class="theme">
        <span class="out-of-sight">{t.theme.label}</span>
        <select onChange={(event) => chooseTheme(event.currentTarget.value as ThemeChoice)}>
          <For each={THEME_CHOICES}>
            {(choice) => (
              <option value={choice} selected={themeChoice() === choice}>{t.theme[choice]}</option>
            )}
          </For>
        </select>
      </label>
    </header>
  );
}

/** The step that is in sight: the last one that begins above the middle of the window. */
function createStepInSight(): () => Step {
  const [step, setStep] = createSignal<Step>("data");
  let frame: number | undefined;
  const look = (): void => {
    frame = undefined;
    const middle = window.innerHeight / 2;
    setStep(STEPS.findLast((step) => (document.getElementById(step)?.getBoundingClientRect().top ?? Infinity) < middle) ?? "data");
  };
  const ask = (): void => {
    frame ??= requestAnimationFrame(look);
  };
  onMount(() => {
    window.addEventListener("scroll", ask, { passive: true });
    window.addEventListener("resize", ask, { passive: true });
    onCleanup(() => {
      window.removeEventListener("scroll", ask);
      window.removeEventListener("resize", ask);
    });
  });
  return step;
}
