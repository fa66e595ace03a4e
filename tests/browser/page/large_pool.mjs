// A pool as large as LLaVA-665K: records, scores and features, all of them made up.

import { closeSync, mkdtempSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";

import { scratch } from "../demo_pool.mjs";

/** Records of LLaVA-665K. */
export const RECORDS = 665_298;

export const CLUSTERS = 128;
const SOURCES = ["coco/train2017", "gqa/images", "ocr_vqa/images", "textvqa/train_images", "vg/VG_100K"];

/** Numbers of each of the two embeddings of a record. */
const DIM = 8;

/** Records that are written at once. */
const PART = 20_000;

/** The same numbers each time: a linear congruential generator, from 0 to 1. */
function numbers(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/**
 * Writes it.
 * @returns {{data: string, scores: string, features: string, confidence: Float64Array, cluster: Uint8Array}} paths, and what
 *   the scores say
 */
export function largePool() {
  const folder = mkdtempSync(join(scratch, "large-"));
  const pool = {
    data: join(folder, "records.jsonl"),
    scores: join(folder, "scores.csv"),
    features: join(folder, "features-00000.safetensors"),
    confidence: new Float64Array(RECORDS),
    cluster: new Uint8Array(RECORDS),
  };
  writeInParts(pool.data, "", (nth) => {
    const image = `${SOURCES[nth % SOURCES.length]}/${nth}.jpg`;
    const turns = `[{"from":"human","value":"<image>\\nWhat is it?"},{"from":"gpt","value":"Number ${nth}."}]`;
    return `{"id":"${nth}","image":"${image}","conversations":${turns}}\n`;
  });
  const next = numbers(42);
  writeInParts(pool.scores, "index,cluster,confidence,entropy,gate\n", (nth) => {
    // Unlike each other, so that no two records are as good as one another.
    const confidence = (0.99 * next() ** 2 + 1e-3).toFixed(9);
    pool.confidence[nth] = Number(confidence);
    pool.cluster[nth] = Math.floor(next() ** 1.5 * CLUSTERS);
    return `${nth},${pool.cluster[nth]},${confidence},${(4 + next()).toFixed(4)},${next().toFixed(4)}\n`;
  });
  writeFeatures(pool);
  return pool;
}

function writeInParts(path, head, line) {
  const file = openSync(path, "w");
  writeSync(file, head);
  for (let first = 0; first < RECORDS; first += PART) {
    const lines = [];
    for (let nth = first; nth < Math.min(RECORDS, first + PART); nth += 1) {
      lines.push(line(nth));
    }
    writeSync(file, lines.join(""));
  }
  closeSync(file);
}

/** One shard of a feature store, whose clusters lie apart. */
function writeFeatures({ features, cluster }) {
  const next = numbers(7);
  const embedding = () => new Uint16Array(RECORDS * DIM);
  const [image, text] = [embedding(), embedding()];
  for (let nth = 0; nth < RECORDS; nth += 1) {
    for (let at = 0; at < DIM; at += 1) {
      const lean = ((cluster[nth] * (at + 3)) % 17) / 17 - 0.5;
      image[nth * DIM + at] = half(lean + (next() - 0.5) * 0.3);
      text[nth * DIM + at] = half(lean + (next() - 0.5) * 0.3);
    }
  }
  const tensors = { image: ["F16", [RECORDS, DIM], image], text: ["F16", [RECORDS, DIM], text] };
  tensors.index = ["I64", [RECORDS], BigInt64Array.from({ length: RECORDS }, (_, nth) => BigInt(nth))];
  const header = { __metadata__: { format: "ofa-features", version: "1" } };
  let at = 0;
  for (const [name, [dtype, shape, { byteLength }]] of Object.entries(tensors)) {
    header[name] = { dtype, shape, data_offsets: [at, at + byteLength] };
    at += byteLength;
  }
  const json = JSON.stringify(header);
  const head = Buffer.from(json.padEnd(Math.ceil(json.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(head.length));
  const file = openSync(features, "w");
  [length, head, ...Object.values(tensors).map(([, , { buffer }]) => Buffer.from(buffer))].forEach((part) => writeSync(file, part));
  closeSync(file);
}

const single = new Float32Array(1);
const bits = new Uint32Array(single.buffer);

/** The bits of a number between −1 and 1 as a half; what is too small for a normal one is 0. */
function half(number) {
  single[0] = number;
  const [of] = bits;
  const exponent = ((of >>> 23) & 0xff) - 112;
  return exponent <= 0 ? 0 : ((of >>> 16) & 0x8000) | (exponent << 10) | ((of >>> 13) & 0x3ff);
}
