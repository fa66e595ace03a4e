// The page as its user has it: what it shows by name, and what can be done with it.

import { readFileSync } from "node:fs";

/** How long an element may take to come, in milliseconds. */
const PATIENCE = 20_000;

/** And how long what is computed: machines may be busy. */
const LONG_PATIENCE = 120_000;

/** A number as the page writes it: `1,234`. */
export const numberOf = (text) => Number(text.replaceAll(",", ""));

/** Run in the page before its own scripts. */
function watch() {
  addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
    console.error(`against the policy: ${violatedDirective} ${blockedURI}`);
  });
  window.longTasks = [];
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) {
      window.longTasks.push({ startTime, duration });
    }
  }).observe({ type: "longtask", buffered: true });
}

/** The page in a tab. */
export class DatasetPage {
  /**
   * Opens it.
   * @param context a context of Chromium, or the context of a kept profile
   * @param {{address: string}} site
   * @param {{fragment?: string, prepare?: Function}} options `fragment`: settings; `prepare`: what is done in the page
   *   before its own scripts
   */
  static async open(context, site, { fragment = "", prepare } = {}) {
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE);
    const opened = new DatasetPage(page, site);
    await page.addInitScript(watch);
    if (prepare) {
      await page.addInitScript(prepare);
    }
    // Where there is this dialog the browser waits for somebody to answer it.
    await page.addInitScript(() => delete window.showSaveFilePicker);
    const settings = fragment === "" ? "" : `#${fragment}`;
    opened.response = await page.goto(`${site.address}${settings}`);
    await page.locator("#data-heading, #content h1").first().waitFor();
    return opened;
  }

  constructor(page, site) {
    this.page = page;
    this.site = site;
    /** What went wrong in the page and its workers, whether anybody sees it or not. */
    this.complaints = [];
    page.on("pageerror", (error) => this.complaints.push(String(error)));
    page.on("crash", () => this.complaints.push("the page crashed"));
    page.on("console", (message) => message.type() === "error" && this.complaints.push(message.text()));
  }

  button(name) {
    return this.page.getByRole("button", { name, exact: true });
  }

  part(name) {
    return this.page.getByRole("region", { name, exact: true });
  }

  /** Chooses a folder of the disk by the page's own field. */
  async chooseFolder(folder) {
    await this.page.locator("input[name=data-folder]").first().setInputFiles(folder);
  }

  async chooseFiles(...files) {
    await this.page.locator("input[name=data-files]").first().setInputFiles(files);
  }

  /** What the page says it took; waits until the dataset was looked through. */
  async checked() {
    const whole = this.page.getByText(/\d records? can be encoded\./).first();
    await whole.waitFor({ timeout: LONG_PATIENCE });
    const [, encoded] = /^(?:All )?([\d,]+)/.exec(await whole.innerText());
    return { encoded: numberOf(encoded) };
  }

  /** What becomes of the records: how many of each kind. */
  async counts() {
    const lines = await this.page.getByRole("list", { name: "What becomes of the records" }).getByRole("listitem").all();
    const counts = {};
    for (const line of lines) {
      const [, count, words] = /^([\d,]+)\s+(.+?)\s+[\d.]+%$/s.exec((await line.innerText()).trim());
      counts[words] = numberOf(count);
    }
    return counts;
  }

  /** Starts a run, or goes on with one. */
  async start() {
    await this.page.getByRole("button", { name: /^(Encode and score|Go on|Score|Score the features)$/ }).click();
  }

  /** Waits until there are scores, and a subset of them. */
  async scored() {
    await this.button("Look at the subset").waitFor({ timeout: LONG_PATIENCE });
    await this.part("Budget").waitFor();
    const [, rows] = /([\d,]+) scored records? chosen/.exec(await this.chosenWords());
    return numberOf(rows);
  }

  /** How far a run is that goes on. */
  async done() {
    const words = await this.page.locator(".run-main").innerText();
    return numberOf(/^([\d,]+) of/.exec(words)?.[1] ?? "0");
  }

  async chosenWords() {
    const words = this.part("Budget").getByText(/scored records? chosen/);
    await words.waitFor();
    return (await words.innerText()).replace(/\s+/g, " ");
  }

  /** How many records are chosen, once they are as many as asked for. */
  async chosen(expected) {
    if (expected !== undefined) {
      await this.part("Budget").getByText(new RegExp(`^${expected.toLocaleString("en")}\\s`)).first().waitFor();
    }
    return numberOf(/^([\d,]+)/.exec(await this.chosenWords())[1]);
  }

  /**
   * Sets the budget as somebody types it.
   * @param {{ratio: number} | {count: number}} budget
   */
  async setBudget(budget) {
    const unit = "count" in budget ? "count" : "ratio";
    await this.page.getByLabel("Unit of the budget").selectOption(unit);
    const field = this.page.locator("#budget-number");
    await field.fill(String("count" in budget ? budget.count : Number((budget.ratio * 100).toPrecision(10))));
    await field.press("Enter");
  }

  /** How many records each tab of the gallery holds. */
  async galleryCounts() {
    const counts = {};
    for (const tab of await this.page.getByRole("tab").all()) {
      const [, name, count] = /^(.*?)\s*([\d,]+)$/s.exec((await tab.innerText()).trim());
      counts[name] = numberOf(count);
    }
    return counts;
  }

  /** Saves a file by the button of its name, and gives its bytes and the address that the browser took them from. */
  async save(name) {
    const [download] = await Promise.all([this.page.waitForEvent("download"), this.button(`Save ${name}`).click()]);
    const file = await download.path();
    await this.page.getByText(new RegExp(`^${name.replaceAll(".", "\\.")} is saved`)).waitFor();
    return { name: download.suggestedFilename(), bytes: readFileSync(file), url: download.url() };
  }

  /** Tasks that held the page up for more than 50 ms, since the page's own beginning. */
  longTasks() {
    return this.page.evaluate(() => window.longTasks);
  }

  now() {
    return this.page.evaluate(() => performance.now());
  }

  close() {
    return this.page.close();
  }
}
