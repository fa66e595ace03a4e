// Writes a sibling NAME.br beside every built file that is much shorter compressed, for servers to send.
// Compressing at the highest level takes long: what was compressed once is kept by its content.

import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const DIST = here("../dist");
const KEPT = here("../node_modules/.cache/brotli");

/** What compresses: text and code. Weights and archives do not. */
const ENDINGS = [".css", ".html", ".js", ".json", ".svg", ".wasm", ".webmanifest"];

/** A file shorter than this fits into one packet as it is. */
const SHORTEST = 1024;

/** A sibling is worth it below this share of the length. */
const WORTH = 0.9;

mkdirSync(KEPT, { recursive: true });
let files = 0;
for (const entry of readdirSync(DIST, { recursive: true, withFileTypes: true })) {
  const file = join(entry.parentPath, entry.name);
  if (!entry.isFile() || !ENDINGS.includes(extname(file)) || file.includes(join(DIST, ".vite"))) {
    continue;
  }
  const bytes = readFileSync(file);
  if (bytes.length < SHORTEST) {
    continue;
  }
  const compressed = compressedOf(bytes);
  if (readFileSync(compressed).length < bytes.length * WORTH) {
    copyFileSync(compressed, `${file}.br`);
    files += 1;
  }
}
console.error(`${files} files are there compressed, too`);

/** A file with the bytes compressed. */
function compressedOf(bytes) {
  const kept = join(KEPT, createHash("sha256").update(bytes).digest("hex"));
  if (!existsSync(kept)) {
    const params = {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    };
    writeFileSync(`${kept}.growing`, brotliCompressSync(bytes, { params }));
    renameSync(`${kept}.growing`, kept);
  }
  return kept;
}
