// The demo encoder as it may lie on somebody's server.

import { cpSync, mkdtempSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { ENCODER, scratch } from "./demo_pool.mjs";
import { ofa } from "./program.mjs";

/** In Hugging Face layout, as it is in the project. */
export function huggingFaceLayout() {
  const folder = mkdtempSync(join(scratch, "encoder-"));
  cpSync(ENCODER, folder, { recursive: true });
  return folder;
}

/** As `ofa export-encoder` writes it for the web: an index with hashes, and shards. */
export function webLayout(dtype = "f16") {
  const folder = join(mkdtempSync(join(scratch, "encoder-")), dtype);
  ofa("export-encoder", ENCODER, "--dtype", dtype, "-o", folder);
  return folder;
}

/** The files of weights in a folder. */
export const weightsIn = (folder) => readdirSync(folder).filter((name) => /^model.*\.safetensors$/.test(name));
