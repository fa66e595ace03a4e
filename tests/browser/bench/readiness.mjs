// Seconds from navigation to the first embeddings: on the first visit, and on the next in a browser that was
// closed in between.

import { keptProfile } from "../watched_chromium.mjs";
import { gpuArguments } from "./bench_chromium.mjs";

const VISITS = ["first", "second"];

/** Visits of each library with a profile of its own. */
export async function readiness(server, { model, workers, webgpu }) {
  const results = [];
  for (const backend of webgpu === "hardware" ? ["cpu", "webgpu"] : ["cpu"]) {
    for (const library of ["ofa", "onnx"]) {
      const profile = keptProfile();
      try {
        for (const visit of VISITS) {
          const asked = { library, backend, model, workers };
          results.push({ library, backend, workers, visit, ...(await visited(server, profile, webgpu, asked)) });
        }
      } finally {
        profile.remove();
      }
    }
  }
  return results;
}

async function visited(server, profile, webgpu, asked) {
  const context = await profile.open(server, gpuArguments(webgpu));
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(0);
    const before = server.sent();
    await page.goto(`${server.address}bench/ready.html?${new URLSearchParams(asked)}`);
    await page.waitForFunction(() => "ready" in window);
    const found = await page.evaluate(() => window.ready);
    if (found.error) {
      throw new Error(`${asked.library} did not get ready: ${found.error}`);
    }
    return { ...found, bytesSent: server.sent() - before };
  } finally {
    // What went wrong before is of more interest than that the browser is gone.
    await context.close().catch(() => {});
  }
}
