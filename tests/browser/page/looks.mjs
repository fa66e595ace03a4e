// How a state of the page looks to each of its readers: a picture for review, and what axe and the width say.

import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { axeProblems } from "../axe.mjs";
import { widthProblems } from "../look_rules.mjs";
import { READERS } from "../opened_page.mjs";

/** Where the pictures go. */
export const PICTURES = fileURLToPath(new URL("../../../target/page-screenshots/", import.meta.url));

/** Two of the readers who between them have both schemes of colours and both widths. */
export const TWO_READERS = [READERS[0], READERS[3]];

/**
 * Looks at a page as each reader has it. Gives what is wrong, by reader.
 * @param {string} step the pictures' name
 * @param {object[]} asked readers for whom axe is asked: of a large page it takes seconds each time
 */
export async function look(page, step, asked = READERS) {
  mkdirSync(PICTURES, { recursive: true });
  const before = page.viewportSize();
  const problems = {};
  for (const reader of READERS) {
    const { colorScheme, width } = reader;
    const name = `${width}-${colorScheme}`;
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.setViewportSize({ width, height: width < 600 ? 844 : 900 });
    await page.evaluate(() => scrollTo(0, 0));
    await settled(page);
    // What sticks to an edge of the window is where it belongs in a picture of what is in sight alone. Axe too scrolls to
    // what it looks at, and would find it under what sticks.
    const isDialog = (await page.locator("dialog[open]").count()) > 0;
    await setSticking(page, false);
    await page.screenshot({ path: `${PICTURES}${step}-${name}.png`, fullPage: !isDialog });
    const found = [...(await widthProblems(page, width)), ...(await movingParts(page))];
    if (asked.includes(reader)) {
      found.push(...(await axeProblems(page)));
    }
    await setSticking(page, true);
    if (found.length > 0) {
      problems[name] = found;
    }
  }
  await page.setViewportSize(before);
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
  return problems;
}

/** Lets go of what sticks to an edge of the window, or has it stick again. */
function setSticking(page, sticks) {
  return page.evaluate((sticks) => {
    for (const element of document.querySelectorAll("body *")) {
      if (sticks && element.dataset.unstuck) {
        element.style.position = "";
        delete element.dataset.unstuck;
      } else if (!sticks && getComputedStyle(element).position === "sticky") {
        element.style.position = "static";
        element.dataset.unstuck = "yes";
      }
    }
  }, sticks);
}

/** Waits until what follows a change of the window is drawn. */
function settled(page) {
  return page.evaluate(async () => {
    for (let frame = 0; frame < 4; frame += 1) {
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
    await new Promise((resolve) => setTimeout(resolve, 150));
  });
}

/** Nothing moves for who asked for less of it: what changes does so at once. */
async function movingParts(page) {
  const moving = await page.evaluate(() =>
    document
      .getAnimations()
      .filter(({ effect }) => effect.getComputedTiming().endTime > 1)
      .map(({ effect }) => effect.target?.outerHTML.slice(0, 80) ?? "something"),
  );
  return moving.map((part) => `moves: ${part}`);
}
