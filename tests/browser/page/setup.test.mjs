// Encoder, selector and backend: what the server offers, what comes from the disk, and what does not belong together.

import assert from "node:assert/strict";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";

import { demoPool, ENCODER, SELECTOR } from "../demo_pool.mjs";
import { webLayout, weightsIn } from "../encoder_layouts.mjs";
import { ofa } from "../program.mjs";
import { DatasetPage } from "./dataset_page.mjs";
import { folder } from "./datasets.mjs";
import { dropFiles } from "./drops.mjs";
import { freshPages } from "./fresh_pages.mjs";
import { assertSameBytes } from "./same_bytes.mjs";
import { servePage } from "./served_page.mjs";

/** A selector of the method's authors, of 8 dimensions. */
const NARROW = fileURLToPath(new URL("../../goldens/import/selectors/full.pt", import.meta.url));

const pool = demoPool(60, 7);

/** The project's encoder in a folder of a name of its own. */
function encoderFolder() {
  const made = folder("my-clip");
  cpSync(ENCODER, made, { recursive: true });
  return made;
}

/** The project's selector under a name of its own. */
function selectorFile() {
  const made = join(folder("selectors"), "my-selector.safetensors");
  cpSync(SELECTOR, made);
  return made;
}

/** The same, and it says that it was trained on another encoder. */
function selectorOfAnother() {
  const made = join(folder("selectors"), "foreign.safetensors");
  const { encoder_fingerprint: encoder } = ofa("inspect", SELECTOR);
  const other = [...encoder].reverse().join("");
  writeFileSync(made, Buffer.from(readFileSync(SELECTOR, "latin1").replaceAll(encoder, other), "latin1"));
  return { file: made, encoder: other };
}

function narrowSelector() {
  const made = join(folder("selectors"), "narrow.safetensors");
  ofa("import", NARROW, "-o", made);
  return made;
}

/** What the page says of its setup in a line: of encoder, selector and backend. */
async function setupOf(page) {
  const [encoder, selector, backend] = await page.page.locator(".setup-line dd").allInnerTexts();
  return { encoder, selector, backend };
}

/** The way to an encoder or a selector that is in use. There is one of each. */
const inUse = (page, part) =>
  page.page.getByRole("region", { name: part, exact: true }).locator(".way-name", { hasText: "in use" }).innerText();

async function withPool(page) {
  await dropFiles(page.page, pool.folder);
  await page.checked();
  return page;
}

/** Runs, and gives the scores. */
async function scoresBy(page) {
  await page.start();
  await page.scored();
  return (await page.save("scores.csv")).bytes;
}

describe("a server with an encoder and a selector", () => {
  let encoder;
  let selector;
  let site;
  let page;

  before(async () => {
    encoder = webLayout("f16");
    selector = selectorFile();
    site = await servePage([], ["--encoder", encoder, "--selector", selector]);
    const context = await site.browser.newContext({ viewport: { width: 1280, height: 900 } });
    page = await withPool(await DatasetPage.open(context, site));
  });

  after(() => site?.close());

  it("has the page use them", async () => {
    const setup = await setupOf(page);
    assert.match(setup.encoder, new RegExp(`^${basename(encoder)} 128 dimensions, 64 px`));
    assert.match(setup.selector, /^my-selector.* 64 clusters, 128 dimensions/);
    assert.equal(await page.page.getByText(/The demo encoder and selector know generated drawings/).count(), 0);
    await page.button("Change").click();
    assert.match(await inUse(page, "Encoder"), /^f16, from this server/);
    assert.match(await inUse(page, "Selector"), /^my-selector.*, from this server/);
    const served = new Set(site.way.log.filter(({ status }) => [200, 206].includes(status)).map(({ path }) => path));
    for (const path of ["/encoder/ofa-encoder.json", "/selector.safetensors", ...weightsIn(encoder).map((name) => `/encoder/${name}`)]) {
      assert.ok(served.has(path), `${path} was not fetched`);
    }
    assert.equal(new URL(page.page.url()).hash, "");
  });

  it("has them run", async () => {
    assert.match((await scoresBy(page)).toString(), /^index,/);
  });

  it("leaves the choice to its user, and writes it into the address", async () => {
    for (const part of ["Encoder", "Selector"]) {
      const demo = page.page.getByRole("region", { name: part, exact: true }).locator(".way", { hasText: "Demo, comes with this page" });
      await demo.getByRole("button", { name: "Use it" }).click();
      await demo.getByText("in use").waitFor();
    }
    await page.checked();
    await page.page.waitForFunction(() => /encoder=demo.*selector=demo/.test(location.hash));
    const setup = await setupOf(page);
    assert.match(setup.encoder, /^demo encoder/);
    assert.match(setup.selector, /^demo selector/);
    await page.page.reload();
    await dropFiles(page.page, pool.folder);
    await page.checked();
    assert.match((await setupOf(page)).encoder, /^demo encoder/);
  });

  it("left nothing in the console, and was alone in being asked", () => {
    assert.deepEqual(page.complaints, []);
    assert.deepEqual(site.foreign(), []);
  });
});

describe("an encoder, a selector and a backend of one's own", () => {
  const fresh = freshPages();
  let page;

  const chooseSelector = (file) => page.page.locator("input[name=selector-file]").setInputFiles(file);
  const chooseEncoder = (folder) => page.page.locator("input[name=encoder-folder]").setInputFiles(folder);

  it("come from a folder and a file, and score as the page's own do, since they are", async () => {
    page = await withPool(await fresh.open());
    const expected = await scoresBy(page);
    await page.page.context().close();
    page = await withPool(await fresh.open());
    await page.button("Change").click();
    await chooseEncoder(encoderFolder());
    await page.page.locator(".setup-line").getByText(/^my-clip/).waitFor();
    await chooseSelector(selectorFile());
    await page.page.locator(".setup-line").getByText(/^my-selector\.safetensors/).waitFor();
    await page.checked();
    assert.match(await inUse(page, "Encoder"), /^From a folder on this machine/);
    assert.match(await inUse(page, "Selector"), /^From a file/);
    assertSameBytes(await scoresBy(page), expected, "scores.csv");
  });

  it("an encoder without its weights is refused in words, and the demo's is a way on", async () => {
    page = await withPool(await fresh.open());
    await page.button("Change").click();
    const torn = encoderFolder();
    rmSync(join(torn, "model.safetensors"));
    await chooseEncoder(torn);
    const alert = page.page.getByRole("alert").filter({ hasText: "This encoder cannot be used" });
    await alert.waitFor();
    assert.match(await alert.innerText(), /model\.safetensors/);
    await alert.getByRole("button", { name: "Use both of the demo" }).click();
    await alert.waitFor({ state: "detached" });
    await page.checked();
    assert.match((await setupOf(page)).encoder, /^demo encoder/);
  });

  it("a selector of another width is refused in words before anything is encoded", async () => {
    page = await withPool(await fresh.open());
    await page.button("Change").click();
    await chooseSelector(narrowSelector());
    const warning = page.page.locator("#setup").getByRole("status").filter({ hasText: "This selector" });
    await warning.getByText("This selector works on 8 dimensions and this encoder gives 128: they cannot be used together.").waitFor();
    assert.match(await warning.innerText(), /Take the encoder that it was trained on, or a selector that was trained on this one\./);
    await page.checked();
    assert.ok(await page.button("Encode and score").isDisabled());
    await warning.getByRole("button", { name: "Use both of the demo" }).click();
    await warning.waitFor({ state: "detached" });
    await page.checked();
    assert.ok(await page.button("Encode and score").isEnabled());
  });

  it("a selector of another encoder is used only where its user insists", async () => {
    page = await withPool(await fresh.open());
    await page.button("Change").click();
    const foreign = selectorOfAnother();
    await chooseSelector(foreign.file);
    const warning = page.page.locator("#setup").getByRole("status").filter({ hasText: "This selector" });
    await warning.getByText(/^This selector was trained on another encoder\. With this one its scores would mean nothing\./).waitFor();
    assert.match(await warning.innerText(), new RegExp(foreign.encoder.slice(0, 12)));
    const { encoded } = await page.checked();
    await page.start();
    const alert = page.page.getByRole("alert").filter({ hasText: "These do not belong together" });
    await alert.waitFor();
    await alert.getByRole("button", { name: "Use them all the same" }).click();
    assert.equal(await page.scored(), encoded);
  });

  it("the processor is what it says, and a GPU that is not there is said to be missing", async () => {
    page = await withPool(await fresh.open());
    await page.button("Change").click();
    const backend = page.page.getByRole("radiogroup", { name: "Runs on" });
    await backend.getByRole("radio", { name: "Processor" }).check();
    await page.page.waitForFunction(() => location.hash === "#backend=cpu");
    await page.checked();
    assert.match((await setupOf(page)).backend, /^Processor, \d+ workers?/);
    await backend.getByRole("radio", { name: "GPU (WebGPU)" }).check();
    const alert = page.page.getByRole("alert").filter({ hasText: "The GPU cannot be used here" });
    await alert.waitFor();
    assert.match(await alert.innerText(), /The processor does the same, more slowly\./);
    await alert.getByRole("button", { name: "Use the processor" }).click();
    await alert.waitFor({ state: "detached" });
    await page.checked();
    assert.ok(await backend.getByRole("radio", { name: "Processor" }).isChecked());
    assert.match((await scoresBy(page)).toString(), /^index,/);
  });
});
