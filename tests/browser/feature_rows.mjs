// Reads the rows of a feature store and says how far two stores are apart.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The files of a folder by name. */
export function folderFiles(folder) {
  return new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));
}

/** A safetensors file: what stands in its header, and a tensor's bytes. */
export function readSafetensors(bytes) {
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString("utf8", 8, 8 + length));
  const { __metadata__: metadata, ...tensors } = header;
  const data = bytes.subarray(8 + length);
  const tensor = (name) => {
    const { dtype, shape, data_offsets: offsets } = tensors[name];
    return { dtype, shape, bytes: data.subarray(...offsets) };
  };
  return { metadata, tensor };
}

function half(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  switch (exponent) {
    case 0:
      return sign * fraction * 2 ** -24;
    case 31:
      return fraction ? NaN : sign * Infinity;
    default:
      return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
}

/**
 * The embeddings of every record that has them, by its position.
 * @param {Map<string, Buffer>} files the store's files by name
 * @returns {Map<number, {image: number[], text: number[]}>}
 */
export function featureRows(files) {
  const rows = new Map();
  const shards = [...files.keys()].filter((name) => /features-\d+\.safetensors$/.test(name)).sort();
  for (const name of shards) {
    const { tensor } = readSafetensors(files.get(name));
    const row = ({ dtype, shape, bytes }, nth) => {
      if (dtype !== "F16") {
        throw new Error(`${name}: embeddings are F16 in a feature store, found ${dtype}`);
      }
      const at = (column) => bytes.readUInt16LE(2 * (nth * shape[1] + column));
      return Array.from({ length: shape[1] }, (_, column) => half(at(column)));
    };
    const [index, image, text] = ["index", "image", "text"].map(tensor);
    for (let nth = 0; nth < index.shape[0]; nth += 1) {
      const position = Number(index.bytes.readBigInt64LE(8 * nth));
      rows.set(position, { image: row(image, nth), text: row(text, nth) });
    }
  }
  return rows;
}

function cosine(one, other) {
  let [dot, ones, others] = [0, 0, 0];
  one.forEach((value, nth) => {
    dot += value * other[nth];
    ones += value * value;
    others += other[nth] * other[nth];
  });
  return dot / Math.sqrt(ones * others);
}

/** The smallest cosine between two stores' embeddings of a record; both must have the same records. */
export function smallestCosine(one, other) {
  const positions = [...one.keys()];
  if (positions.length === 0 || positions.join() !== [...other.keys()].join()) {
    throw new Error(`not the same records: ${positions.length} and ${other.size} rows`);
  }
  const each = positions.flatMap((position) =>
    ["image", "text"].map((kind) => cosine(one.get(position)[kind], other.get(position)[kind])),
  );
  // A NaN is no cosine and must not pass for a large one.
  return each.some(Number.isNaN) ? NaN : Math.min(...each);
}
