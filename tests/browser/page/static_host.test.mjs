// The page as plain files below some path of some host, which sends no policies along: it works, alone and offline.

import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";

import { unzipSync } from "fflate";

import { ofa } from "../program.mjs";
import { startServer } from "../static_server.mjs";
import { launchWatched, ofTheBrowser } from "../watched_chromium.mjs";
import { DatasetPage } from "./dataset_page.mjs";
import { folder } from "./datasets.mjs";
import { openWay } from "./watched_way.mjs";

const BUILT = fileURLToPath(new URL("../../../web/dist", import.meta.url));

/** Where it is put. */
const BELOW = "/x/y/";

describe("the page on a host of plain files", () => {
  let server;
  let way;
  let browser;
  let page;
  let encodable;

  before(async () => {
    // With a look at every image, as the run has it.
    encodable = ofa("check", join(BUILT, "demo-data", "things.zip"), "--deep").would_be_encoded;
    const copy = join(folder("host"), "page");
    cpSync(BUILT, copy, { recursive: true });
    server = await startServer({ [BELOW]: copy });
    way = await openWay(server.address);
    browser = await launchWatched(way);
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    page = await DatasetPage.open(context, { address: `${server.address}${BELOW.slice(1)}index.html` });
  });

  after(async () => {
    await browser?.close();
    await way?.close();
    await server?.close();
  });

  it("comes without policies, and is not isolated", async () => {
    const headers = page.response.headers();
    for (const name of ["cross-origin-opener-policy", "cross-origin-embedder-policy", "content-security-policy"]) {
      assert.equal(headers[name], undefined, name);
    }
    assert.equal(await page.page.evaluate(() => crossOriginIsolated), false);
  });

  it("opens the demo's data by one click, and scores it", async () => {
    await page.button("Try the demo data").click();
    await page.checked();
    await page.start();
    assert.equal(await page.scored(), encodable);
    await page.page.locator(".map-box[data-drawn=true]").waitFor();
  });

  it("saves the subset with its images, by its own worker", async () => {
    await page.setBudget({ count: 40 });
    await page.chosen(40);
    const { records, images } = await savedZip();
    assert.equal(records.length, 40);
    assert.equal(images.length, new Set(records.flatMap(({ image }) => image ?? [])).size);
  });

  /** The records and the names of the images in the zip that the page saves. */
  async function savedZip() {
    await page.page.getByLabel("With their images, in one zip").check();
    const { bytes, url } = await page.save("subset.zip");
    // The worker's scope is the folder that the page is in.
    assert.ok(url.startsWith(`${server.address}${BELOW.slice(1)}download/`), url);
    const { "subset.json": records, "subset.manifest.json": _, ...images } = unzipSync(bytes);
    return { records: JSON.parse(Buffer.from(records)), images: Object.keys(images) };
  }

  it("asked for nothing outside of its folder", () => {
    const own = way.log.filter((asked) => !ofTheBrowser(asked));
    const { host } = new URL(server.address);
    assert.ok(own.length > 10);
    assert.deepEqual(own.filter((asked) => asked.host !== host || !asked.path.startsWith(BELOW)), []);
    assert.deepEqual(own.filter(({ status }) => status >= 400), []);
  });

  it("opens, scores and saves again with its host gone", async () => {
    await page.page.evaluate(async () => {
      const { active } = await navigator.serviceWorker.ready;
      if (active.state !== "activated") {
        await new Promise((resolve) => (active.onstatechange = () => active.state === "activated" && resolve()));
      }
    });
    way.cut();
    const asked = way.log.length;
    await page.page.reload();
    // The address says which data was open, and how much of it was asked for.
    await page.checked();
    await page.start();
    assert.equal(await page.scored(), encodable);
    assert.equal(await page.chosen(40), 40);
    assert.equal((await savedZip()).records.length, 40);
    const own = way.log.slice(asked).filter((asked) => !ofTheBrowser(asked));
    assert.deepEqual(own.filter(({ status }) => status !== 0), []);
  });

  it("left nothing in the console but that its host was gone", () => {
    assert.deepEqual(page.complaints.filter((words) => !/^Failed to load resource: net::ERR_/.test(words)), []);
  });
});
