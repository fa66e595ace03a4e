// The page: starts workers and passes on what the benchmark asks of them.

import { CalledWorker } from "./worker_calls.mjs";

const SCRIPTS = { ofa: "ofa_worker.mjs", onnx: "onnx_worker.mjs", decode: "decode_worker.mjs" };
const pools = new Map();

window.bench = {
  isolated: () => crossOriginIsolated,

  /** The adapter that WebGPU would compute on. */
  async adapter() {
    const adapter = await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" });
    if (!adapter) {
      return undefined;
    }
    const { vendor, architecture, device, description } = adapter.info;
    return { vendor, architecture, device, description };
  },

  /** Starts so many workers under a name. */
  start(name, script, count) {
    pools.set(name, Array.from({ length: count }, () => new CalledWorker(SCRIPTS[script])));
  },

  /** Asks all workers of a name at once, and gives their answers. */
  all: (name, call, ...given) => Promise.all(pools.get(name).map((worker) => worker.call(call, ...given))),

  /** Asks the first. */
  one: (name, call, ...given) => pools.get(name)[0].call(call, ...given),

  end(name) {
    pools.get(name).forEach((worker) => worker.end());
    pools.delete(name);
  },
};
