// Starts the Chromium of this system: none is downloaded, so that what is tested is what people have.

import { chromium } from "playwright-core";

import { chromiumPath } from "./chromium_path.mjs";

/**
 * Starts Chromium with a new empty profile, which is removed when it is closed. It says nothing to
 * anybody: what its own services would fetch is off.
 */
export function launch() {
  return chromium.launch({
    executablePath: chromiumPath(),
    headless: true,
    // Chromium refuses to start its sandbox as root, as in a container.
    chromiumSandbox: process.getuid?.() !== 0,
    args: [
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-gpu",
      "--disable-quic",
      "--disable-sync",
      "--no-first-run",
    ],
  });
}
