// What was dropped: which files are records, images, features, scores, an encoder, a selector, or settings.

import type { Unused } from "../../session/dataset_input";
import { t } from "../../messages";
import {
  formatOfManifest,
  formatOfTensors,
  isLikeRecords,
  isScoresCsv,
  isScoresLine,
  isScoresParquet,
  isSkippedLine,
  readManifest,
  startOf,
} from "./contents";
import { Room, type Found, type FoundFile } from "./found_files";
import { folderOf, kindOf, nameOf, stemOf, type Kind } from "./kinds";
import { UnusedFiles } from "./unused_files";

/** A subset that an earlier run chose, told by the manifest beside it. */
export interface FormerSubset {
  name: string;
  written: number;
  records: number;
}

/** What was dropped, by what it is for. */
export interface Recognised {
  records: FoundFile[];
  archives: FoundFile[];
  images: FoundFile[];
  captions: FoundFile[];
  /** Files that records may name, for all that is known. */
  others: FoundFile[];
  features: FoundFile[];
  scores: FoundFile[];
  encoder: { name: string; files: FoundFile[] } | undefined;
  selector: FoundFile | undefined;
  /** Manifests of subsets: the settings that they were chosen with. */
  manifests: { name: string; text: string }[];
  former: FormerSubset | undefined;
  unused: Unused[];
  /** How many files there were. */
  total: number;
  /** How many folders there were. */
  folders: number;
}

/** Of so many files of records at most the start is read; with more, they are all taken to be what their names say. */
const MOST_SNIFFED = 256;

/** Sorts what was found. Reads the starts of a few files, and no images. */
export async function recognise(found: Found): Promise<Recognised> {
  const unused = new UnusedFiles();
  found.unreadable.forEach(({ path, reason }) => unused.add(path, t.data.unused.unreadable(reason)));
  const byKind = await sorted(found.files);
  const take = (kind: Kind): FoundFile[] => byKind.get(kind) ?? [];
  const encoder = takeEncoder(byKind, unused);
  await refuseByName(byKind, unused);
  const { features, selector } = await takeTensors(byKind, unused);
  const { manifests, former, scoreManifests } = await takeManifests(byKind);
  const scores = await takeScores(byKind, scoreManifests, unused);
  const records = await takeRecords(byKind, unused);
  return {
    records,
    archives: [...take("zip"), ...take("tar")],
    images: [...take("image"), ...take("other-image")],
    captions: take("caption"),
    others: take("unnamed"),
    features,
    scores,
    encoder,
    selector,
    manifests,
    former,
    unused: unused.list(),
    total: found.files.length + found.unreadable.length,
    folders: found.folders,
  };
}

type ByKind = Map<Kind, FoundFile[]>;

async function sorted(files: readonly FoundFile[]): Promise<ByKind> {
  const byKind: ByKind = new Map();
  const room = new Room();
  for (const file of files) {
    const kind = kindOf(file.path);
    const list = byKind.get(kind);
    if (list === undefined) {
      byKind.set(kind, [file]);
    } else {
      list.push(file);
    }
    await room.make();
  }
  return byKind;
}

/** Reasons that the name of a file is enough for. */
const REFUSED: ReadonlyMap<Kind, (path: string) => string> = new Map([
  ["packed", () => t.data.unused.packed],
  ["pytorch", () => t.data.unused.pytorch],
  ["other-image", () => t.data.unused.otherImage],
  ["other", (path) => t.data.unused.other(path.slice(path.lastIndexOf(".")).toLowerCase())],
] as const satisfies [Kind, (path: string) => string][]);

async function refuseByName(byKind: ByKind, unused: UnusedFiles): Promise<void> {
  const room = new Room();
  for (const [kind, reason] of REFUSED) {
    for (const { path } of byKind.get(kind) ?? []) {
      unused.add(path, reason(path));
      await room.make();
    }
  }
}

/** Takes files out of where they are, those that `is` says. */
function takeOut(byKind: ByKind, kind: Kind, is: (file: FoundFile) => boolean): FoundFile[] {
  const files = byKind.get(kind) ?? [];
  const taken = files.filter(is);
  if (taken.length > 0) {
    byKind.set(kind, files.filter((file) => !is(file)));
  }
  return taken;
}

/** An encoder is a folder in the layout of Hugging Face. */
function takeEncoder(byKind: ByKind, unused: UnusedFiles): Recognised["encoder"] {
  const foldersOf = (kind: Kind, name: string): Set<string> =>
    new Set((byKind.get(kind) ?? []).filter(({ path }) => nameOf(path) === name).map(({ path }) => folderOf(path)));
  const weights = new Set((byKind.get("tensors") ?? []).map(({ path }) => folderOf(path)));
  const preprocessors = foldersOf("json", "preprocessor_config.json");
  const folders = [...foldersOf("json", "config.json")].filter((folder) => weights.has(folder) && preprocessors.has(folder));
  let encoder: Recognised["encoder"];
  for (const folder of folders) {
    const isIn = ({ path }: FoundFile): boolean => folderOf(path) === folder;
    const files = (["json", "tensors", "caption", "unnamed", "other"] as const).flatMap((kind) => takeOut(byKind, kind, isIn));
    if (encoder === undefined) {
      encoder = { name: nameOf(folder.slice(0, -1)) || t.data.encoderWithoutName, files };
    } else {
      unused.add(folder, t.data.unused.anotherEncoder);
    }
  }
  return encoder;
}

async function takeTensors(byKind: ByKind, unused: UnusedFiles): Promise<Pick<Recognised, "features" | "selector">> {
  const stores = new Map<string, FoundFile[]>();
  let selector: FoundFile | undefined;
  for (const file of byKind.get("tensors") ?? []) {
    switch (await formatOfTensors(file.source)) {
      case "ofa-features": {
        const folder = folderOf(file.path);
        stores.set(folder, [...(stores.get(folder) ?? []), file]);
        break;
      }
      case "ofa-selector":
        if (selector === undefined) {
          selector = file;
        } else {
          unused.add(file.path, t.data.unused.anotherSelector);
        }
        break;
      default:
        unused.add(file.path, t.data.unused.tensors);
    }
  }
  // A store of which every record was skipped has no shard.
  for (const file of byKind.get("json") ?? []) {
    if (nameOf(file.path) === "manifest.json" && !stores.has(folderOf(file.path))) {
      if ((await formatOfManifest(file.source)) === "ofa-feature-store") {
        stores.set(folderOf(file.path), []);
      }
    }
  }
  const [largest, ...others] = [...stores].sort(([, a], [, b]) => b.length - a.length);
  others.forEach(([folder]) => unused.add(`${folder}manifest.json`, t.data.unused.anotherStore));
  const beside = (folder: string): FoundFile[] => [
    ...takeOut(byKind, "json", ({ path }) => path === `${folder}manifest.json`),
    ...takeOut(byKind, "jsonl", ({ path }) => path === `${folder}skipped.jsonl` || path === `${folder}notes.jsonl`),
  ];
  others.forEach(([folder]) => beside(folder));
  return { features: largest === undefined ? [] : [...largest[1], ...beside(largest[0])], selector };
}

async function takeManifests(
  byKind: ByKind,
): Promise<Pick<Recognised, "manifests" | "former"> & { scoreManifests: FoundFile[] }> {
  const manifests: Recognised["manifests"] = [];
  const scoreManifests: FoundFile[] = [];
  let former: FormerSubset | undefined;
  for (const file of takeOut(byKind, "json", ({ path }) => path.endsWith(".manifest.json"))) {
    switch (await formatOfManifest(file.source)) {
      case "ofa-scores":
        scoreManifests.push(file);
        break;
      case "ofa-subset": {
        manifests.push({ name: nameOf(file.path), text: await file.source.text() });
        const stem = file.path.slice(0, -".manifest.json".length);
        const subset = (["json", "jsonl", "parquet", "zip"] as const)
          .flatMap((kind) => byKind.get(kind) ?? [])
          .find(({ path }) => stemOf(path) === stem);
        const said = await readManifest(file.source);
        if (subset !== undefined && typeof said?.["written"] === "number" && typeof said["records"] === "number") {
          former = { name: nameOf(subset.path), written: said["written"], records: said["records"] };
        }
        break;
      }
      default:
        byKind.set("json", [...(byKind.get("json") ?? []), file]);
    }
  }
  return { manifests, former, scoreManifests };
}

async function takeScores(byKind: ByKind, manifests: FoundFile[], unused: UnusedFiles): Promise<FoundFile[]> {
  const tables: FoundFile[] = [];
  for (const file of byKind.get("csv") ?? []) {
    if (await isScoresCsv(file.source)) {
      tables.push(file);
    } else {
      unused.add(file.path, t.data.unused.csv);
    }
  }
  const look = async (kind: Kind, is: (file: File) => Promise<boolean>): Promise<void> => {
    const files = byKind.get(kind) ?? [];
    if (files.length > MOST_SNIFFED) {
      return;
    }
    const found = new Set<FoundFile>();
    for (const file of files) {
      if (await is(file.source)) {
        found.add(file);
      }
    }
    tables.push(...takeOut(byKind, kind, (file) => found.has(file)));
  };
  await look("jsonl", async (file) => isScoresLine(await startOf(file)));
  await look("parquet", isScoresParquet);
  const [table, ...others] = tables;
  others.forEach(({ path }) => unused.add(path, t.data.unused.otherScores));
  if (table === undefined) {
    return [];
  }
  const manifest = manifests.find(({ path }) => path === `${stemOf(table.path)}.manifest.json`);
  return manifest === undefined ? [table] : [table, manifest];
}

/** Files of records, of one format: the package refuses several. */
async function takeRecords(byKind: ByKind, unused: UnusedFiles): Promise<FoundFile[]> {
  const texts = [...(byKind.get("json") ?? []), ...(byKind.get("jsonl") ?? [])];
  const parquets = byKind.get("parquet") ?? [];
  const candidates = [...texts, ...parquets];
  // By itself a file is what it was dropped for, and the package says best what is wrong with it.
  if (candidates.length < 2 || candidates.length > MOST_SNIFFED) {
    return candidates;
  }
  const byFormat = new Map<string, FoundFile[]>();
  const room = new Room();
  for (const file of texts) {
    const start = await startOf(file.source);
    if (isSkippedLine(start)) {
      unused.add(file.path, t.data.unused.skippedAlone);
    } else if (!isLikeRecords(start)) {
      unused.add(file.path, t.data.unused.noRecords);
    } else {
      const format = start.trimStart().replace(/^\uFEFF/u, "").startsWith("[") ? "JSON" : "JSONL";
      byFormat.set(format, [...(byFormat.get(format) ?? []), file]);
    }
    await room.make();
  }
  if (parquets.length > 0) {
    byFormat.set("Parquet", parquets);
  }
  const bytes = (files: FoundFile[]): number => files.reduce((sum, { source }) => sum + source.size, 0);
  const [largest, ...others] = [...byFormat].sort(([, a], [, b]) => bytes(b) - bytes(a));
  others.forEach(([, files]) => files.forEach(({ path }) => unused.add(path, t.data.unused.otherFormat(largest?.[0] ?? ""))));
  return largest?.[1] ?? [];
}
