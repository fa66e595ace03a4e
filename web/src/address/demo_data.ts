// The demo's dataset is the one that an address can name.

import type { DatasetInput } from "../session/dataset_input";

const files = new WeakSet<Blob>();

/** Says that a file is the demo's dataset. */
export function markDemo<F extends Blob>(file: F): F {
  files.add(file);
  return file;
}

/** Whether that is what is open. */
export function isDemo(input: DatasetInput | undefined): boolean {
  return input?.files.some(({ source }) => source instanceof Blob && files.has(source)) ?? false;
}
