// The files of a feature store, wherever they lie, and their way into the module.

import { OfaError } from "./errors.js";
import { bytesAtOnce, nameOf, type SourceFile } from "./input_files.js";
import type { PipelineModule, ShardBytes, WasmFeatures } from "./wasm_module.js";

/** A feature store's files. */
export interface FeatureFiles {
  /** What messages call it. */
  name: string;
  /** All of them. */
  files: SourceFile[];
  /** The id that the browser keeps it under, where it does. */
  id?: string;
}

const MANIFEST = "manifest.json";
const SKIPPED = "skipped.jsonl";
const SHARD = ".safetensors";

/**
 * The store among files that were given.
 *
 * @throws OfaError `bad_features`: there is neither a shard nor a manifest.
 */
export function featureFiles(given: SourceFile[]): FeatureFiles {
  const isOfStore = ({ path }: SourceFile): boolean =>
    path.endsWith(SHARD) || [MANIFEST, SKIPPED, "notes.jsonl"].includes(nameOf(path));
  const files = given.filter(isOfStore).sort((a, b) => (a.path < b.path ? -1 : 1));
  const [first] = files;
  if (first === undefined || !files.some(({ path }) => path.endsWith(SHARD) || nameOf(path) === MANIFEST)) {
    throw new OfaError(
      "bad_features",
      `expected the files of a feature store (features-00000.safetensors, manifest.json, skipped.jsonl), found ` +
        `${given.map(({ path }) => path).slice(0, 5).join(", ")}`,
    );
  }
  const folder = first.path.slice(0, Math.max(0, first.path.lastIndexOf("/")));
  return { name: folder === "" ? "features" : nameOf(folder), files };
}

/** The shards of a store, in their order. */
export function shardsOf({ files }: FeatureFiles): SourceFile[] {
  return files.filter(({ path }) => path.endsWith(SHARD));
}

/** Reads one shard into the module, as features of their own. */
export function openShard(module: PipelineModule, shard: SourceFile): WasmFeatures {
  return module.Features.open(shard.path, [shardBytesOf(shard)]);
}

/** Reads a store into the module. Of blobs one shard at a time is in this thread's memory. */
export function openFeatures(module: PipelineModule, store: FeatureFiles): WasmFeatures {
  const { name, files } = store;
  const shards = shardsOf(store).map(shardBytesOf);
  const beside = (file: string): Uint8Array | undefined => {
    const found = files.find(({ path }) => nameOf(path) === file);
    return found === undefined ? undefined : bytesAtOnce(found.source);
  };
  return module.Features.open(name, shards, beside(MANIFEST), beside(SKIPPED));
}

function shardBytesOf({ path, source }: SourceFile): ShardBytes {
  return {
    name: nameOf(path),
    // Read when the module comes to it.
    get bytes() {
      return bytesAtOnce(source);
    },
  };
}
