// What must hold for those who see a page. Each rule gives what breaks it.

/** The page says which language it is in. */
export async function languageProblems(page) {
  const language = await page.evaluate(() => document.documentElement.lang);
  return language ? [] : ["the page has no language"];
}

/** Nothing is wider than the window, except within a part that is scrolled on its own. */
export async function widthProblems(page, width) {
  const { whole, beyond } = await page.evaluate((width) => {
    const isBeyond = (element) => element.getBoundingClientRect().right + scrollX > width + 0.5;
    return {
      whole: document.documentElement.scrollWidth,
      beyond: [...document.body.querySelectorAll("*")].filter(isBeyond).map((e) => e.outerHTML.slice(0, 80)),
    };
  }, width);
  return whole > width ? [`${whole} wide in ${width}: ${beyond.slice(0, 3).join(", ")}`] : [];
}

/** A focus that came by the keyboard is seen. Gives also the names of the stops, in their order. */
export async function focusStops(page) {
  const stops = [];
  const problems = [];
  // From the top, whatever had the focus before.
  await page.evaluate(() => {
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute("tabindex");
  });
  for (;;) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body || element.dataset.visited) {
        return null;
      }
      element.dataset.visited = "yes";
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      const name = element.getAttribute("aria-label") ?? element.innerText.trim();
      return { name, isSeen: outlineStyle !== "none" && outlineWidth !== "0px" };
    });
    if (!stop) {
      return { stops, problems };
    }
    stops.push(stop.name);
    if (!stop.isSeen) {
      problems.push(`the focus of ${stop.name} is not seen`);
    }
  }
}
