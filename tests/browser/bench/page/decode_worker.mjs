// Decoding by the wasm decoder and by the browser's, side by side: how fast, and how far apart.

import { modelFiles } from "./model_files.mjs";
import { answerCalls } from "./worker_calls.mjs";

/** Neither turned by EXIF, nor colours converted, nor multiplied by alpha: what the file says. */
const AS_IT_IS = { imageOrientation: "none", colorSpaceConversion: "none", premultiplyAlpha: "none" };

/** Pixel values of CLIP are levels of 255, less a mean, by these. */
const STD = [0.26862954, 0.26130258, 0.27577711];

let module;
let clip;
let encoder;
const levelReaders = new Map();

const bytesOf = async (address) => new Uint8Array(await (await fetch(address)).arrayBuffer());

/** A reader whose values are the levels of the square in the middle of images with this shorter side. */
function levelReader(side) {
  if (!levelReaders.has(side)) {
    const preprocessing = {
      image_processor_type: "CLIPImageProcessor",
      size: { shortest_edge: side },
      crop_size: { height: side, width: side },
      do_rescale: false,
      do_normalize: false,
    };
    // A model of such images: of one patch, since there is none to be computed.
    const config = { vision_config: { image_size: side, patch_size: side } };
    const file = (path, content) => ({ path, source: new TextEncoder().encode(JSON.stringify(content)) });
    const files = [file("config.json", config), file("preprocessor_config.json", preprocessing)];
    levelReaders.set(side, module.ImageReader.open(files));
  }
  return levelReaders.get(side);
}

/** The browser's decoding of one image at a time, down to the bytes of its pixels. */
class Canvas {
  #canvas = new OffscreenCanvas(1, 1);
  // Kept where it is read back from.
  #context = this.#canvas.getContext("2d", { willReadFrequently: true, colorSpace: "srgb" });

  async pixels(blob) {
    const bitmap = await createImageBitmap(blob, AS_IT_IS);
    const { width, height } = bitmap;
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      Object.assign(this.#canvas, { width, height });
    }
    this.#context.globalCompositeOperation = "copy";
    this.#context.drawImage(bitmap, 0, 0);
    bitmap.close();
    return this.#context.getImageData(0, 0, width, height);
  }
}

/** Images a second, over at least so many seconds and one pass. */
async function perSecond(items, seconds, decode) {
  await decode(items[0]);
  const start = performance.now();
  let count = 0;
  let passed = 0;
  while (count < items.length || passed < seconds) {
    await decode(items[count % items.length]);
    count += 1;
    passed = (performance.now() - start) / 1000;
  }
  return count / passed;
}

/** As `perSecond`, with several images at a time. */
async function perSecondAhead(items, seconds, ahead) {
  const canvases = Array.from({ length: ahead }, () => new Canvas());
  const start = performance.now();
  let next = 0;
  const lane = async (canvas) => {
    while (next < items.length || performance.now() - start < seconds * 1000) {
      next += 1;
      await canvas.pixels(items[next % items.length]);
    }
  };
  await Promise.all(canvases.map(lane));
  return next / ((performance.now() - start) / 1000);
}

/** The square in the middle of RGBA pixels, as `[3, side, side]` levels. */
function middle({ data, width, height }) {
  const side = Math.min(width, height);
  const [left, top] = [Math.floor((width - side) / 2), Math.floor((height - side) / 2)];
  const levels = new Float32Array(3 * side * side);
  for (let channel = 0; channel < 3; channel += 1) {
    for (let y = 0; y < side; y += 1) {
      for (let x = 0; x < side; x += 1) {
        levels[(channel * side + y) * side + x] = data[((top + y) * width + left + x) * 4 + channel];
      }
    }
  }
  return levels;
}

/** How far apart levels are: the largest and the mean difference, and the share that differ. */
class Drift {
  #most = 0;
  #sum = 0;
  #differ = 0;
  #count = 0;

  add(one, other, scale = () => 1) {
    for (let at = 0; at < one.length; at += 1) {
      const difference = Math.abs(one[at] - other[at]) * scale(at);
      this.#most = Math.max(this.#most, difference);
      this.#sum += difference;
      this.#differ += difference > 0.5 ? 1 : 0;
    }
    this.#count += one.length;
  }

  told() {
    return { most: this.#most, mean: this.#sum / this.#count, differ: this.#differ / this.#count };
  }
}

function cosine(one, other) {
  let [dot, first, second] = [0, 0, 0];
  for (let at = 0; at < one.length; at += 1) {
    dot += one[at] * other[at];
    first += one[at] ** 2;
    second += other[at] ** 2;
  }
  return dot / Math.sqrt(first * second);
}

/** RGBA pixels as a file that any decoder decodes to just these: a BMP of 24 bits. */
function bitmapFile({ data, width, height }) {
  const row = Math.ceil((width * 3) / 4) * 4;
  const file = new Uint8Array(54 + row * height);
  const view = new DataView(file.buffer);
  file.set([0x42, 0x4d]);
  for (const [at, value] of [[2, file.length], [10, 54], [14, 40], [18, width], [22, height], [34, row * height]]) {
    view.setUint32(at, value, true);
  }
  view.setUint16(26, 1, true);
  view.setUint16(28, 24, true);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const from = (y * width + x) * 4;
      // The lowest row comes first, and blue before green and red.
      file.set([data[from + 2], data[from + 1], data[from]], 54 + (height - 1 - y) * row + x * 3);
    }
  }
  return file;
}

answerCalls({
  /** The model whose preprocessing is done, and the trained encoder that embeds both ways. */
  async load({ preprocessing, trained }) {
    module = await import("/pkg/wasm/pipeline.js");
    await module.default({ module_or_path: "/pkg/wasm/pipeline_bg.wasm" });
    clip = module.ImageReader.open(await modelFiles(preprocessing, ["config.json", "preprocessor_config.json"]));
    const files = await modelFiles(trained);
    const { loadEncoderOnCpu } = await import("/pkg/dist/wasm_module.js");
    encoder = { reader: module.ImageReader.open(files), towers: await loadEncoderOnCpu(files) };
  },

  /** Images a second of files of one size. */
  async rates({ names, references, seconds, ahead }) {
    const files = await Promise.all(names.map(bytesOf));
    const blobs = files.map((bytes) => new Blob([bytes]));
    const canvas = new Canvas();
    const decoded = await Promise.all((references ?? []).map(bytesOf));
    return {
      wasm: await perSecond(files, seconds, (bytes) => clip.pixelValues(bytes)),
      browser: await perSecond(blobs, seconds, (blob) => canvas.pixels(blob)),
      browserAhead: await perSecondAhead(blobs, seconds, ahead),
      // What is left to do where the browser has decoded.
      preprocessing: decoded.length ? await perSecond(decoded, seconds, (bytes) => clip.pixelValues(bytes)) : undefined,
    };
  },

  /** How far apart both are, and each is from what the reference decoded. */
  async drift({ names, references }) {
    const between = new Drift();
    const wasmToReference = new Drift();
    const browserToReference = new Drift();
    const preprocessed = new Drift();
    let leastCosine = 1;
    const canvas = new Canvas();
    for (const [nth, name] of names.entries()) {
      const bytes = await bytesOf(name);
      const pixels = await canvas.pixels(new Blob([bytes]));
      const reader = levelReader(Math.min(pixels.width, pixels.height));
      const [wasm, browser] = [reader.pixelValues(bytes), middle(pixels)];
      between.add(wasm, browser);
      if (references) {
        const reference = reader.pixelValues(await bytesOf(references[nth]));
        wasmToReference.add(wasm, reference);
        browserToReference.add(browser, reference);
      }
      const again = bitmapFile(pixels);
      const values = [clip.pixelValues(bytes), clip.pixelValues(again)];
      const plane = values[0].length / 3;
      preprocessed.add(...values, (at) => 255 * STD[Math.floor(at / plane)]);
      const embeddings = [];
      for (const file of [bytes, again]) {
        embeddings.push(await encoder.towers.embedImages(encoder.reader.pixelValues(file), 1));
      }
      leastCosine = Math.min(leastCosine, cosine(...embeddings));
    }
    const told = { between: between.told(), preprocessed: preprocessed.told(), leastCosine };
    return references
      ? { ...told, wasmToReference: wasmToReference.told(), browserToReference: browserToReference.told() }
      : told;
  },
});
