// This project's encoder, as the package's workers use it.

import { modelFiles } from "./model_files.mjs";
import { measureEncoder } from "./measured_encoder.mjs";

measureEncoder(async ({ model, backend }) => {
  if (backend === "webgpu") {
    // As the package's worker does.
    (await import("/pkg/dist/webgpu_features.js")).adjustFeatures();
  }
  const name = backend === "webgpu" ? "webgpu" : "pipeline";
  const module = await import(`/pkg/wasm/${name}.js`);
  const wasm = await module.default({ module_or_path: `/pkg/wasm/${name}_bg.wasm` });
  const files = await modelFiles(model);
  const onCpu = async () => (await import("/pkg/dist/wasm_module.js")).loadEncoderOnCpu(files);
  const encoder = backend === "webgpu" ? await module.Encoder.load(files) : await onCpu();
  return {
    images: (values, count) => () => encoder.embedImages(values, count),
    texts(ids) {
      const lengths = Uint32Array.from(ids, ({ length }) => length);
      const all = Uint32Array.from(ids.flat());
      return () => encoder.embedTexts(all, lengths);
    },
    memory: () => wasm.memory.buffer.byteLength,
  };
});
