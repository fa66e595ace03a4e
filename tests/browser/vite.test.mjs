// The package under Vite, as its README says: built, and in the server for development.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { build, createServer } from "vite";

import { launch } from "./chromium.mjs";
import { demoPool, scratch } from "./demo_pool.mjs";
import { PACKAGE } from "./package_page.mjs";
import { startServer } from "./static_server.mjs";

/** A tiny app: it runs on the dataset and writes what came of it into the page. */
const APP = `
import { Selector } from "ofa";

const pool = "/pool/";
const paths = await (await fetch(pool + "files.json")).json();
const files = await Promise.all(paths.map(async (path) => ({ path, source: await (await fetch(pool + path)).blob() })));
try {
  const selector = await Selector.create({ encoder: "demo", backend: "cpu", workers: 1 });
  await selector.dataset(files.filter(({ path }) => path === "data.json"), {
    images: files.filter(({ path }) => path.startsWith("images/")),
  });
  for await (const event of selector.run()) {
    document.title = event.type;
  }
  const { manifest } = await selector.select({ count: 5 });
  document.querySelector("output").textContent = "chosen " + manifest.written;
} catch (error) {
  document.querySelector("output").textContent = error.code + " " + error.message;
}
`;

describe("an app that Vite builds", () => {
  const pool = demoPool(40, 7);
  let app;
  let browser;

  before(async () => {
    app = mkdtempSync(join(scratch, "app-"));
    // As it is installed, and not as it lies in the project.
    const [{ filename }] = JSON.parse(
      execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", app], {
        cwd: PACKAGE,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
        shell: process.platform === "win32",
      }),
    );
    const installed = join(app, "node_modules", "ofa");
    mkdirSync(installed, { recursive: true });
    execFileSync("tar", ["-xzf", join(app, filename), "--strip-components=1", "-C", installed]);
    writeFileSync(join(app, "package.json"), JSON.stringify({ name: "app", private: true, type: "module" }));
    writeFileSync(join(app, "main.js"), APP);
    writeFileSync(
      join(app, "index.html"),
      `<!doctype html><link rel="icon" href="data:,"><output></output><script type="module" src="/main.js"></script>`,
    );
    browser = await launch();
  });

  after(() => browser?.close());

  /** What the README tells users of Vite to set. */
  const settings = (more) => ({
    root: app,
    configFile: false,
    logLevel: "error",
    build: { target: "es2022" },
    worker: { format: "es" },
    optimizeDeps: { exclude: ["ofa"] },
    ...more,
  });

  async function outcome(address) {
    const page = await browser.newPage();
    const complaints = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    await page.goto(address);
    await page.waitForFunction(() => document.querySelector("output").textContent !== "").catch((error) => {
      throw new Error(`${error.message}\n${complaints.join("\n")}`);
    });
    const text = await page.locator("output").innerText();
    await page.close();
    return { text, complaints };
  }

  it("runs as it was built", async () => {
    await build(settings());
    const server = await startServer({ "/": join(app, "dist"), "/pool/": pool.folder });
    const { text, complaints } = await outcome(`${server.address}index.html`);
    await server.close();
    assert.deepEqual(complaints, []);
    assert.equal(text, "chosen 5");
  });

  it("runs in the server for development", async () => {
    const data = await startServer({ "/pool/": pool.folder });
    // The data has the app's own origin: Vite passes on what it does not have.
    const proxy = { "/pool/": data.address };
    const server = await createServer(settings({ server: { host: "127.0.0.1", port: 0, proxy } }));
    await server.listen();
    const { text, complaints } = await outcome(server.resolvedUrls.local[0]);
    await server.close();
    await data.close();
    assert.deepEqual(complaints, []);
    assert.equal(text, "chosen 5");
  });
});
