// Files as they are given to the package, and as the WebAssembly modules take them.

import { OfaError } from "./errors.js";
import { Pace } from "./pace.js";

/** A file by the path that it has in the folder or drop it came from. */
export interface SourceFile {
  /** Its path, with `/` between parts. */
  path: string;
  /** Its bytes: a `Blob`, of which only slices are read, or an array. */
  source: Blob | Uint8Array;
}

/**
 * Files as a page gets them: a `FileList`, an array of `File`, one `File`, or `{ path, source }`
 * where a file's own name does not say where it lies.
 */
export type InputFiles = File | SourceFile | Iterable<File | SourceFile> | ArrayLike<File | SourceFile>;

/**
 * How many files go to the worker at a time, so that the page can be painted in between. When a file of a chosen
 * folder is posted Chromium first asks the disk how long it is, and the page waits: 0.2 ms and more for each.
 */
const FILES_A_MESSAGE = 50;

/** How many files are looked at before the clock is: to read it takes as long as to look at one. */
const FILES_A_LOOK = 64;

/**
 * Input as `{ path, source }`, a slice at a time, so that the page can be painted in between: a folder may have
 * hundreds of thousands of files. What is in the input is taken at once; the caller may empty it then.
 *
 * A `File` of a chosen folder has its path in `webkitRelativePath`; of any other, the name is its path.
 *
 * @throws OfaError `bad_option`: an element is neither a file nor `{ path, source }`, or there is none;
 * `aborted`.
 */
export async function sourceFiles(
  name: string,
  input: InputFiles,
  signal: AbortSignal = new AbortController().signal,
): Promise<SourceFile[]> {
  const given = listOf(name, input);
  if (given.length === 0) {
    throw new OfaError("bad_option", `${name}: expected one file or more, found none`);
  }
  const pace = new Pace();
  const files: SourceFile[] = [];
  for (let nth = 0; nth < given.length; nth += 1) {
    files.push(sourceFile(name, nth, given[nth]));
    if (nth % FILES_A_LOOK === FILES_A_LOOK - 1) {
      await pace.next(signal);
    }
  }
  return files;
}

function listOf(name: string, input: unknown): unknown[] {
  if (typeof input === "object" && input !== null && !(input instanceof Uint8Array)) {
    if (input instanceof Blob || "source" in input) {
      return [input];
    }
    if (Array.isArray(input)) {
      return input.slice();
    }
    if (Symbol.iterator in input || "length" in input) {
      return Array.from(input as ArrayLike<unknown>);
    }
  }
  throw new OfaError(
    "bad_option",
    `${name}: expected a FileList or a list of File or { path, source }, found ${kindOf(input)}`,
  );
}

function sourceFile(list: string, nth: number, file: unknown): SourceFile {
  if (file instanceof Blob) {
    const { name, webkitRelativePath } = file as Partial<File>;
    const path = webkitRelativePath === undefined || webkitRelativePath === "" ? name : webkitRelativePath;
    if (path === undefined || path === "") {
      throw new OfaError("bad_option", `${list}[${nth}]: expected a name, found a Blob without one; give { path, source }`);
    }
    return { path, source: file };
  }
  const { path, source } = (typeof file === "object" && file !== null ? file : {}) as Partial<SourceFile>;
  if (typeof path !== "string" || path === "") {
    throw new OfaError("bad_option", `${list}[${nth}]: expected a File or { path, source }, found ${kindOf(file)}`);
  }
  if (!(source instanceof Blob) && !(source instanceof Uint8Array)) {
    throw new OfaError(
      "bad_option",
      `${list}[${nth}].source (${path}): expected a Blob or a Uint8Array, found ${kindOf(source)}`,
    );
  }
  return { path, source };
}

/** What a value is, in a word or two, for a message. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) {
    return String(value);
  }
  if (typeof value === "object") {
    return (value.constructor as { name?: string } | undefined)?.name ?? "an object";
  }
  return typeof value === "string" ? JSON.stringify(value) : `${typeof value} ${String(value)}`;
}

/** Files in portions that one message takes. */
export function* portions(files: SourceFile[]): Generator<SourceFile[]> {
  for (let at = 0; at < files.length; at += FILES_A_MESSAGE) {
    yield files.slice(at, at + FILES_A_MESSAGE).map(posted);
  }
}

/** A file as it is posted: of an array only the bytes that are meant, not all of its buffer. */
export function posted(file: SourceFile): SourceFile {
  const { path, source } = file;
  const isPart = source instanceof Uint8Array && source.byteLength < source.buffer.byteLength;
  return { path, source: isPart ? source.slice() : source };
}

/** Files with their bytes in memory, for where blobs cannot be read synchronously. */
export async function inMemory(files: SourceFile[]): Promise<SourceFile[]> {
  const read: SourceFile[] = [];
  for (const { path, source } of files) {
    read.push({ path, source: await bytesOf(source) });
  }
  return read;
}

/** The bytes of a source. */
export async function bytesOf(source: Blob | Uint8Array): Promise<Uint8Array> {
  return source instanceof Uint8Array ? source : new Uint8Array(await source.arrayBuffer());
}

/** The bytes of a source, at once; of a blob only in a worker. */
export function bytesAtOnce(source: Blob | Uint8Array): Uint8Array {
  return source instanceof Uint8Array ? source : new Uint8Array(new FileReaderSync().readAsArrayBuffer(source));
}

/** A source as a blob. */
export function blobOf(source: Blob | Uint8Array): Blob {
  // An array over shared memory cannot be a part of a blob, and none of ours is one.
  return source instanceof Blob ? source : new Blob([source as Uint8Array<ArrayBuffer>]);
}

/** The last part of a path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
