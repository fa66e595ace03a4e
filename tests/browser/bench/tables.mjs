// The figures as tables, in Markdown.

import { median } from "./throughput.mjs";

/** A table; all columns but the first ones, which are words, are aligned to the right. */
function table(heads, rows, words = 1) {
  const lines = [heads, heads.map((_, nth) => (nth < words ? "---" : "---:")), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

const digits = (number, count = 3) => (number === undefined ? "" : Number(number.toPrecision(count)).toString());
const range = (numbers) => `${digits(Math.min(...numbers))} to ${digits(Math.max(...numbers))}`;
const LIBRARIES = { ofa: "ofa", onnx: "onnxruntime-web" };

/** A cosine, whose digits are all nines. */
function nearOne(cosine) {
  if (cosine === undefined) {
    return "";
  }
  return cosine < 1 ? `1 - ${(1 - cosine).toExponential(0)}` : "1";
}

function runBy({ backend, workers, threads }) {
  if (backend === "webgpu") {
    return "1 device";
  }
  const unit = (count, name) => `${count} ${name}${count === 1 ? "" : "s"}`;
  return threads > 1 ? unit(threads, "thread") : unit(workers, "worker");
}

/**
 * Rates, and in a row of the reference how many times its rate ours is: the median of the rounds, each
 * with its own. `least cosine` is between the two libraries on one input, `other inputs` the greatest between
 * different ones.
 */
export function throughputTable(results) {
  const rows = results.filter(({ measured }) => measured.length > 0).map((result) => {
    const rates = result.measured.map(({ rate }) => rate);
    // What a GPU computes is in no process's time.
    const isTimed = result.backend === "cpu";
    return [
      result.name,
      LIBRARIES[result.library],
      runBy(result),
      digits(median(rates)),
      range(rates),
      isTimed ? digits(median(result.measured.map(({ perCpuSecond }) => perCpuSecond))) : "",
      result.ratios ? digits(median(result.ratios)) : "",
      result.cpuRatios && isTimed ? digits(median(result.cpuRatios)) : "",
      nearOne(result.least),
      digits(result.between, 2),
      digits(result.firstCallSeconds),
      digits(result.loadSeconds),
      result.memoryBytes ? `${Math.round(result.memoryBytes / 1e6)}` : "",
    ];
  });
  const heads = [
    "what",
    "library",
    "with",
    "a second",
    "rounds",
    "by CPU second",
    "ofa, times this",
    "ofa by CPU second, times this",
    "least cosine",
    "other inputs",
    "first call, s",
    "loading, s",
    "memory, MB",
  ];
  const compared = results.filter(({ measured, least }) => measured.length === 0 && least !== undefined);
  const words = compared.map((result) => `${result.name}, ${runBy(result)}: least cosine ${nearOne(result.least)}`);
  return [table(heads, rows, 3), ...words].join("\n\n");
}

/** Seconds, and in our rows how many times the reference's they are. */
export function readinessTable(results) {
  const of = (library, backend, visit) =>
    results.find((one) => one.library === library && one.backend === backend && one.visit === visit);
  const rows = results.map(({ library, backend, visit, created, ready, bytesSent }) => [
    backend,
    `${visit} visit`,
    LIBRARIES[library],
    digits(created),
    digits(ready),
    library === "ofa" ? digits(ready / of("onnx", backend, visit).ready) : "",
    `${(bytesSent / 1e6).toFixed(1)}`,
  ]);
  const heads = ["backend", "visit", "library", "created, s", "first embeddings, s", "ofa, times that", "MB sent"];
  return table(heads, rows, 3);
}

/**
 * Images a second. `preprocessing alone` is that of files that need no decoding; with it come what the wasm
 * decoder takes of the first column, and what the browser's decoder would make with it.
 */
export function decodingTable(results) {
  const timed = results.filter(({ rates }) => rates);
  const rows = timed.map(({ kind, ahead, rates }) => {
    const { wasm, browser, browserAhead, preprocessing } = rates;
    const alone = preprocessing && 1 / (1 / wasm - 1 / preprocessing);
    const whole = preprocessing && 1 / (1 / browser + 1 / preprocessing);
    const cells = [wasm, preprocessing, alone, browser, whole].map((rate) => digits(rate));
    return [kind, ...cells, `${digits(browserAhead)} (${ahead})`];
  });
  const heads = [
    "images",
    "wasm, preprocessed",
    "preprocessing alone",
    "wasm decoder alone",
    "browser, read back",
    "browser, preprocessed",
    "browser, several at a time",
  ];
  return table(heads, rows);
}

/** Differences of levels from 0 to 255: the largest, the mean, and the share of values that differ. */
export function driftTable(results) {
  const told = (drift) => {
    if (!drift?.most) {
      return drift ? "0" : "";
    }
    return `${digits(drift.most)} / ${drift.mean.toFixed(3)} / ${(100 * drift.differ).toFixed(1)}%`;
  };
  const rows = results.map(({ kind, files, drift }) => [
    kind,
    files,
    told(drift.wasmToReference),
    told(drift.browserToReference),
    told(drift.between),
    told(drift.preprocessed),
    nearOne(drift.leastCosine),
  ]);
  const heads = [
    "images",
    "files",
    "wasm to Pillow",
    "browser to Pillow",
    "browser to wasm",
    "the same, preprocessed",
    "least cosine",
  ];
  return table(heads, rows);
}
