// Chromium in which a page can ask nobody but the test's server for anything.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { chromium } from "playwright-core";

import { chromiumPath } from "./chromium_path.mjs";

/** WebGPU without a GPU: slow, and its answers are right. */
export const SOFTWARE_WEBGPU = [
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--ignore-gpu-blocklist",
];

/**
 * Whether Chromium asked for itself, as it does in spite of its flags: the time, and news of itself. What
 * a page asks for is seen by Playwright too, whoever it asks.
 * @param {{host: string}} asked
 */
export function ofTheBrowser({ host }) {
  return /(^|\.)(google|googleapis|gstatic|gvt1)\.com(:443)?$/.test(host);
}

/** Chromium as it is started here: with a proxy that knows one server, also for what is on this machine. */
function options(server, more) {
  return {
    executablePath: chromiumPath(),
    headless: true,
    // Chromium refuses to start its sandbox as root, as in a container.
    chromiumSandbox: process.getuid?.() !== 0,
    args: [
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-quic",
      "--disable-sync",
      "--no-first-run",
      `--proxy-server=${new URL(server.address).host}`,
      "--proxy-bypass-list=<-loopback>",
      ...more,
    ],
  };
}

/** Starts it with a new empty profile. */
export function launchWatched(server, more = []) {
  return chromium.launch(options(server, more));
}

/**
 * A profile on the disk: what pages store in it is there when Chromium is started again.
 * `open` starts it; `remove` deletes it.
 */
export function keptProfile() {
  const folder = mkdtempSync(join(tmpdir(), "ofa-profile-"));
  return {
    folder,
    open: (server, more = []) => chromium.launchPersistentContext(folder, options(server, more)),
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
}
