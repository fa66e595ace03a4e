// The page without a network: after its first visit it is all there, and works.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { ofTheBrowser } from "../watched_chromium.mjs";
import { DatasetPage } from "./dataset_page.mjs";
import { servePage } from "./served_page.mjs";

describe("the page without a network", () => {
  let site;
  let page;

  before(async () => {
    site = await servePage();
    const context = await site.browser.newContext({ viewport: { width: 1280, height: 900 } });
    page = await DatasetPage.open(context, site);
  });

  after(() => site?.close());

  it("can be installed", async () => {
    const { manifest, icons } = await page.page.evaluate(async () => {
      const { href } = document.querySelector("link[rel=manifest]");
      const manifest = await (await fetch(href)).json();
      const icons = await Promise.all(manifest.icons.map(({ src }) => fetch(new URL(src, href)).then(({ ok }) => ok)));
      return { manifest, icons };
    });
    assert.equal(manifest.name.length > 0 && manifest.display, "standalone");
    assert.ok(icons.length > 0 && icons.every(Boolean));
    const devtools = await page.page.context().newCDPSession(page.page);
    const { installabilityErrors } = await devtools.send("Page.getInstallabilityErrors");
    // A tab of a test's own profile counts as one of a private window.
    assert.deepEqual(installabilityErrors.filter(({ errorId }) => errorId !== "in-incognito"), []);
  });

  it("is kept in the background of the first visit", async () => {
    await page.page.evaluate(async () => {
      const registration = await navigator.serviceWorker.ready;
      if (registration.active.state !== "activated") {
        await new Promise((resolve) => (registration.active.onstatechange = () => resolve()));
      }
    });
    assert.ok((await page.page.evaluate(() => caches.keys())).length > 0);
  });

  it("keeps what few visits need only once the page has had nothing to do", { timeout: 60_000 }, async () => {
    const asked = () => site.way.log.filter(({ path }) => path.includes("pipeline_full"));
    // All the rest was fetched by now, by the page itself and then by its worker.
    assert.deepEqual(asked(), []);
    const isKept = () =>
      page.page.evaluate(async () => {
        const cache = await caches.open("ofa-kept-later");
        return (await cache.keys()).some(({ url }) => url.endsWith(".wasm"));
      });
    while (!(await isKept())) {
      await page.page.waitForTimeout(200);
    }
    assert.ok(asked().length > 0);
  });

  it("opens, encodes and scores with the server gone", async () => {
    site.way.cut();
    const asked = site.way.log.length;
    await page.page.reload();
    await page.button("Try the demo data").click();
    await page.checked();
    await page.start();
    assert.ok((await page.scored()) > 500);
    await page.page.locator(".map-box[data-drawn=true]").waitFor();
    // It went without an answer, and not by a way around the cut one.
    const own = site.way.log.slice(asked).filter((asked) => !ofTheBrowser(asked));
    assert.deepEqual(own.filter(({ status }) => status !== 0), []);
  });

  it("saves a subset there, and a zip of what it made", async () => {
    const records = JSON.parse((await page.save("subset.json")).bytes);
    assert.equal(records.length, await page.chosen());
    assert.ok((await page.save("features.zip")).bytes.length > 100_000);
  });

  it("makes a report there, which takes what was kept later", async () => {
    assert.match((await page.save("report.html")).bytes.toString(), /<title>/);
  });

  it("says so where something has to come from elsewhere", async () => {
    await page.button("Change").click();
    await page.page.locator("input[name=selector-url]").fill("https://huggingface.co/someone/selector.safetensors");
    const complaints = page.complaints.length;
    await page.button("Fetch from huggingface.co").click();
    const alert = page.page.getByRole("alert").filter({ hasText: "This could not be fetched" });
    await alert.waitFor();
    assert.match(await alert.innerText(), /huggingface\.co/);
    // The browser itself writes down what it could not fetch.
    const written = page.complaints.splice(complaints);
    assert.deepEqual(written.filter((words) => words.startsWith("against the policy")), []);
  });

  it("offers no host that the policy forbids, and says what to do instead", async () => {
    for (const part of ["encoder", "selector"]) {
      const field = page.page.locator(`input[name=${part}-url]`);
      const way = page.page.getByRole("listitem").filter({ has: field });
      assert.match(await way.innerText(), /From this page's own server, huggingface\.co, \*\.huggingface\.co, or \*\.hf\.co: the page may fetch from nowhere else\./);
      for (const host of ["elsewhere.example", "huggingface.co.elsewhere.example", "hf.co"]) {
        await field.fill(`https://${host}/${part}`);
        await way.getByText(new RegExp(`This page may not fetch from ${host}\\. .* “ofa serve --${part} `)).waitFor();
        assert.ok(await page.button(`Fetch from ${host}`).isDisabled());
      }
      for (const address of ["https://us.gcp.cdn.hf.co/it", `${site.address}it`]) {
        await field.fill(address);
        assert.ok(await page.button(`Fetch from ${new URL(address).host}`).isEnabled());
        assert.ok(!(await way.innerText()).includes("may not fetch"));
      }
      await field.fill("");
    }
  });

  it("takes what the server has as soon as it is back", async () => {
    site.way.mend();
    const asked = site.way.log.length;
    await page.page.reload();
    // The address says which data was open.
    await page.checked();
    assert.ok(site.way.log.slice(asked).some(({ path, status }) => path === "/" && [200, 304].includes(status)));
    assert.deepEqual(site.foreign().filter(({ host }) => !host.startsWith("huggingface.co")), []);
  });

  it("left nothing in the console but that the server was gone", () => {
    const others = page.complaints.filter((words) => !/^Failed to load resource: net::ERR_/.test(words));
    assert.deepEqual(others, []);
  });
});

describe("the watch over the page", () => {
  it("sees what is against the policy, and what is asked of others", { timeout: 60_000 }, async () => {
    // So that the tests that find nothing can fail.
    const site = await servePage();
    const page = await DatasetPage.open(await site.browser.newContext(), site);
    const sees = async (directive) => {
      while (!page.complaints.some((words) => words.startsWith(`against the policy: ${directive}`))) {
        await page.page.waitForTimeout(50);
      }
    };
    await page.page.evaluate(() => {
      document.body.append(Object.assign(document.createElement("script"), { textContent: "window.ran = true" }));
      const image = new Image();
      image.src = "https://elsewhere.example/seen.png";
    });
    await sees("script-src");
    assert.equal(await page.page.evaluate(() => window.ran), undefined);
    await sees("img-src");
    await page.page.evaluate(() => fetch("http://elsewhere.example/told").catch(() => undefined));
    await sees("connect-src");
    // Without the policy it would have gone out, and been seen.
    const bare = await (await site.browser.newContext({ bypassCSP: true })).newPage();
    await bare.goto(site.address);
    await bare.evaluate(() => fetch("http://elsewhere.example/told").catch(() => undefined));
    assert.ok(site.foreign().some(({ host, path }) => host === "elsewhere.example" && path === "/told"));
    await site.close();
  });
});
