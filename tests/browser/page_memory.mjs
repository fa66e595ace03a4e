// How much memory a page takes, its workers and their WebAssembly included.

import { readFileSync } from "node:fs";

/** What Chromium is started with, so that a measurement does not wait for the next collection of garbage. */
export const MEASURES_MEMORY = ["--enable-blink-features=ForceEagerMeasureMemory", "--js-flags=--expose-gc"];

/**
 * In bytes: what scripts of the page and its workers hold, as the browser tells it; the WebAssembly memory of
 * its workers, where `TELLS_MEMORY` was put into them; and, on Linux, the resident memory of all processes that
 * run pages. The last has everything in it, and what was freed and is kept for the next time too.
 */
export async function memoryOf(browser, page) {
  const bytes = await page.evaluate(async () => {
    if (!crossOriginIsolated) {
      throw new Error("only a page that is isolated from other origins may measure its memory");
    }
    return (await performance.measureUserAgentSpecificMemory()).bytes;
  });
  const reading = { page: bytes, wasm: await wasmMemory(page) };
  if (process.platform === "linux") {
    reading.processes = await residentMemory(browser);
  }
  return reading;
}

/** The sum over all workers that answer within a moment. */
function wasmMemory(page) {
  return page.evaluate(async () => {
    const channel = new BroadcastChannel("memory");
    let all = 0;
    channel.onmessage = ({ data }) => (all += data.bytes ?? 0);
    channel.postMessage("how much");
    await new Promise((resolve) => setTimeout(resolve, 500));
    channel.close();
    return all;
  });
}

async function residentMemory(browser) {
  const devtools = await browser.newBrowserCDPSession();
  const { processInfo } = await devtools.send("SystemInfo.getProcessInfo");
  await devtools.detach();
  const pages = processInfo.filter(({ type }) => type === "renderer");
  return pages.reduce((all, { id }) => all + residentBytes(id), 0);
}

function residentBytes(process) {
  try {
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${process}/status`, "utf8"));
    return 1024 * Number(kilobytes);
  } catch (error) {
    // A spare process for the next page may have ended since.
    if (error.code === "ENOENT") {
      return 0;
    }
    throw error;
  }
}
