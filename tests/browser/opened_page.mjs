// A page as a certain reader opens it, and what it does meanwhile.

import { pathToFileURL } from "node:url";

/** How the readers of a page differ. */
export const READERS = [
  { colorScheme: "light", width: 1280 },
  { colorScheme: "dark", width: 1280 },
  { colorScheme: "light", width: 390 },
  { colorScheme: "dark", width: 390 },
];

/**
 * Opens a file. Whatever the page asks for besides itself and whatever goes wrong in it is noted,
 * from its first byte on.
 */
export async function openFile(browser, file, { colorScheme, width }) {
  const isPhone = width < 600;
  const context = await browser.newContext({
    colorScheme,
    viewport: { width, height: isPhone ? 844 : 900 },
    isMobile: isPhone,
    hasTouch: isPhone,
    // What a page asks for is noted all the same.
    offline: true,
  });
  const page = await context.newPage();
  const address = pathToFileURL(file).href;
  const requests = [];
  const errors = [];
  context.on("request", (request) => {
    if (request.url() !== address) {
      requests.push(request.url());
    }
  });
  page.on("pageerror", (error) => errors.push(String(error)));
  // A policy that keeps a page from something says so here.
  page.on("console", (message) => {
    if (message.type() === "error") {
      errors.push(message.text());
    }
  });
  await page.goto(address, { waitUntil: "load" });
  return { page, width, requests, errors, close: () => context.close() };
}

/** Opens what is folded up, by the keyboard. Gives what stayed shut. */
export async function unfold(page) {
  const shut = [];
  for (const summary of await page.locator("summary").all()) {
    await summary.focus();
    await page.keyboard.press("Enter");
    if (!(await summary.evaluate((element) => element.parentElement.open))) {
      shut.push(`Enter does not open ${await summary.innerText()}`);
    }
  }
  return shut;
}
