// A zip far larger than what is written of it: between its members lie others that are holes in the file.

import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { deflateRawSync } from "node:zlib";

import { crc32 } from "../node/archives.mjs";

/** What 32 bits cannot say is said in the long form, and this stands in its place. */
const LONG = 0xffffffff;

/** Version that a reader needs for the long form, and that it is of. */
const VERSION = 45;

/** Names are UTF-8. */
const FLAGS = 0x800;

/** The first of January 1980, the first day there is. */
const DAY = 0x21;

/**
 * Writes a zip.
 * @param {string} path
 * @param {[string, Uint8Array, { isDeflated?: boolean }?][]} files in this order
 * @param {number} holes bytes of the hole before each file, a multiple of nothing in particular
 * @returns {number} bytes of the whole
 */
export function writeSparseZip(path, files, holes) {
  const file = openSync(path, "w");
  let end = 0;
  const directory = [];
  const append = (bytes) => {
    writeSync(file, bytes, 0, bytes.length, end);
    end += bytes.length;
  };
  const member = (name, { crc, packed, length, method }) => {
    directory.push(directoryRecord(name, { crc, packed: packed.length, length, method, start: end }));
    append(localHeader(name, { crc, packed: packed.length, length, method }));
    if (packed.bytes === undefined) {
      end += packed.length;
    } else {
      append(packed.bytes);
    }
  };
  try {
    files.forEach(([name, bytes, { isDeflated = false } = {}], nth) => {
      // Whoever read it would find another checksum.
      member(`other/${nth}.bin`, { crc: 1, packed: { length: holes }, length: holes, method: 0 });
      const packed = isDeflated ? deflateRawSync(bytes) : bytes;
      const method = isDeflated ? 8 : 0;
      member(name, { crc: crc32(bytes), packed: { length: packed.length, bytes: packed }, length: bytes.length, method });
    });
    const start = end;
    directory.forEach(append);
    append(endRecords(directory.length, start, end - start));
    ftruncateSync(file, end);
  } finally {
    closeSync(file);
  }
  return end;
}

function localHeader(name, { crc, packed, length, method }) {
  const bytes = Buffer.alloc(30);
  bytes.write("PK\x03\x04", "latin1");
  common(bytes, 4, { crc, packed, length, method });
  const encoded = Buffer.from(name);
  bytes.writeUInt16LE(encoded.length, 26);
  return Buffer.concat([bytes, encoded]);
}

function directoryRecord(name, { crc, packed, length, method, start }) {
  const isLong = start >= LONG;
  const bytes = Buffer.alloc(46);
  bytes.write("PK\x01\x02", "latin1");
  bytes.writeUInt16LE(VERSION, 4);
  common(bytes, 6, { crc, packed, length, method });
  const encoded = Buffer.from(name);
  bytes.writeUInt16LE(encoded.length, 28);
  bytes.writeUInt16LE(isLong ? 12 : 0, 30);
  bytes.writeUInt32LE(isLong ? LONG : start, 42);
  if (!isLong) {
    return Buffer.concat([bytes, encoded]);
  }
  const extra = Buffer.alloc(12);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(8, 2);
  extra.writeBigUInt64LE(BigInt(start), 4);
  return Buffer.concat([bytes, encoded, extra]);
}

/** What a member's own header and its record in the directory have alike. */
function common(bytes, at, { crc, packed, length, method }) {
  bytes.writeUInt16LE(VERSION, at);
  bytes.writeUInt16LE(FLAGS, at + 2);
  bytes.writeUInt16LE(method, at + 4);
  bytes.writeUInt16LE(DAY, at + 8);
  bytes.writeUInt32LE(crc, at + 10);
  bytes.writeUInt32LE(packed, at + 14);
  bytes.writeUInt32LE(length, at + 18);
}

function endRecords(count, start, length) {
  const long = Buffer.alloc(56);
  long.write("PK\x06\x06", "latin1");
  long.writeBigUInt64LE(44n, 4);
  long.writeUInt16LE(VERSION, 12);
  long.writeUInt16LE(VERSION, 14);
  [count, count, length, start].forEach((value, nth) => long.writeBigUInt64LE(BigInt(value), 24 + 8 * nth));
  const locator = Buffer.alloc(20);
  locator.write("PK\x06\x07", "latin1");
  locator.writeBigUInt64LE(BigInt(start + length), 8);
  locator.writeUInt32LE(1, 16);
  const short = Buffer.alloc(22);
  short.write("PK\x05\x06", "latin1");
  short.writeUInt16LE(0xffff, 8);
  short.writeUInt16LE(0xffff, 10);
  short.writeUInt32LE(LONG, 12);
  short.writeUInt32LE(LONG, 16);
  return Buffer.concat([long, locator, short]);
}
