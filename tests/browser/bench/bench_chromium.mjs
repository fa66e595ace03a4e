// The browser that is measured, and the page in it.

import { launchWatched, SOFTWARE_WEBGPU } from "../watched_chromium.mjs";

/** WebGPU on the machine's own adapter: on Linux it is off, and takes Vulkan. */
const HARDWARE_WEBGPU = [
  "--enable-unsafe-webgpu",
  "--enable-features=Vulkan",
  "--use-angle=vulkan",
  "--ignore-gpu-blocklist",
];

/** Arguments of Chromium for an adapter; none where there is none to be. */
export function gpuArguments(webgpu) {
  return { hardware: HARDWARE_WEBGPU, software: SOFTWARE_WEBGPU }[webgpu] ?? [];
}

/**
 * Opens the page, calls `measure` with its `bench`, and closes the browser. What `bench` is asked is done in
 * the page, but for `cpuSeconds`: what all pages have computed so far, on all cores.
 */
export async function withPage(server, webgpu, measure) {
  const browser = await launchWatched(server, gpuArguments(webgpu));
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(0);
    page.on("pageerror", (error) => console.error(`page: ${error}`));
    await page.goto(`${server.address}bench/index.html`);
    await page.waitForFunction(() => "bench" in window);
    const devtools = await browser.newBrowserCDPSession();
    const own = {
      async cpuSeconds() {
        const { processInfo } = await devtools.send("SystemInfo.getProcessInfo");
        return processInfo.filter(({ type }) => type === "renderer").reduce((all, { cpuTime }) => all + cpuTime, 0);
      },
    };
    const inPage = (name) => (...given) =>
      page.evaluate(([called, all]) => window.bench[called](...all), [name, given]);
    const bench = new Proxy(own, { get: (_, name) => own[name] ?? inPage(name) });
    return await measure(bench, browser.version());
  } finally {
    await browser.close();
  }
}
