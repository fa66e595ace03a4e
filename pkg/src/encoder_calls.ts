// The calls that an encoder worker answers, and how such a worker is started.

import type { Probe } from "./backend.js";
import type { SourceFile } from "./input_files.js";

/** What a worker is to load. */
export interface EncoderLoad {
  /** Which module: `pipeline` embeds on the CPU, `webgpu` on the GPU. */
  module: "pipeline" | "webgpu";
  /** The encoder's files. */
  files: SourceFile[];
  /** Whether images are decoded there. */
  reads: boolean;
  /** Whether images and texts are embedded there. */
  embeds: boolean;
}

/** The calls of an encoder worker. */
export type EncoderCalls = {
  probe: { params: { largestTensorBytes: number }; result: Probe; event: never };
  load: { params: EncoderLoad; result: undefined; event: never };
  pixelValues: { params: { bytes: Uint8Array }; result: Float32Array; event: never };
  tryToDecode: { params: { bytes: Uint8Array }; result: undefined; event: never };
  embedImages: { params: { pixelValues: Float32Array; count: number }; result: Float32Array; event: never };
  embedTexts: { params: { inputIds: Uint32Array; lengths: Uint32Array }; result: Float32Array; event: never };
};

/** Starts a worker. */
export function startEncoderWorker(): Worker {
  // Written out, so that bundlers find the script.
  return new Worker(new URL("./workers/encoder.js", import.meta.url), { type: "module", name: "ofa encoder" });
}
