// The encoder's and the selector's files, from wherever they are: the demo's, the user's, an address.

import { demoEncoder, demoSelector } from "./demo_files.js";
import { abortedBy, OfaError, toOfaError, wordsOf } from "./errors.js";
import type { OfaEvent } from "./events.js";
import { bytesOf, type SourceFile } from "./input_files.js";
import type { EncoderSource, SelectorSource } from "./protocol.js";
import type { EncoderDescription, PipelineModule, WasmEncoderInfo } from "./wasm_module.js";
import { fetchEncoder, type FetchedEncoder } from "./weights/index.js";

/** Least time between two events of a download, in milliseconds. */
const TELL_EVERY = 100;

/** An encoder whose files are at hand. */
export interface OpenEncoder {
  files: SourceFile[];
  info: WasmEncoderInfo;
  description: EncoderDescription;
}

/** Brings an encoder's files here and reads what they say of it; its weights are loaded by workers. */
export async function openEncoder(
  module: PipelineModule,
  source: EncoderSource,
  storage: "auto" | "memory",
  emit: (event: OfaEvent) => void,
  signal: AbortSignal,
): Promise<OpenEncoder> {
  const { files, fingerprint, rememberFingerprint } = await encoderFiles(source, storage, emit, signal);
  emit({ type: "stage", stage: "encoder" });
  const info = module.EncoderInfo.open(files, fingerprint);
  const description = info.describe();
  if (fingerprint === undefined) {
    // Where it cannot be written down, the next visit computes it again.
    await rememberFingerprint?.(description.fingerprint).catch(() => undefined);
  }
  return { files, info, description };
}

async function encoderFiles(
  source: EncoderSource,
  storage: "auto" | "memory",
  emit: (event: OfaEvent) => void,
  signal: AbortSignal,
): Promise<{ files: SourceFile[] } & Partial<Pick<FetchedEncoder, "fingerprint" | "rememberFingerprint">>> {
  if (source === "demo") {
    return { files: await demoEncoder(signal) };
  }
  if ("files" in source) {
    return { files: source.files };
  }
  emit({ type: "stage", stage: "downloading" });
  let told = 0;
  try {
    const fetched = await fetchEncoder(source, {
      signal,
      storage,
      onProgress: (bytes, of) => {
        const now = performance.now();
        if (bytes === of || now - told >= TELL_EVERY) {
          told = now;
          emit({ type: "downloading", bytes, of });
        }
      },
    });
    if (fetched.kept === "memory" && storage === "auto") {
      const text = "the browser lets nothing be stored here: the encoder is held in memory, and is fetched again next time";
      emit({ type: "note", text });
    }
    return fetched;
  } catch (error) {
    throw signal.aborted ? abortedBy(signal) : toOfaError(error, "download_failed");
  }
}

/** A selector's file, kept for a module that may take the place of the first. */
export interface SelectorBytes {
  /** What messages call it. */
  name: string;
  bytes: Uint8Array;
}

/** Brings the selector's file here. */
export async function selectorBytes(source: SelectorSource, signal: AbortSignal): Promise<SelectorBytes> {
  if (source === "demo") {
    return { name: "the demo selector", bytes: await demoSelector(signal) };
  }
  if (source instanceof Blob) {
    const { name = "selector.safetensors" } = source as Partial<File>;
    return { name, bytes: await bytesOf(source) };
  }
  if (source instanceof Uint8Array) {
    return { name: "selector.safetensors", bytes: source };
  }
  return { name: source.url, bytes: await download(source.url, signal) };
}

async function download(url: string, signal: AbortSignal): Promise<Uint8Array> {
  let response: Response;
  try {
    response = await fetch(url, { signal });
    if (response.ok) {
      return new Uint8Array(await response.arrayBuffer());
    }
  } catch (error) {
    if (signal.aborted) {
      throw abortedBy(signal);
    }
    throw new OfaError("download_failed", `${url}: the selector cannot be fetched: ${wordsOf(error)}`, { cause: error });
  }
  throw new OfaError("download_failed", `${url}: expected a selector, found the answer ${response.status}`);
}
