// `self_check.safetensors`: inputs of an encoder and the embeddings that it has for them on the CPU, which
// `ofa export-encoder` writes beside the weights.

import { encoderFile } from "./encoder_folder.js";
import { OfaError } from "./errors.js";
import { blobOf, type SourceFile } from "./input_files.js";
import type { EncoderDescription } from "./wasm_module.js";
import { readHeader, type SafetensorsHeader } from "./weights/safetensors.js";

/** The file's name in the encoder's folder. */
const FILE = "self_check.safetensors";

/** How far the length of a stored embedding may be from 1. */
const LENGTH_TOLERANCE = 1e-3;

/** Preprocessed images. */
export interface ImageInputs {
  pixelValues: Float32Array;
  count: number;
}

/** Tokenised texts. */
export interface TextInputs {
  inputIds: Uint32Array;
  lengths: Uint32Array;
}

/** What is stored. */
export interface StoredCheck {
  images: ImageInputs;
  texts: TextInputs;
  /** Rows of length 1, one after the other: those of the images, those of the texts. */
  embeddings: [Float32Array, Float32Array];
}

/**
 * Reads what is stored of an encoder; nothing where there is no such file, or one of another encoder.
 *
 * @throws OfaError `bad_encoder`: the file is damaged, or of a version that this package does not know.
 */
export async function storedCheck(files: SourceFile[], encoder: EncoderDescription): Promise<StoredCheck | undefined> {
  const file = encoderFile(files, FILE);
  if (file === undefined) {
    return undefined;
  }
  const blob = blobOf(file.source);
  const header = await readHeader(blob);
  if (header === undefined) {
    throw bad(file.path, "header", "that of a safetensors file", `none in ${blob.size} bytes`);
  }
  const { metadata } = header;
  for (const [key, expected] of [
    ["format", "ofa-self-check"],
    ["version", "1"],
  ] as const) {
    if (metadata[key] !== expected) {
      throw bad(file.path, `__metadata__.${key}`, shown(expected), shown(metadata[key]));
    }
  }
  if (metadata["encoder_fingerprint"] !== encoder.fingerprint) {
    return undefined;
  }
  return new StoredFile(file.path, blob, header).check(encoder);
}

class StoredFile {
  constructor(
    private readonly path: string,
    private readonly blob: Blob,
    private readonly header: SafetensorsHeader,
  ) {}

  async check({ imageSize, embeddingDim, contextLength }: EncoderDescription): Promise<StoredCheck> {
    const [pixels, count] = await this.#tensor("pixel_values", "F32", ["n", 3, imageSize, imageSize]);
    const [lengthBytes, texts] = await this.#tensor("lengths", "U32", ["m"]);
    const lengths = new Uint32Array(lengthBytes);
    const tooLong = lengths.find((length) => length < 1 || length > contextLength);
    if (tooLong !== undefined) {
      throw this.#bad("lengths", `between 1 and ${contextLength} tokens`, tooLong);
    }
    const sum = lengths.reduce((all, length) => all + length, 0);
    const [ids] = await this.#tensor("input_ids", "U32", [sum]);
    const pixelValues = new Float32Array(pixels);
    const unusable = pixelValues.find((value) => !Number.isFinite(value));
    if (unusable !== undefined) {
      throw this.#bad("pixel_values", "finite values", unusable);
    }
    return {
      images: { pixelValues, count },
      texts: { inputIds: new Uint32Array(ids), lengths },
      embeddings: [
        await this.#embeddings("image_embeddings", count, embeddingDim),
        await this.#embeddings("text_embeddings", texts, embeddingDim),
      ],
    };
  }

  async #embeddings(name: string, count: number, dim: number): Promise<Float32Array> {
    const rows = new Float32Array((await this.#tensor(name, "F32", [count, dim]))[0]);
    for (let at = 0; at < rows.length; at += dim) {
      const length = Math.hypot(...rows.subarray(at, at + dim));
      // Written so that a NaN is refused.
      if (!(Math.abs(length - 1) <= LENGTH_TOLERANCE)) {
        throw this.#bad(name, "rows of length 1", `a row of length ${length}`);
      }
    }
    return rows;
  }

  /** The bytes of a tensor, and its first size. A word in `shape` stands for any size. */
  async #tensor(name: string, dtype: "F32" | "U32", shape: (number | string)[]): Promise<[ArrayBuffer, number]> {
    const tensor = this.header.tensors.get(name);
    const expected = `${dtype} [${shape.join(", ")}]`;
    if (tensor === undefined) {
      throw this.#bad(name, expected, "no such tensor");
    }
    const sizes = tensor.shape;
    if (tensor.dtype !== dtype || !isOfShape(sizes, shape)) {
      throw this.#bad(name, expected, `${String(tensor.dtype)} ${shown(sizes)}`);
    }
    const bytes = sizes.reduce((product, size) => product * size, 4);
    const { start, end } = tensor;
    if (end - start !== bytes) {
      throw this.#bad(`${name}.data_offsets`, `${bytes} bytes`, end - start);
    }
    if (end > this.blob.size) {
      throw this.#bad(`${name}.data_offsets`, `an end within the file's ${this.blob.size} bytes`, end);
    }
    return [await this.blob.slice(start, end).arrayBuffer(), sizes[0] ?? 0];
  }

  #bad(place: string, expected: string, found: unknown): OfaError {
    return bad(this.path, place, expected, String(found));
  }
}

function isOfShape(sizes: unknown, shape: (number | string)[]): sizes is number[] {
  const isSize = (size: unknown, nth: number): boolean =>
    typeof shape[nth] === "number" ? size === shape[nth] : Number.isSafeInteger(size) && (size as number) > 0;
  return Array.isArray(sizes) && sizes.length === shape.length && sizes.every(isSize);
}

function bad(path: string, place: string, expected: string, found: string): OfaError {
  return new OfaError(
    "bad_encoder",
    `${path}: ${place}: expected ${expected}, found ${found}; export the encoder again, or leave this file out`,
  );
}

function shown(value: unknown): string {
  return JSON.stringify(value) ?? "nothing";
}
