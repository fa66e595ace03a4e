// The demo encoder and selector, which ship beside the modules: they know the pictures and words of the
// demo worlds and nothing else.

import { OfaError, wordsOf } from "./errors.js";
import type { SourceFile } from "./input_files.js";
import { bytesBesidePackage } from "./package_files.js";

// Written out one by one, so that bundlers find them.
const ENCODER: readonly { path: string; address: URL }[] = [
  { path: "config.json", address: new URL("../demo/encoder/config.json", import.meta.url) },
  { path: "preprocessor_config.json", address: new URL("../demo/encoder/preprocessor_config.json", import.meta.url) },
  { path: "tokenizer.json", address: new URL("../demo/encoder/tokenizer.json", import.meta.url) },
  { path: "model.safetensors", address: new URL("../demo/encoder/model.safetensors", import.meta.url) },
  { path: "self_check.safetensors", address: new URL("../demo/encoder/self_check.safetensors", import.meta.url) },
];

const SELECTOR = new URL("../demo/selector.safetensors", import.meta.url);

/** The demo encoder's files, as blobs, so that workers share them. */
export function demoEncoder(signal: AbortSignal): Promise<SourceFile[]> {
  return Promise.all(
    ENCODER.map(async ({ path, address }) => ({ path, source: new Blob([await fetched(address, signal)]) })),
  );
}

/** The demo selector's file. */
export function demoSelector(signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  return fetched(SELECTOR, signal);
}

async function fetched(address: URL, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await bytesBesidePackage(address, signal);
  } catch (error) {
    signal.throwIfAborted();
    const problem = `${address.href}: this file of the package cannot be fetched: ${wordsOf(error)}`;
    throw new OfaError("download_failed", problem, { cause: error });
  }
}
