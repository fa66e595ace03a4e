// Times a change of the budget in WebAssembly: `node budget.mjs FILE.wasm [ROWS]`.
import { readFile } from "node:fs/promises";

const [file, rows = "665298"] = process.argv.slice(2);
const { instance } = await WebAssembly.instantiate(await readFile(file), {});
const { ofa_prepare_pool, ofa_choose } = instance.exports;
const records = Number(rows);
ofa_prepare_pool(records);
const times = [];
for (let step = 1; step <= 40; step++) {
  const count = Math.round((records * step) / 40);
  const start = performance.now();
  const chosen = ofa_choose(count);
  times.push(performance.now() - start);
  if (chosen !== count) throw new Error(`${chosen} of ${count} records were chosen`);
}
times.sort((a, b) => a - b);
const shown = [times[20], times[39]].map((time) => time.toFixed(1));
console.error(`a change of the budget among ${rows} records: median ${shown[0]} ms, slowest ${shown[1]} ms`);
