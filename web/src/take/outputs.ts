// What can be taken away, as files that are made when they are asked for.

import type { ExportedFile, LeftOutImage, Selector } from "ofa";

import type { Output } from "./save/save";
import type { TakenFormat } from "./subset_formats";
import { zipStream, type ZippedFile } from "./zip/zip_stream";

/** How an output is made, as far as the user hears of it. */
export interface Telling {
  /** Files that went into a zip so far. */
  onFiles(files: number): void;
  onLeftOut(image: LeftOutImage): void;
}

/** Media types; what has none of its own is bytes. */
const TYPES: Readonly<Record<string, string>> = {
  json: "application/json",
  jsonl: "application/jsonl",
  csv: "text/csv",
  html: "text/html",
  parquet: "application/vnd.apache.parquet",
  txt: "text/plain",
  zip: "application/zip",
  tar: "application/x-tar",
};

function typeOf(name: string): string {
  return TYPES[name.split(".").at(-1) ?? ""] ?? "application/octet-stream";
}

/** The chosen records alone. */
export function subsetOutput(selector: Selector, name: string, format: TakenFormat): Output {
  return fileOutput(name, async (signal) => (await records(selector, name, format, signal)).subset.blob);
}

/** The account that lies beside them. */
export function manifestOutput(selector: Selector, name: string, format: TakenFormat): Output {
  return fileOutput(manifestName(name), async (signal) => (await records(selector, name, format, signal)).manifest.blob);
}

/** The chosen records, the account and every image of theirs, as one zip that can be dropped on the page again. */
export function subsetZipOutput(selector: Selector, name: string, format: TakenFormat, zipName: string, telling: Telling): Output {
  return zipOutput(zipName, telling, async function* (signal) {
    const { subset, manifest } = await records(selector, name, format, signal);
    yield* [subset, manifest];
    yield* selector.images({ signal, onLeftOut: telling.onLeftOut });
  });
}

/** The page about the chosen records. */
export function reportOutput(selector: Selector, name: string): Output {
  return fileOutput(name, async (signal) => (await selector.export({ format: "report", name, signal })).files[0]?.blob);
}

/** The table of scores. */
export function scoresOutput(selector: Selector, name: string): Output {
  return fileOutput(name, async (signal) => (await selector.export({ format: "scores", name, signal })).files[0]?.blob);
}

/** What the command line wants to know of a table of scores. */
export function scoresManifestOutput(selector: Selector, name: string): Output {
  return fileOutput(manifestName(name), async (signal) => (await selector.export({ format: "scores", name, signal })).files[1]?.blob);
}

/** The feature store, as a zip with one folder. */
export function featuresOutput(selector: Selector, folder: string, telling: Telling): Output {
  return zipOutput(`${folder}.zip`, telling, async function* (signal) {
    const { files } = await selector.export({ format: "features", signal });
    for (const { name, blob } of files) {
      yield { name: `${folder}/${name}`, blob };
    }
  });
}

/** The name of the account beside a file, as the command line has it. */
export function manifestName(name: string): string {
  const dot = name.lastIndexOf(".");
  return `${dot > 0 ? name.slice(0, dot) : name}.manifest.json`;
}

async function records(
  selector: Selector,
  name: string,
  format: TakenFormat,
  signal: AbortSignal,
): Promise<{ subset: ExportedFile; manifest: ExportedFile }> {
  const as = format === "source" ? {} : { as: format };
  const [subset, manifest] = (await selector.export({ format: "records", name, ...as, signal })).files;
  if (subset === undefined || manifest === undefined) {
    throw new Error("an export of records is two files");
  }
  return { subset, manifest };
}

function fileOutput(name: string, make: (signal: AbortSignal) => Promise<Blob | undefined>): Output {
  return {
    name,
    type: typeOf(name),
    make: async (signal) => {
      const blob = await make(signal);
      if (blob === undefined) {
        throw new Error(`${name} was not made`);
      }
      return blob;
    },
  };
}

function zipOutput(name: string, telling: Telling, files: (signal: AbortSignal) => AsyncGenerator<ZippedFile>): Output {
  return {
    name,
    type: typeOf(name),
    make: (signal) => Promise.resolve(zipStream(told(files(signal), telling))),
  };
}

async function* told(files: AsyncGenerator<ZippedFile>, { onFiles }: Telling): AsyncGenerator<ZippedFile> {
  let count = 0;
  for await (const file of files) {
    yield file;
    count += 1;
    onFiles(count);
  }
}
