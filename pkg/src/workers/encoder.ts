// The worker that decodes and embeds: on the CPU several of them, on a GPU one.

import { probeWebGpu } from "../backend.js";
import type { EncoderCalls } from "../encoder_calls.js";
import { OfaError, toOfaError, wordsOf } from "../errors.js";
import { loadEncoderOnCpu, loadPipeline, loadWebGpu, type PipelineModule, type WasmEncoder, type WasmImageReader } from "../wasm_module.js";
import { watchDevices } from "../webgpu.js";
import { adjustFeatures } from "../webgpu_features.js";
import { answerCalls, Transferred, wordsOfTrap } from "../worker_calls.js";

let lastPanic: () => string | undefined = () => undefined;
let reader: WasmImageReader | undefined;
let encoder: WasmEncoder | undefined;
let tryToDecode: PipelineModule["tryToDecode"] | undefined;

/** The words for a device that computes no more: after such an error nothing that it gives can be trusted. */
function wordsOfDevice(error: unknown): string | undefined {
  const { code } = (typeof error === "object" && error !== null ? error : {}) as { code?: unknown };
  return code === "device_lost" || code === "encoder_failed" ? wordsOf(error) : undefined;
}

function loaded<T>(part: T | undefined): T {
  if (part === undefined) {
    throw new OfaError("internal", "an encoder worker was asked for what it did not load");
  }
  return part;
}

/** What is made of an image; the reason why it cannot be used has to outlast the way to the other thread. */
function usable<T>(make: () => T): T {
  try {
    return make();
  } catch (thrown) {
    const { reason, detail } = thrown as { reason?: unknown; detail?: unknown };
    if (typeof reason !== "string") {
      throw thrown;
    }
    throw new OfaError("record_unusable", toOfaError(thrown).message, {
      details: { reason, detail: String(detail ?? "") },
    });
  }
}

/** A result whose buffer is handed over. */
function handedOver(values: Float32Array<ArrayBuffer>): Transferred<Float32Array> {
  return new Transferred(values, [values.buffer]);
}

answerCalls<EncoderCalls>(
  (end) => ({
    probe: ({ largestTensorBytes }) => probeWebGpu(largestTensorBytes),

    async load({ module, files, reads, embeds }) {
      if (module === "webgpu") {
        adjustFeatures();
        watchDevices(end);
        const webgpu = await loadWebGpu();
        lastPanic = () => webgpu.lastPanic?.();
        encoder = await webgpu.Encoder.load(files);
        return undefined;
      }
      const pipeline = await loadPipeline();
      lastPanic = () => pipeline.lastPanic?.();
      ({ tryToDecode } = pipeline);
      reader = reads ? pipeline.ImageReader.open(files) : undefined;
      encoder = embeds ? await loadEncoderOnCpu(files) : undefined;
      return undefined;
    },

    pixelValues({ bytes }) {
      return handedOver(usable(() => loaded(reader).pixelValues(bytes)));
    },

    tryToDecode({ bytes }) {
      usable(() => loaded(tryToDecode)(bytes));
      return undefined;
    },

    async embedImages({ pixelValues, count }) {
      return handedOver(await loaded(encoder).embedImages(pixelValues, count));
    },

    async embedTexts({ inputIds, lengths }) {
      return handedOver(await loaded(encoder).embedTexts(inputIds, lengths));
    },
  }),
  (error) => wordsOfTrap(error, lastPanic) ?? wordsOfDevice(error),
);
