// What was dropped, in a sentence.

import { t } from "../../messages";
import { Room, type FoundFile } from "./found_files";
import { kindOf, type Kind } from "./kinds";
import type { Recognised } from "./recognise";

/** Such as "1 JSON file and a folder of 4,312 images". */
export async function sentenceOf(found: Recognised): Promise<string> {
  const folders = await foldersOf(found.images);
  const count = (files: readonly FoundFile[], kind: Kind): number => files.filter(({ path }) => kindOf(path) === kind).length;
  const words = t.data.parts;
  const parts = [
    ...some(count(found.records, "json"), words.json),
    ...some(count(found.records, "jsonl"), words.jsonl),
    ...some(count(found.records, "parquet"), words.parquet),
    ...some(count(found.archives, "zip"), words.zip),
    ...some(count(found.archives, "tar"), words.tar),
    ...some(found.images.length, (n) => words.images(n, folders)),
    ...some(found.captions.length, words.captions),
    ...(found.features.length > 0 ? [words.features(count(found.features, "tensors"))] : []),
    ...(found.scores.length > 0 ? [words.scores] : []),
    ...(found.encoder === undefined ? [] : [words.encoder(found.encoder.name)]),
    ...(found.selector === undefined ? [] : [words.selector]),
    ...some(found.manifests.length, words.manifests),
  ];
  return parts.length === 0 ? words.nothing(found.total) : t.data.listed(parts);
}

function some(n: number, words: (n: number) => string): string[] {
  return n === 0 ? [] : [words(n)];
}

/** How many folders images lie in that were dropped; none for images that were dropped by themselves. */
async function foldersOf(images: readonly FoundFile[]): Promise<number> {
  const tops = new Set<string>();
  const room = new Room();
  for (const { path } of images) {
    const slash = path.indexOf("/");
    if (slash < 0) {
      return 0;
    }
    tops.add(path.slice(0, slash));
    await room.make();
  }
  return tops.size;
}
