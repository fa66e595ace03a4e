// Runs the hashes in WebAssembly and prints their JSON text: `node run.mjs FILE.wasm [ROWS]`.
import { readFile } from "node:fs/promises";

const [file, rows = "50000"] = process.argv.slice(2);
const { instance } = await WebAssembly.instantiate(await readFile(file), {});
const { memory, ofa_hashes, ofa_hashes_length } = instance.exports;
const start = ofa_hashes(Number(rows));
const text = new Uint8Array(memory.buffer, start, ofa_hashes_length());
process.stdout.write(new TextDecoder().decode(text));
