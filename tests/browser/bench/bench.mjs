// The benchmark: measures what it was asked to, prints tables, writes raw numbers.
//
// Started by `cargo xtask bench --web`, which makes what it needs: OFA_BENCH_FOLDER has the models and
// images, OFA_BENCH_DEMO a generated dataset.

import { readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { withPage } from "./bench_chromium.mjs";
import { startBenchServer } from "./bench_server.mjs";
import { decoding } from "./decoding.mjs";
import { readOptions } from "./options.mjs";
import { readiness } from "./readiness.mjs";
import { decodingTable, driftTable, readinessTable, throughputTable } from "./tables.mjs";
import { cpuThroughput, webGpuThroughput } from "./throughput.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

function folderOf(variable) {
  const folder = process.env[variable];
  if (!folder) {
    throw new Error(`${variable} is not set: start this with \`cargo xtask bench --web\``);
  }
  return folder;
}

/** Where and with what it was measured. */
async function surroundings(server, options) {
  const { version } = JSON.parse(readFileSync(here("node_modules/onnxruntime-web/package.json"), "utf8"));
  const chromium = await withPage(server, undefined, async (_, browser) => browser);
  const [{ model }] = cpus();
  return {
    cpu: model.trim(),
    cores: cpus().length,
    memoryBytes: totalmem(),
    // Above 0 before anything was measured, others were at work.
    load: loadavg()[0],
    chromium,
    "onnxruntime-web": version,
    options: { ...options, parts: [...options.parts] },
  };
}

async function main() {
  const options = readOptions(process.argv.slice(2));
  const [work, demo] = [folderOf("OFA_BENCH_FOLDER"), folderOf("OFA_BENCH_DEMO")];
  const server = await startBenchServer({
    "/bench/": here("page/"),
    "/demo/": demo,
    "/images/": join(work, "images"),
    "/models/": work,
    "/onnxruntime-web/": here("node_modules/onnxruntime-web/dist/"),
    "/pkg/": here("../../../pkg/"),
    "/trained/": here("../../../assets/demo-encoder/"),
  });
  try {
    const given = { ...options, model: `/models/${options.size}/`, images: join(work, "images"), demo };
    const config = JSON.parse(readFileSync(join(work, options.size, "config.json"), "utf8"));
    const measured = { surroundings: await surroundings(server, options) };
    const { cpu, cores, load, chromium, "onnxruntime-web": version } = measured.surroundings;
    console.log(`${cpu}, ${cores} cores, load ${load.toFixed(1)} before the benchmark`);
    console.log(`Chromium ${chromium}, onnxruntime-web ${version}, model ${options.size}`);
    const part = async (name, measure, ...tables) => {
      if (options.parts.has(name)) {
        measured[name] = await measure();
        tables.forEach((table) => console.log(`\n${table(measured[name])}`));
      }
    };
    await part("cpu", () => cpuThroughput(server, config, given), throughputTable);
    await part("webgpu", () => webGpuThroughput(server, config, given), ({ results }) => throughputTable(results));
    await part("ready", () => readiness(server, given), readinessTable);
    await part("decode", () => decoding(server, given), decodingTable, driftTable);
    if (options.json) {
      writeFileSync(options.json, `${JSON.stringify(measured, null, 1)}\n`);
    }
  } finally {
    await server.close();
  }
}

try {
  await main();
} catch (error) {
  // What was thrown on purpose says all; of anything else the place is of interest.
  console.error(`error: ${error.constructor === Error ? error.message : error.stack}`);
  process.exitCode = 1;
}
