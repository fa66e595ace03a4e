// How the page's times and memory grow with the records: a dataset is dropped with its scores and features, chosen from,
// and the subset saved, which has to be the program's.
//
// Started by `cargo xtask bench -- --growth`, from the project's root. The last line that it prints is a JSON object with
// what each stage took.

import { mkdtempSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { scratch } from "../demo_pool.mjs";
import { DatasetPage } from "../page/dataset_page.mjs";
import { dropFiles } from "../page/drops.mjs";
import { servePage } from "../page/served_page.mjs";
import { SLIDER_STEPS, slideTo } from "../page/slider.mjs";
import { peakMemory } from "../page_memory.mjs";
import { ofa } from "../program.mjs";
import { cpuSeconds } from "./bench_chromium.mjs";

/** How long a stage may take, in milliseconds. */
const PATIENCE = 3_600_000;

/** The page's budget when it is opened. */
const RATIO = 0.15;

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** Takes the stages of a page, one after the other. */
async function measureStages(site, { data, scores, features }) {
  const context = await site.browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await DatasetPage.open(context, site);
  page.page.setDefaultTimeout(PATIENCE);
  const devtools = await site.browser.newBrowserCDPSession();
  const command = ["node", ...[here(import.meta.url), data, scores, features].map((path) => relative("", path))].join(" ");
  const stages = [];

  /** Notes what `work` took. Where it is the same several times, it gives the seconds of each, and their median counts. */
  const stage = async (name, work) => {
    const computed = await cpuSeconds(devtools);
    const began = performance.now();
    const printed = await work();
    const each = printed.each_seconds ?? [(performance.now() - began) / 1000];
    const run = {
      seconds: median(each),
      cpu_seconds: ((await cpuSeconds(devtools)) - computed) / each.length,
      peak_bytes: await peakMemory(site.browser),
      printed,
    };
    console.error(`${name}: ${run.seconds.toFixed(3)} s, ${Math.round(run.peak_bytes / 1e6)} MB`);
    stages.push({ stage: name, command, run });
    return printed;
  };

  // From the drop to the first choice; then until the map is drawn, which goes on beside whatever is done meanwhile.
  const { records } = await stage("page, opening", async () => {
    await dropFiles(page.page, data, scores, features);
    await page.part("Budget").waitFor();
    return { records: await page.scored() };
  });
  await stage("page, map", async () => {
    await page.page.locator(".map-box[data-drawn=true]").waitFor();
    return {};
  });
  await stage("page, another budget", async () => {
    const times = [];
    for (const step of SLIDER_STEPS) {
      times.push(await page.page.evaluate(slideTo, step));
    }
    return { each_seconds: times.map((milliseconds) => milliseconds / 1000) };
  });
  await page.setBudget({ ratio: RATIO });
  await page.chosen(Math.round(RATIO * records));
  await page.page.getByRole("combobox", { name: /^Method/ }).selectOption("kdpp");
  await stage("page, kdpp", async () => {
    await page.button("Choose").click();
    // Nothing is left to choose once it has chosen.
    await page.page.getByRole("button", { name: "Choose", exact: true, disabled: true }).waitFor();
    return { chosen: await page.chosen() };
  });
  let saved;
  await stage("page, saving", async () => {
    saved = (await page.save("subset.json")).bytes;
    return { bytes: saved.length };
  });

  const expected = join(mkdtempSync(join(scratch, "growth-")), "subset.json");
  const how = ["--method", "kdpp", "--ratio", `${RATIO}`];
  ofa("select", data, "--scores", scores, "--features", features, ...how, "-o", expected);
  if (!readFileSync(expected).equals(saved)) {
    throw new Error(`${data}: the page's subset is not the one that \`ofa select ${how.join(" ")}\` writes`);
  }
  if (page.complaints.length > 0) {
    throw new Error(`the page has in its console: ${page.complaints.join("; ")}`);
  }
  return stages;
}

const paths = process.argv.slice(2).map((path) => resolve(path));
if (paths.length !== 3) {
  throw new Error("usage: node page_growth.mjs DATA.json SCORES FEATURES");
}
const [data, scores, features] = paths;
// What is measured is the program as it is used, with the page in it.
process.env.OFA_PROGRAM ??= here("../../../target/release/ofa");
const site = await servePage();
try {
  console.log(JSON.stringify({ stages: await measureStages(site, { data, scores, features }) }));
} finally {
  await site.close();
}
