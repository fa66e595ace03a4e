// What was dropped as the package takes it: records apart from images.

import type { DatasetInput, Unused } from "../../session/dataset_input";
import type { FoundFile } from "./found_files";
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
  const placed = await placeImages(records, [...images, ...others]);
  return {
    files: records,
    // The package takes the folder that all of them are in for the tree itself, and not for a part of their paths.
    images: [...placed, ...archives].map(({ path, source }) => ({ path: `images/${path}`, source })),
    ...beside,
  };
}

/** Files of two drops. What came later under the same path is meant. */
export function joined(before: readonly FoundFile[], after: readonly FoundFile[]): FoundFile[] {
  const paths = new Set(after.map(({ path }) => path));
  return [...before.filter(({ path }) => !paths.has(path)), ...after];
}
