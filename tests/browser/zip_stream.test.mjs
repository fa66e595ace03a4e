// The zips that the page makes: what is in them, how many there may be, and what becomes of them when they are cancelled.

import assert from "node:assert/strict";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";

import { build } from "vite";

import { scratch } from "./demo_pool.mjs";

const SOURCE = fileURLToPath(new URL("../../web/src/take/zip/zip_stream.ts", import.meta.url));

/** More than the short form of a zip's end can say. */
const MANY = 65_600;

/** More than 32 bits can say, in pieces that are all the same. */
const PIECE = 64 << 20;
const PIECES = 65;

let zipStream;

before(async () => {
  const folder = join(scratch, "zip");
  await build({
    configFile: false,
    logLevel: "error",
    publicDir: false,
    build: { outDir: folder, lib: { entry: SOURCE, formats: ["es"], fileName: () => "zip_stream.mjs" }, target: "es2022" },
  });
  ({ zipStream } = await import(join(folder, "zip_stream.mjs")));
});

async function bytesOf(stream) {
  const chunks = [];
  for await (const chunk of stream) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** What the end of a zip says: files, and where their directory is. In the long form where there is one. */
function endOf(tail) {
  const at = tail.length - 22;
  assert.equal(tail.readUInt32LE(at), 0x06054b50, "the end is the last of it");
  const short = { files: tail.readUInt16LE(at + 10), length: tail.readUInt32LE(at + 12), start: tail.readUInt32LE(at + 16) };
  if (at < 76 || tail.readUInt32LE(at - 20) !== 0x07064b50) {
    return { ...short, isLong: false };
  }
  const record = at - 76;
  assert.equal(tail.readUInt32LE(record), 0x06064b50, "its place is before the end");
  const long = (offset) => Number(tail.readBigUInt64LE(record + offset));
  assert.equal(long(24), long(32), "there is one disk");
  assert.equal(long(64), long(48) + long(40), "the record is behind the directory");
  return { files: long(32), length: long(40), start: long(48), isLong: true };
}

/** The names and contents of a zip that is held in memory. */
function entriesOf(zip) {
  const { files, start } = endOf(zip);
  const entries = [];
  let at = start;
  for (let file = 0; file < files; file++) {
    assert.equal(zip.readUInt32LE(at), 0x02014b50, `entry ${file}`);
    const [length, nameLength, extra] = [zip.readUInt32LE(at + 24), zip.readUInt16LE(at + 28), zip.readUInt16LE(at + 30)];
    const name = zip.toString("utf8", at + 46, at + 46 + nameLength);
    const local = zip.readUInt32LE(at + 42);
    assert.equal(zip.readUInt16LE(local + 8), 0, "stored as it is");
    const content = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    entries.push({ name, bytes: zip.subarray(content, content + length) });
    at += 46 + nameLength + extra;
  }
  return entries;
}

describe("a zip that the page makes", () => {
  it("holds the files as they are, and is the same each time", async () => {
    const contents = { "subset.json": '[{"id":1}]', "größe/画像.jpg": "an image", empty: "" };
    async function* files() {
      for (const [name, text] of Object.entries(contents)) {
        yield { name, blob: new Blob([text]) };
      }
    }
    const zip = await bytesOf(zipStream(files()));
    const found = entriesOf(zip).map(({ name, bytes }) => [name, bytes.toString()]);
    assert.deepEqual(Object.fromEntries(found), contents);
    assert.equal(endOf(zip).isLong, false);
    assert.ok(zip.equals(await bytesOf(zipStream(files()))));
  });

  it("says how many files it has where they are many", async () => {
    async function* files() {
      for (let file = 0; file < MANY; file++) {
        yield { name: `${file}`, blob: new Blob([`image ${file}`]) };
      }
    }
    const zip = await bytesOf(zipStream(files()));
    const { files: count, isLong } = endOf(zip);
    assert.deepEqual({ count, isLong }, { count: MANY, isLong: true });
    const entries = entriesOf(zip);
    assert.equal(entries.at(-1).bytes.toString(), `image ${MANY - 1}`);
  });

  it("goes beyond four gigabytes", async () => {
    const piece = new Uint8Array(PIECE).map((_, at) => at >> 12);
    /** A blob that is larger than Node lets one be. */
    class Large extends Blob {
      get size() {
        return PIECE * PIECES;
      }
      stream() {
        let left = PIECES;
        return new ReadableStream({
          pull: (controller) => (left-- > 0 ? controller.enqueue(piece) : controller.close()),
        });
      }
    }
    async function* files() {
      yield { name: "large", blob: new Large() };
      yield { name: "after", blob: new Blob(["after it"]) };
    }
    let length = 0;
    let tail = Buffer.alloc(0);
    for await (const chunk of zipStream(files())) {
      length += chunk.length;
      tail = Buffer.concat([tail, chunk.subarray(-4096)]).subarray(-4096);
    }
    const { files: count, start, length: directory, isLong } = endOf(tail);
    assert.deepEqual({ count, isLong }, { count: 2, isLong: true });
    assert.ok(start > 2 ** 32 && start + directory < length);
    const at = tail.length - (length - start);
    // The long form of the first one's length, and of where the second one begins.
    const extra = at + 46 + "large".length;
    assert.equal(Number(tail.readBigUInt64LE(extra + 4)), PIECE * PIECES);
    const text = Buffer.from("after it");
  });

  it("lets go of its files when it is cancelled", async () => {
    let given = 0;
    let isLetGo = false;
    async function* files() {
      try {
        for (;;) {
          given += 1;
          yield { name: `${given}`, blob: new Blob(["x"]) };
        }
      } finally {
        isLetGo = true;
      }
    }
    const reader = zipStream(files()).getReader();
    for (let chunk = 0; chunk < 10; chunk++) {
      await reader.read();
    }
    await reader.cancel();
    assert.ok(isLetGo);
    // Only as many as were read, and what waits in between.
    assert.ok(given < 20, `${given} files were asked for`);
  });

  it("ends with the error of its files", async () => {
    async function* files() {
      yield { name: "first", blob: new Blob(["x"]) };
      throw new Error("the second one is gone");
    }
    await assert.rejects(bytesOf(zipStream(files())), /the second one is gone/);
  });
});
