// `ofa-encoder.json`: the index of a folder that `ofa export-encoder` wrote.

import { OfaError, wordsOf } from "../errors.js";
import { isPlainName } from "./address.js";

/** The index's name in its folder. */
export const INDEX = "ofa-encoder.json";

/** What the index says. */
export interface EncoderIndex {
  /** Of the checkpoint that the export was made from. */
  readonly fingerprint: string;
  /** How its weights are stored: `f32`, `f16` or `q8`. */
  readonly dtype: string;
  /** Every file of the folder but the index itself. */
  readonly files: readonly { name: string; bytes: number; sha256: string }[];
}

/**
 * Reads an index.
 *
 * @throws OfaError `bad_encoder`: it is none, or of a version that this package does not know.
 */
export function readIndex(bytes: Uint8Array, where: string): EncoderIndex {
  const bad = (place: string, expected: string, found: unknown): OfaError =>
    new OfaError(
      "bad_encoder",
      `${where}: ${place}: expected ${expected}, found ${JSON.stringify(found) ?? "nothing"}; ` +
        "write the folder anew with `ofa export-encoder`",
    );
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new OfaError("bad_encoder", `${where}: cannot be read as JSON: ${wordsOf(cause)}`, { cause });
  }
  const index = (typeof json === "object" && json !== null ? json : {}) as Record<string, unknown>;
  if (index["format"] !== "ofa-encoder") {
    throw bad("format", '"ofa-encoder"', index["format"]);
  }
  if (index["version"] !== "1") {
    throw bad("version", '"1", the only one that this version of ofa reads', index["version"]);
  }
  const { fingerprint, dtype, files } = index;
  if (!isDigest(fingerprint)) {
    throw bad("fingerprint", "64 hexadecimal digits", fingerprint);
  }
  if (typeof dtype !== "string" || !["f32", "f16", "q8"].includes(dtype)) {
    throw bad("dtype", "f32, f16 or q8", dtype);
  }
  if (!Array.isArray(files) || files.length === 0) {
    throw bad("files", "a list of files", files);
  }
  const names = new Set<string>();
  const read = files.map((file: unknown, nth) => {
    const entry = (typeof file === "object" && file !== null ? file : {}) as Record<string, unknown>;
    const { name, bytes: length, sha256 } = entry;
    const place = `files[${nth}]`;
    if (!isPlainName(name) || name === INDEX || names.has(name)) {
      throw bad(`${place}.name`, "the name of a file beside it, each once", name);
    }
    if (typeof length !== "number" || !Number.isSafeInteger(length) || length < 0) {
      throw bad(`${place}.bytes`, "a number of bytes", length);
    }
    if (!isDigest(sha256)) {
      throw bad(`${place}.sha256`, "64 hexadecimal digits", sha256);
    }
    names.add(name);
    return { name, bytes: length, sha256 };
  });
  return { fingerprint, dtype, files: read };
}

/** Whether a value is a SHA-256 in hexadecimal, in small letters. */
export function isDigest(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{64}$/u.test(value);
}
