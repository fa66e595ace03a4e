// The slider of the budget, moved as a hand moves it.

/** Steps of the slider, of 1,000: small ones and large ones. The last is 15.1%. */
export const SLIDER_STEPS = [200, 350, 351, 352, 353, 354, 355, 900, 1, 151];

/** Run in the page: how many milliseconds it takes from a step of the slider until the count is another. */
export async function slideTo(step) {
  const slider = document.getElementById("budget-slider");
  const figure = document.querySelector(".budget .figure strong");
  const before = figure.textContent;
  const began = performance.now();
  slider.value = String(step);
  slider.dispatchEvent(new InputEvent("input", { bubbles: true }));
  while (figure.textContent === before) {
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
  return performance.now() - began;
}
