// Loads an encoder as the package's workers do and embeds with it, and says how large the module's memory got: it never
// shrinks.

import { adjustFeatures } from "/pkg/dist/webgpu_features.js";
import { clipFiles } from "./random_clip.mjs";

/** Embeds so many images, none of them anything. */
function embedImages(encoder, count) {
  const { imageSize } = encoder;
  return encoder.embedImages(new Float32Array(count * 3 * imageSize * imageSize).fill(0.5), count);
}

/** Embeds so many texts of a length, framed as a tokeniser frames them. */
function embedTexts(encoder, { text_config: { bos_token_id: start, eos_token_id: end } }, { count, length }) {
  const ids = new Uint32Array(count * length);
  ids.forEach((_, at) => (ids[at] = at % length === 0 ? start : at % length === length - 1 ? end : at % length));
  return encoder.embedTexts(ids, new Uint32Array(count).fill(length));
}

onmessage = async ({ data: { name, config, images, beside } }) => {
  try {
    adjustFeatures();
    const module = await import(`/pkg/wasm/${name}.js`);
    const { memory } = await module.default({ module_or_path: `/pkg/wasm/${name}_bg.wasm` });
    const files = clipFiles(config);
    const begin = memory.buffer.byteLength;
    const start = performance.now();
    const load = async (files) =>
      name === "webgpu"
        ? module.Encoder.load(files)
        : (await import("/pkg/dist/wasm_module.js")).loadEncoderOnCpu(files);
    const encoder = await load(files);
    const seconds = (performance.now() - start) / 1000;
    const loaded = memory.buffer.byteLength;
    const rows = [await embedImages(encoder, images)];
    if (beside !== undefined) {
      const other = await load(clipFiles(beside.config));
      rows.push(...(await Promise.all(beside.images.map((count) => embedImages(other, count)))));
      rows.push(...(await Promise.all(beside.texts.map((asked) => embedTexts(other, beside.config, asked)))));
    }
    const weights = files.reduce((all, { source }) => all + source.size, 0);
    postMessage({
      begin,
      loaded,
      end: memory.buffer.byteLength,
      rows: rows.map(({ length }) => length),
      finite: rows.every((each) => each.every(Number.isFinite)),
      weights,
      seconds,
    });
  } catch (error) {
    postMessage({ error: `${error?.code ?? ""} ${error?.stack ?? error}` });
  }
};
