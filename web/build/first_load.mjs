// Prints how many bytes of script and style are fetched, compressed, before any WebAssembly: the page's entry with what
// it imports, its styles, and the scripts of the workers. What is imported later is not among them.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";

const DIST = fileURLToPath(new URL("../dist", import.meta.url));
const ASSETS = "assets";

/** Vite's list of the page's chunks; scripts of workers are not in it. */
const manifest = JSON.parse(readFileSync(join(DIST, ".vite", "manifest.json"), "utf8"));

const chunks = Object.values(manifest);
const first = new Set();
const add = (chunk) => {
  if (!first.has(chunk.file)) {
    [chunk.file, ...(chunk.css ?? [])].forEach((file) => first.add(file));
    (chunk.imports ?? []).forEach((name) => add(manifest[name]));
  }
};
chunks.filter(({ isEntry }) => isEntry).forEach(add);

const listed = new Set(chunks.flatMap(({ file, css = [] }) => [file, ...css]));
for (const name of readdirSync(join(DIST, ASSETS))) {
  const file = `${ASSETS}/${name}`;
  if (/\.(?:js|css)$/u.test(name) && !listed.has(file)) {
    first.add(file);
  }
}

const sizes = [...first].map((file) => [file, brotliCompressSync(readFileSync(join(DIST, file))).length]);
for (const [file, size] of sizes) {
  console.error(`${String(size).padStart(8)} ${file}`);
}
console.log(sizes.reduce((sum, [, size]) => sum + size, 0));
