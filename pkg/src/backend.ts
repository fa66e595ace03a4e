// Which backend the encoder runs on, and why. An explicit choice is never replaced by another one.

import { OfaError, wordsOf } from "./errors.js";
import type { AdapterDescription, Backend } from "./events.js";
import { gpuOfNavigator, type AdapterInfo } from "./webgpu.js";

/** What WebGPU would be. */
export interface Probe {
  /** Whether the encoder can run on it. */
  usable: boolean;
  /** In words, why not, or on what. */
  reason: string;
  /** The adapter, where there is one. */
  adapter?: AdapterDescription;
}

/** The chosen backend. */
export interface BackendChoice {
  backend: Backend;
  reason: string;
  adapter?: AdapterDescription;
  /** Whether `auto` took it: then the CPU may still take its place before there is any result. */
  isAutomatic: boolean;
}

/** Words of adapters that compute on the processor. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|software|basic render|\bwarp\b/iu;

/**
 * Looks what WebGPU would be in this worker, without touching the encoder.
 *
 * `largestTensorBytes` has to fit into one binding.
 */
export async function probeWebGpu(largestTensorBytes: number): Promise<Probe> {
  const gpu = gpuOfNavigator();
  if (gpu === undefined) {
    return { usable: false, reason: "this browser has no WebGPU in workers" };
  }
  try {
    const found = await gpu.requestAdapter({ powerPreference: "high-performance" });
    if (found === null) {
      return { usable: false, reason: "WebGPU finds no adapter" };
    }
    const info: AdapterInfo = found.info ?? (await found.requestAdapterInfo?.()) ?? {};
    const { vendor = "", architecture = "", device = "", description = "" } = info;
    const isFallback = info.isFallbackAdapter ?? found.isFallbackAdapter ?? false;
    const named = [vendor, architecture, device, description].filter((word) => word !== "").join(" ");
    const adapter = { vendor, architecture, device, description, software: isFallback || SOFTWARE.test(named) };
    const name = named === "" ? "an adapter without a name" : named;
    const unusable = (lack: string): Probe => ({ usable: false, reason: `${name} ${lack}`, adapter });
    for (const limit of ["maxStorageBufferBindingSize", "maxBufferSize"] as const) {
      if (found.limits[limit] < largestTensorBytes) {
        return unusable(
          `is too small for this encoder: ${limit} is ${found.limits[limit]}, its largest tensor takes ` +
            `${largestTensorBytes} bytes`,
        );
      }
    }
    return { usable: true, reason: name, adapter };
  } catch (error) {
    return { usable: false, reason: `WebGPU fails: ${wordsOf(error)}` };
  }
}

/**
 * The backend for what was asked for.
 *
 * @throws OfaError `backend_unavailable`: WebGPU was asked for, and cannot be had.
 */
export async function chooseBackend(
  asked: "auto" | Backend,
  probe: () => Promise<Probe>,
): Promise<BackendChoice> {
  if (asked === "cpu") {
    return { backend: "cpu", reason: "the CPU was asked for", isAutomatic: false };
  }
  const { usable, reason, adapter } = await probe();
  const found = adapter === undefined ? {} : { adapter };
  if (asked === "webgpu") {
    if (!usable) {
      throw new OfaError(
        "backend_unavailable",
        `backend: "webgpu" was asked for, and cannot be had: ${reason}; "auto" takes the CPU then`,
      );
    }
    return { backend: "webgpu", reason: `WebGPU was asked for; it is ${reason}`, isAutomatic: false, ...found };
  }
  if (!usable) {
    return { backend: "cpu", reason, isAutomatic: true, ...found };
  }
  if (adapter?.software === true) {
    const because = `the adapter is software (${reason}): it computes on the CPU, where workers are faster`;
    return { backend: "cpu", reason: because, isAutomatic: true, ...found };
  }
  return { backend: "webgpu", reason: `the GPU is ${reason}`, isAutomatic: true, ...found };
}

/** Most workers: beyond, the pieces of a batch become too small. */
const MOST_WORKERS = 16;

/** Memory of a worker beside the weights: the module, a batch, and an image that is decoded. */
const WORKER_BYTES = 256e6;

/** Memory that is counted on where the browser does not say: most devices have this much. */
const USUAL_GIGABYTES = 4;

/**
 * How many workers: as many as asked for, else as many as there are cores and as fit into half of
 * the memory. `weightBytes` is of the weights that each has for itself, as f32.
 */
export function workersFor(asked: number | undefined, weightBytes: number): number {
  if (asked !== undefined) {
    return asked;
  }
  const { hardwareConcurrency = 2, deviceMemory = USUAL_GIGABYTES } = navigator as {
    hardwareConcurrency?: number;
    deviceMemory?: number;
  };
  // Twice: the file that is read may be f16, and while a tensor is loaded it is there twice.
  const each = WORKER_BYTES + 2 * weightBytes;
  const fit = Math.floor((deviceMemory * 1e9) / 2 / each);
  return Math.max(1, Math.min(hardwareConcurrency, fit, MOST_WORKERS));
}
