// Loads an encoder as the package's workers do, and says how large the module's memory got: it never shrinks.

import { adjustFeatures } from "/pkg/dist/webgpu_features.js";
import { clipFiles } from "./random_clip.mjs";

onmessage = async ({ data: { name, config, images } }) => {
  try {
    adjustFeatures();
    const module = await import(`/pkg/wasm/${name}.js`);
    const { memory } = await module.default({ module_or_path: `/pkg/wasm/${name}_bg.wasm` });
    const files = clipFiles(config);
    const begin = memory.buffer.byteLength;
    const start = performance.now();
    const onCpu = async () => (await import("/pkg/dist/wasm_module.js")).loadEncoderOnCpu(files);
    const encoder = name === "webgpu" ? await module.Encoder.load(files) : await onCpu();
    const seconds = (performance.now() - start) / 1000;
    const loaded = memory.buffer.byteLength;
    const rows = images === 0 ? [] : await encoder.embedImages(new Float32Array(images * 3 * 224 * 224).fill(0.5), images);
    const weights = files.reduce((all, { source }) => all + source.size, 0);
    postMessage({ begin, loaded, end: memory.buffer.byteLength, rows: rows.length, finite: rows.every(Number.isFinite), weights, seconds });
  } catch (error) {
    postMessage({ error: `${error?.code ?? ""} ${error?.stack ?? error}` });
  }
};
