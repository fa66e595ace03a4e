// What was dropped as the package takes it: records apart from images.

import type { DatasetInput, Unused } from "../../session/dataset_input";
import { Room, type FoundFile } from "./found_files";
import { placeImages } from "./image_places";

/** The files of a dataset by what they are for, under the paths that they were dropped with. */
export interface DatasetParts {
  records: FoundFile[];
  archives: FoundFile[];
  images: FoundFile[];
  captions: FoundFile[];
  others: FoundFile[];
  features: FoundFile[];
  scores: FoundFile[];
  unused: readonly Unused[];
  sentence: string;
}

/** The parts as the package takes them. */
export async function inputOf(parts: DatasetParts): Promise<DatasetInput> {
  const { records, archives, images, captions, others, features, scores, unused, sentence } = parts;
  const beside = { features, scores, unused: [...unused], sentence };
  if (records.length === 0) {
    // An archive, or images with their captions: one tree.
    return { files: [...archives, ...images, ...captions, ...others], images: [], ...beside };
  }
  // The package takes the folder that all of them are in for the tree itself, and not for a part of their paths.
  const placed = await placeImages(records, [...images, ...others], "images/");
  archives.forEach(({ path, source }) => placed.push({ path: `images/${path}`, source }));
  return { files: records, images: placed, ...beside };
}

/** Files of two drops. What came later under the same path is meant. */
export async function joined(before: readonly FoundFile[], after: readonly FoundFile[]): Promise<FoundFile[]> {
  if (before.length === 0) {
    return [...after];
  }
  const byPath = new Map<string, FoundFile>();
  const room = new Room();
  for (const files of [before, after]) {
    for (const file of files) {
      byPath.set(file.path, file);
      await room.make();
    }
  }
  return [...byPath.values()];
}
