// From navigation to the first embeddings of an image and of a text, as a page of either library would get
// there. Times count from the navigation.

const asked = new URLSearchParams(location.search);
const model = new URL(asked.get("model"), location.href).href;
const backend = asked.get("backend");
const workers = Number(asked.get("workers"));

const seconds = () => performance.now() / 1000;

/** With the package: its own storage keeps the weights, and a run of one record makes both embeddings. */
async function withPackage() {
  const { Selector } = await import("/pkg/dist/index.js");
  const stages = [];
  const onEvent = (event) => event.type === "stage" && stages.push([event.stage, seconds()]);
  const selector = await Selector.create({ encoder: { url: model }, backend, workers, onEvent });
  const created = seconds();
  // No other visit had this record, so that none has embedded it already.
  const said = `What is this? ${Date.now()}`;
  const record = {
    id: "0",
    image: "image.jpg",
    conversations: [
      { from: "human", value: `<image>\n${said}` },
      { from: "gpt", value: "A picture." },
    ],
  };
  const image = await (await fetch("/images/00.jpg")).blob();
  const data = new Blob([JSON.stringify([record])]);
  await selector.dataset([{ path: "data.json", source: data }], { images: [{ path: "image.jpg", source: image }] });
  for await (const event of selector.run()) {
    // The demo's selector is of another encoder, so it does not come to scores.
    if (event.type === "encoded") {
      const ready = seconds();
      selector.destroy();
      return { created, ready, stages };
    }
  }
  throw new Error("the run ended without an embedding");
}

/** With onnxruntime-web: the Cache API keeps the models, as transformers.js does it. */
async function withOnnx() {
  const { CalledWorker } = await import("./worker_calls.mjs");
  const worker = new CalledWorker("onnx_worker.mjs");
  const { sizesOf } = await import("./inputs.mjs");
  const sizes = sizesOf(await (await fetch(`${model}config.json`)).json());
  await worker.call("load", { model, backend, threads: workers, sizes, cache: "models" });
  const created = seconds();
  await worker.call("embed", { images: true, batch: 1 });
  await worker.call("embed", { lengths: [16], batch: 1 });
  return { created, ready: seconds() };
}

const made = asked.get("library") === "ofa" ? withPackage() : withOnnx();
window.ready = made.catch((error) => ({ error: `${error?.code ?? ""} ${error?.stack ?? error}` }));
