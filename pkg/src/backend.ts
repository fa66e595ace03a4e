// Which backend the encoder runs on, and why. An explicit choice is never replaced by another one.

import { OfaError, wordsOf } from "./errors.js";
import type { AdapterDescription, Backend, BackendReason, WebGpuLack } from "./events.js";
import { gpuOfNavigator, type AdapterInfo } from "./webgpu.js";

/** What WebGPU would be: whether the encoder can run on it, and on which adapter, or why not, in words and by code. */
export type Probe =
  | { usable: true; adapter: AdapterDescription }
  | { usable: false; reason: string; lack: WebGpuLack; adapter?: AdapterDescription };

/** The chosen backend. */
export interface BackendChoice {
  backend: Backend;
  reason: string;
  why: BackendReason;
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
    return { usable: false, reason: "this browser has no WebGPU in workers", lack: { code: "no_webgpu" } };
  }
  try {
    const found = await gpu.requestAdapter({ powerPreference: "high-performance" });
    if (found === null) {
      return { usable: false, reason: "WebGPU finds no adapter", lack: { code: "no_adapter" } };
    }
    const info: AdapterInfo = found.info ?? (await found.requestAdapterInfo?.()) ?? {};
    const { vendor = "", architecture = "", device = "", description = "" } = info;
    const isFallback = info.isFallbackAdapter ?? found.isFallbackAdapter ?? false;
    const described = { vendor, architecture, device, description };
    const named = nameOf(described);
    const adapter = { ...described, software: isFallback || SOFTWARE.test(named) };
    for (const limit of ["maxStorageBufferBindingSize", "maxBufferSize"] as const) {
      const has = found.limits[limit];
      if (has < largestTensorBytes) {
        return {
          usable: false,
          reason:
            `${adapterInWords(named)} is too small for this encoder: ${limit} is ${has}, its largest tensor takes ` +
            `${largestTensorBytes} bytes`,
          lack: { code: "adapter_too_small", adapter: named, limit, has, needed: largestTensorBytes },
          adapter,
        };
      }
    }
    return { usable: true, adapter };
  } catch (error) {
    return failedProbe(error);
  }
}

/** What is known where asking for an adapter fails. */
export function failedProbe(error: unknown): Probe {
  const detail = wordsOf(error);
  return { usable: false, reason: `WebGPU fails: ${detail}`, lack: { code: "webgpu_fails", detail } };
}

/** An adapter's name, of all that the browser says; empty where it says nothing. */
export function nameOf({ vendor, architecture, device, description }: Omit<AdapterDescription, "software">): string {
  return [vendor, architecture, device, description].filter((word) => word !== "").join(" ");
}

/** An adapter in words, by its name. */
export function adapterInWords(adapter: string): string {
  return adapter === "" ? "an adapter without a name" : adapter;
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
    return { backend: "cpu", reason: "the CPU was asked for", why: { code: "cpu_asked" }, isAutomatic: false };
  }
  const found = await probe();
  if (!found.usable) {
    const { reason, lack, adapter } = found;
    if (asked === "webgpu") {
      throw new OfaError(
        "backend_unavailable",
        `backend: "webgpu" was asked for, and cannot be had: ${reason}; "auto" takes the CPU then`,
        { details: { lack } },
      );
    }
    return { backend: "cpu", reason, why: lack, isAutomatic: true, ...(adapter === undefined ? {} : { adapter }) };
  }
  const { adapter } = found;
  const named = nameOf(adapter);
  const words = adapterInWords(named);
  if (asked === "webgpu") {
    const reason = `WebGPU was asked for; it is ${words}`;
    return { backend: "webgpu", reason, why: { code: "webgpu_asked", adapter: named }, isAutomatic: false, adapter };
  }
  if (adapter.software) {
    const reason = `the adapter is software (${words}): it computes on the CPU, where workers are faster`;
    return { backend: "cpu", reason, why: { code: "software_adapter", adapter: named }, isAutomatic: true, adapter };
  }
  const why: BackendReason = { code: "gpu_found", adapter: named };
  return { backend: "webgpu", reason: `the GPU is ${words}`, why, isAutomatic: true, adapter };
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
