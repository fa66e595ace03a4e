// The end of a zip, where there are many files. client-zip 2.5.1 writes the long form of it only where the zip is larger than
// 4 GB; below that, more than 65,535 files are said to be 65,535, and readers find no others.

const END_LENGTH = 22;
const END = 0x06054b50;
const LONG_END_LENGTH = 76;
const LONG_END = 0x06064b50;
const LONG_END_PLACE = 0x07064b50;

/** The most files of the short form, and what it says where there are more. */
const MOST = 65_535;

/** Counts the files of a zip, and puts the long form of its end where it is missing. */
export class ZipEnd {
  #files = 0;

  /** A file was begun. */
  count(): void {
    this.#files += 1;
  }

  /** Lets a zip through. Its end has to be a chunk of its own, and so has its long form. */
  stream(): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
    let last: Uint8Array<ArrayBuffer> | undefined;
    let hasLongEnd = false;
    return new TransformStream({
      transform: (chunk, controller) => {
        if (last !== undefined) {
          hasLongEnd = isLongEnd(last);
          controller.enqueue(last);
        }
        last = chunk;
      },
      flush: (controller) => {
        if (last === undefined || !isEnd(last)) {
          throw new Error("the zip has another end than expected");
        }
        if (this.#files >= MOST && !hasLongEnd) {
          controller.enqueue(longEnd(last, this.#files));
        }
        controller.enqueue(last);
      },
    });
  }
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function isEnd(bytes: Uint8Array): boolean {
  return bytes.length === END_LENGTH && view(bytes).getUint32(0, true) === END;
}

function isLongEnd(bytes: Uint8Array): boolean {
  return bytes.length === LONG_END_LENGTH && view(bytes).getUint32(0, true) === LONG_END;
}

/** The record of the long form and its place, from the short one: both lie between the directory and that. */
function longEnd(end: Uint8Array, files: number): Uint8Array<ArrayBuffer> {
  const directoryLength = view(end).getUint32(12, true);
  const directoryStart = view(end).getUint32(16, true);
  const bytes = new Uint8Array(LONG_END_LENGTH);
  const long = view(bytes);
  long.setUint32(0, LONG_END, true);
  // Of what follows in the record.
  long.setBigUint64(4, 44n, true);
  // Version 4.5, on Unix, as in the library's other records.
  long.setUint16(12, 0x032d, true);
  long.setUint16(14, 0x002d, true);
  long.setBigUint64(24, BigInt(files), true);
  long.setBigUint64(32, BigInt(files), true);
  long.setBigUint64(40, BigInt(directoryLength), true);
  long.setBigUint64(48, BigInt(directoryStart), true);
  long.setUint32(56, LONG_END_PLACE, true);
  long.setBigUint64(64, BigInt(directoryStart) + BigInt(directoryLength), true);
  long.setUint32(72, 1, true);
  return bytes;
}
