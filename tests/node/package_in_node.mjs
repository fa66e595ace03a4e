// The package as Node finds it, and files as it takes them here: in memory, with their paths.

import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The package's folder in the project. */
export const PACKAGE = fileURLToPath(new URL("../../pkg/", import.meta.url));

function entry() {
  const { exports } = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8"));
  const main = exports["."];
  return join(PACKAGE, typeof main === "string" ? main : (main.node ?? main.import ?? main.default));
}

export const { Selector, OfaError } = await import(pathToFileURL(entry()));

/** A file under a path of its own. */
export function sourceFile(file, path) {
  return { path, source: new Uint8Array(readFileSync(file)) };
}

/** All files below a folder. */
export function sourceFiles(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort()
    .map((file) => sourceFile(file, relative(folder, file).split(sep).join("/")));
}

/** The bytes of an export's files, by name. */
export async function exported(selector, asked) {
  const { files } = await selector.export(asked);
  const read = async ({ name, blob }) => [name, Buffer.from(await blob.arrayBuffer())];
  return new Map(await Promise.all(files.map(read)));
}

/** Fails where bytes differ, and says where first: both printed would be pages. */
export function assertSameBytes(found, expected, what) {
  if (!found) {
    throw new Error(`${what}: not there`);
  }
  if (Buffer.compare(found, expected) === 0) {
    return;
  }
  const at = [...expected.keys()].find((nth) => found[nth] !== expected[nth]) ?? expected.length;
  const around = (bytes) => JSON.stringify(bytes.subarray(Math.max(0, at - 40), at + 40).toString());
  throw new Error(
    `${what}: ${found.length} bytes, expected ${expected.length}; they differ from byte ${at} on: ` +
      `${around(found)}, expected ${around(expected)}`,
  );
}
