// Images and texts a second of both libraries, by turns in one page.

import { compareEmbeddings } from "./agreement.mjs";
import { withPage } from "./bench_chromium.mjs";
import { sizesOf } from "./page/inputs.mjs";

/** Tokens of a short text, such as most questions are; the longest is as long as the model takes. */
const SHORT = 16;

/** Threads of onnxruntime-web go on looking for work for a moment after their last. */
const PAUSE = 500;

/** What is embedded: its name in the table, what workers are told, and whether its speed is of interest. */
function works({ context }, batch) {
  const work = (name, more, isTimed = true) => ({ name, work: { ...more, batch }, isTimed });
  return [
    work("images", { images: true }),
    work(`texts of ${SHORT} tokens`, { lengths: [SHORT] }),
    work(`texts of ${context} tokens`, { lengths: [context] }),
    // The package puts texts of like length into a batch, so that of these only the end tokens matter.
    work(`texts of 8 to ${context} tokens`, { lengths: [8, 12, 24, context] }, false),
  ];
}

const sum = (numbers) => numbers.reduce((all, number) => all + number, 0);

export function median(numbers) {
  const sorted = [...numbers].sort((one, other) => one - other);
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/**
 * On the CPU: one worker beside one thread; then as many workers as threads, and beside them the
 * reference in workers of one thread each too, where that is faster.
 */
export async function cpuThroughput(server, config, options) {
  const { workers, batch = 8 } = options;
  const ours = (count) => ({ library: "ofa", count, options: {} });
  const theirs = (count, threads) => ({ library: "onnx", count, options: { threads } });
  const parts = [[ours(1), theirs(1, 1)]];
  if (workers > 1) {
    parts.push([ours(workers), theirs(1, workers), theirs(workers, 1)]);
  }
  const results = [];
  for (const sides of parts) {
    // A browser of its own each, so that none starts in the memory that others have left.
    const how = { ...options, batch };
    results.push(await withPage(server, undefined, (bench) => measure(bench, config, "cpu", sides, how)));
  }
  return results.flat();
}

/** On WebGPU, one device each. */
export function webGpuThroughput(server, config, options) {
  const isSoftware = options.webgpu === "software";
  const batch = options.batch ?? (isSoftware ? 1 : 32);
  return withPage(server, options.webgpu, async (bench) => {
    const adapter = await bench.adapter();
    if (!adapter) {
      throw new Error(`--webgpu ${options.webgpu}: Chromium gives no adapter`);
    }
    if (!isSoftware && /swiftshader|llvmpipe/i.test(JSON.stringify(adapter))) {
      throw new Error(`--webgpu hardware: Chromium's adapter is software (${JSON.stringify(adapter)})`);
    }
    const side = (library) => ({ library, count: 1, options: { threads: 1, backend: "webgpu" } });
    const sides = [side("ofa"), side("onnx")];
    const results = await measure(bench, config, "webgpu", sides, { ...options, batch, callsOnly: isSoftware });
    return { adapter, results };
  });
}

/** Loads all sides, compares what they embed, and then measures each piece of work by turns. */
async function measure(bench, config, backend, sides, { batch, seconds, rounds, model, callsOnly }) {
  if (!(await bench.isolated())) {
    throw new Error("the page is not isolated, so that the reference has one thread only");
  }
  const sizes = sizesOf(config);
  for (const [nth, side] of sides.entries()) {
    side.name = `side-${nth}`;
    await bench.start(side.name, side.library, side.count);
    side.load = Math.max(...(await bench.all(side.name, "load", { model, sizes, ...side.options })));
  }
  const results = [];
  for (const { name, work, isTimed } of works(sizes, batch)) {
    const embedded = [];
    for (const side of sides) {
      embedded.push(await bench.one(side.name, "embed", work));
    }
    const [ours, ...references] = embedded;
    const agreements = references.map(({ values }) => compareEmbeddings(backend, name, ours.values, values, batch));
    const measured = isTimed
      ? await byTurns(bench, sides, work, { seconds, rounds, callsOnly })
      : sides.map(() => []);
    const ratios = (nth, of) => measured[0].map((ours, round) => ours[of] / measured[nth][round][of]);
    results.push(...sides.map((side, nth) => ({
      backend,
      name,
      batch,
      library: side.library,
      workers: side.count,
      threads: side.options.threads ?? 1,
      loadSeconds: side.load,
      firstCallSeconds: embedded[nth].seconds,
      measured: measured[nth],
      ...(nth > 0 && { ratios: ratios(nth, "rate"), cpuRatios: ratios(nth, "perCpuSecond"), ...agreements[nth - 1] }),
    })));
  }
  for (const [nth, side] of sides.entries()) {
    const memory = Math.max(...(await bench.all(side.name, "memory")).map((bytes) => bytes ?? 0));
    results.filter((_, at) => at % sides.length === nth).forEach((result) => (result.memoryBytes = memory));
    await bench.end(side.name);
  }
  return results;
}

/** Rates of each side, a round after the other, so that what else the machine does falls on all. */
async function byTurns(bench, sides, work, { seconds, rounds, callsOnly }) {
  const measured = sides.map(() => []);
  for (let round = 0; round < (callsOnly ? 1 : rounds); round += 1) {
    const order = [...sides.keys()];
    for (const nth of round % 2 ? order.reverse() : order) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
      measured[nth].push(await measureOnce(bench, sides[nth].name, work, callsOnly ? undefined : seconds));
    }
  }
  return measured;
}

/** Items a second, and by second of computing, which is nearly the same however busy the machine is. */
async function measureOnce(bench, name, work, seconds) {
  const before = await bench.cpuSeconds();
  const answers =
    seconds === undefined
      ? // The first call compiled what it needed; a second one is the measurement.
        [{ items: work.batch, seconds: (await bench.one(name, "embed", work)).seconds }]
      : await bench.all(name, "rate", work, seconds);
  const cpuSeconds = (await bench.cpuSeconds()) - before;
  return {
    rate: sum(answers.map((answer) => answer.items / answer.seconds)),
    perCpuSecond: sum(answers.map(({ items }) => items)) / cpuSeconds,
  };
}
