// A page that uses the package as any page would: by `<script type="module">`, without a bundler.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { startServer } from "./static_server.mjs";

const folder = (path) => fileURLToPath(new URL(path, import.meta.url));

/** The package as it lies in the project. */
export const PACKAGE = folder("../../pkg/");

/** Where the package's entry is served. */
function entry() {
  const { exports } = JSON.parse(readFileSync(`${PACKAGE}package.json`, "utf8"));
  const main = exports["."];
  return `/pkg/${(typeof main === "string" ? main : (main.browser ?? main.import ?? main.default)).slice(2)}`;
}

/** The page: the name `ofa` leads to the package. */
function html() {
  const imports = JSON.stringify({ imports: { ofa: entry() } });
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Tests</title>
<link rel="icon" href="data:,"><script type="importmap">${imports}</script>
<script type="module" src="/page/page_script.mjs"></script>
<input type="file" name="data" multiple><input type="file" name="folder" webkitdirectory></html>`;
}

/**
 * A server of the package, the page and what tests need beside them.
 * @param {Record<string, string>} more folders by the path that they are served under
 */
export function servePackage(more = {}, options = {}) {
  const page = new Map([
    ["index.html", html()],
    ["page_script.mjs", readFileSync(folder("page_script.mjs"))],
  ]);
  return startServer({ "/pkg/": PACKAGE, "/page/": page, "/assets/": folder("../../assets/"), ...more }, options);
}

/** An error that the package threw in the page. */
export class PageError extends Error {
  constructor({ kind, code, message, stack, isOfaError }) {
    super(message);
    Object.assign(this, { name: kind, code, isOfaError, inPage: stack });
  }
}

/** The page, opened, and the package's calls in it. */
export class PackagePage {
  /** @param context a context of Chromium, or the context of a kept profile */
  static async open(context, server) {
    const page = await context.newPage();
    const opened = new PackagePage(page);
    await page.goto(`${server.address}page/index.html`);
    await page.waitForFunction(() => "step" in window);
    return opened;
  }

  constructor(page) {
    this.page = page;
    /** What went wrong in the page and its workers without reaching a caller. */
    this.complaints = [];
    /** Whatever the page and its workers asked for. */
    this.requests = [];
    page.on("pageerror", (error) => this.complaints.push(String(error)));
    page.on("console", (message) => message.type() === "error" && this.complaints.push(message.text()));
    page.on("request", (request) => this.requests.push(request.url()));
  }

  /** Does a step of page_script.mjs. */
  async do(name, ...given) {
    const answer = await this.page.evaluate(([name, given]) => window.step(name, ...given), [name, given]);
    if (answer.error) {
      throw new PageError(answer.error);
    }
    return answer.value;
  }

  /** The files of an export, by name. */
  async export(asked) {
    const files = await this.do("export", asked);
    return new Map(files.map(([name, text]) => [name, Buffer.from(text, "base64")]));
  }

  /** What the package has told so far, of one type where that is given. */
  async events(type) {
    const events = await this.do("events");
    return type ? events.filter((event) => event.type === type) : events;
  }

  close() {
    return this.page.close();
  }
}
