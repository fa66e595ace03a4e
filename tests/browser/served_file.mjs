// The answer to a request for a file: its type, its tag, and the part that was asked for.

import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { extname, join, normalize, relative, sep } from "node:path";

const TYPES = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".jpg": "image/jpeg",
  ".js": "text/javascript",
  ".json": "application/json",
  ".map": "application/json",
  ".mjs": "text/javascript",
  ".png": "image/png",
  ".wasm": "application/wasm",
};

/**
 * An answer that may still be spoilt.
 * @typedef {{status: number, headers: Record<string, string>, bytes: Buffer, whole?: Buffer,
 *   breakAfter?: number}} Answer
 */

/**
 * Finds what is asked for. `files.json` in a folder, where no such file is there,
 * lists the files below it.
 * @returns {Promise<Answer>}
 */
export async function openAnswer(places, { method, path }, requested) {
  if (method !== "GET" && method !== "HEAD") {
    return text(405, "only GET and HEAD");
  }
  const bytes = await find(places, path);
  if (!bytes) {
    return text(404, `no ${path} here`);
  }
  const tag = `"${createHash("sha256").update(bytes).digest("hex").slice(0, 16)}"`;
  const headers = {
    "content-type": TYPES[extname(path)] ?? "application/octet-stream",
    etag: tag,
    "accept-ranges": "bytes",
    // What is not asked for again was kept by the page itself, and not by the browser's cache.
    "cache-control": "no-store",
  };
  return part({ status: 200, headers, bytes, whole: bytes }, requested);
}

/** A short answer. */
export function text(status, words, type = "text/plain") {
  return { status, headers: { "content-type": type }, bytes: Buffer.from(words) };
}

/** The part of a whole file that is asked for, or the whole. */
export function part(answer, requested) {
  const range = /^bytes=(\d+)-(\d*)$/.exec(requested.range ?? "");
  const condition = requested["if-range"];
  if (!range || (condition && condition !== answer.headers.etag)) {
    return answer;
  }
  const length = answer.bytes.length;
  const first = Number(range[1]);
  const last = Math.min(range[2] ? Number(range[2]) : length - 1, length - 1);
  if (first > last) {
    answer.headers["content-range"] = `bytes */${length}`;
    return { ...answer, status: 416, bytes: Buffer.alloc(0) };
  }
  answer.headers["content-range"] = `bytes ${first}-${last}/${length}`;
  return { ...answer, status: 206, bytes: answer.bytes.subarray(first, last + 1) };
}

async function find(places, path) {
  const prefixes = [...places.keys()].filter((prefix) => path.startsWith(prefix));
  const prefix = prefixes.sort((one, other) => other.length - one.length)[0];
  if (prefix === undefined) {
    return undefined;
  }
  const place = places.get(prefix);
  const name = path.slice(prefix.length);
  if (place instanceof Map) {
    const there = place.get(name);
    return there === undefined ? undefined : Buffer.from(there);
  }
  const file = normalize(join(place, name));
  if (relative(place, file).startsWith("..")) {
    return undefined;
  }
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile()) {
    return readFile(file);
  }
  return name.endsWith("files.json") ? listing(join(file, "..")) : undefined;
}

/** The files below a folder, as JSON: their paths from there, with `/`. */
async function listing(folder) {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => undefined);
  const files = entries
    ?.filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)))
    .map((path) => path.split(sep).join("/"));
  return files && Buffer.from(JSON.stringify(files.sort()));
}
