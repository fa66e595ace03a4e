// onnxruntime-web's sessions of the same model.

import { measureEncoder } from "./measured_encoder.mjs";

const FOLDER = "/onnxruntime-web/";

/** A model's bytes; with the name of a cache kept there, as transformers.js does it. */
async function modelBytes(address, name) {
  const cache = name && (await caches.open(name));
  let answer = await cache?.match(address);
  if (!answer) {
    answer = await fetch(address);
    await cache?.put(address, answer.clone());
  }
  return new Uint8Array(await answer.arrayBuffer());
}

measureEncoder(async ({ model, backend, threads, cache }) => {
  const ort = await import(`${FOLDER}ort.${backend === "webgpu" ? "webgpu" : "wasm"}.min.mjs`);
  ort.env.wasm.wasmPaths = FOLDER;
  ort.env.wasm.numThreads = threads;
  const options = { executionProviders: [backend === "webgpu" ? "webgpu" : "wasm"], graphOptimizationLevel: "all" };
  const models = await Promise.all(["vision", "text"].map((name) => modelBytes(`${model}${name}.onnx`, cache)));
  const vision = await ort.InferenceSession.create(models.shift(), options);
  const text = await ort.InferenceSession.create(models.shift(), options);
  const { image_size: side } = (await (await fetch(`${model}config.json`)).json()).vision_config;

  const run = async (session, given, made) => {
    const { [made]: embeddings } = await session.run(given);
    const values = await embeddings.getData();
    embeddings.dispose();
    return values;
  };
  return {
    images(values, count) {
      const pixels = new ort.Tensor("float32", values, [count, 3, side, side]);
      return () => run(vision, { pixel_values: pixels }, "image_embeds");
    },
    texts(ids) {
      // Padded with the end token to the longest of the batch, as processors for CLIP do it.
      const longest = Math.max(...ids.map(({ length }) => length));
      const padded = ids.flatMap((text) => [...text, ...Array(longest - text.length).fill(text.at(-1))]);
      const tensor = new ort.Tensor("int64", BigInt64Array.from(padded, BigInt), [ids.length, longest]);
      return () => run(text, { input_ids: tensor }, "text_embeds");
    },
  };
});
